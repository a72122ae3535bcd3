// Owns the parameters of the query: what each name stands for, and the values of one look-up.
// Does not know the query, nor the statement's columns.
// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/question.h"
#include "catalog/sqlite.h"
#include "http/dependence.h"

namespace reelgate::catalog {

/// The parameters of one statement.
class Parameters {
public:
    /// Takes the parameters of a statement in place of those before. Returns what is wrong with them; nothing if
    /// nothing is: they are one id, as `?1`, one `?` or `:id`, and names that known_names.h knows.
    std::string read(const sqlite::Statement& statement);

    /// Binds what a question says, to a statement whose parameters are all NULL: what is not known stays so. `question`
    /// and this must stay as they are until the step is done. Throws std::bad_alloc.
    [[nodiscard]] sqlite::Result bind(sqlite::Statement& statement, const Question& question);

    /// Returns whether the statement asks for nothing but the id.
    bool ask_id_alone() const { return !dependence_.is_personal; }

    /// Returns what the answers of the statement depend on besides the id.
    const http::Dependence& dependence() const { return dependence_; }

private:
    /// What a parameter stands for.
    enum class Kind { id, variable, cookie, argument, now, link };

    struct Parameter {
        int place;
        Kind kind;
        std::string name{};                  ///< of a variable, a cookie or an argument
        std::optional<std::string> value{};  ///< from a look-up to the next
    };

    static std::optional<Parameter> parameter_of(int place, std::string_view name);
    void note(const Parameter& parameter);

    std::vector<Parameter> parameters_;
    http::Dependence dependence_;
};

}  // namespace reelgate::catalog
