// Owns what the values of the column `allow` mean.
// SPDX-License-Identifier: MIT
#include "catalog/allow.h"

#include <string>

namespace reelgate::catalog {

namespace {

Permission permission_of(std::int64_t number) {
    switch (number) {
        case 1: case 200: return Permission::granted;
        case 0: case 403: return Permission::forbidden;
        case 401: return Permission::login;
        case 404: return Permission::hidden;
        default: return Permission::invalid;
    }
}

/// Names a value without a text of the catalogue, which may be a secret.
std::string name_of(const sqlite::Statement& statement, int column) {
    switch (statement.type(column)) {
        case sqlite::Type::integer: return std::to_string(statement.integer(column));
        case sqlite::Type::real: return "a real number";
        case sqlite::Type::blob: return "a blob of " + std::to_string(statement.blob_length(column)) + " bytes";
        case sqlite::Type::text: case sqlite::Type::null: break;
    }
    return "a text";
}

}  // namespace

void read_allow(const sqlite::Statement& statement, int column, Row& row) {
    switch (statement.type(column)) {
        case sqlite::Type::null: row.permission = Permission::forbidden; break;
        case sqlite::Type::integer: row.permission = permission_of(statement.integer(column)); break;
        default: row.permission = Permission::invalid;
    }
    if (row.permission == Permission::invalid) row.wrong_allow = name_of(statement, column);
}

}  // namespace reelgate::catalog
