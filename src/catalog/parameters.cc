// Owns the parameters of the query: what each name stands for, and the values of one look-up.
// SPDX-License-Identifier: MIT
#include "catalog/parameters.h"

#include <algorithm>

#include "catalog/known_names.h"
#include "http/argument.h"
#include "http/cookie.h"

namespace reelgate::catalog {

namespace {

using sqlite::Result;

std::string unknown(std::string_view name) {
    const std::string nearest = nearest_parameter(name);
    std::string wrong = "names " + std::string{name} + ", which is unknown: ";
    return nearest.empty() ? wrong + "see reelgate-access(7) for the names that it may have"
                           : wrong + "did you mean " + nearest + "?";
}

/// Returns what follows `beginning` in a name; empty if the name does not begin so.
std::string_view rest_of(std::string_view name, std::string_view beginning) {
    return name.starts_with(beginning) ? name.substr(beginning.size()) : std::string_view{};
}

}  // namespace

/// Returns nothing for a name that is not known.
std::optional<Parameters::Parameter> Parameters::parameter_of(int place, std::string_view name) {
    if (name == "?1" || name == ":id") return Parameter{place, Kind::id};
    if (!name.starts_with(':')) return std::nullopt;
    name.remove_prefix(1);
    if (name == "_now_epoch") return Parameter{place, Kind::now};
    if (name == "_link") return Parameter{place, Kind::link};
    if (const auto cookie = rest_of(name, cookie_beginning); !cookie.empty())
        return Parameter{place, Kind::cookie, std::string{cookie}};
    if (const auto argument = rest_of(name, argument_beginning); !argument.empty())
        return Parameter{place, Kind::argument, std::string{argument}};
    if (is_variable(name)) return Parameter{place, Kind::variable, std::string{name}};
    return std::nullopt;
}

/// Notes what an answer depends on because of a parameter.
void Parameters::note(const Parameter& parameter) {
    if (parameter.kind != Kind::id) dependence_.is_personal = true;
    if (parameter.kind == Kind::cookie) dependence_.add("Cookie");
    if (parameter.kind != Kind::variable) return;
    if (const std::string field = field_of(parameter.name); !field.empty()) dependence_.add(field);
}

std::string Parameters::read(const sqlite::Statement& statement) {
    parameters_.clear();
    dependence_ = {};
    bool has_id = false;
    for (int place = 1; place <= statement.parameter_count(); ++place) {
        const auto given = statement.parameter_name(place);
        const std::string_view name = given.value_or(place == 1 ? "?1" : "?");
        auto parameter = parameter_of(place, name);
        if (!parameter) return unknown(name);
        has_id |= parameter->kind == Kind::id;
        note(*parameter);
        parameters_.push_back(std::move(*parameter));
    }
    return has_id ? "" : "has no parameter for the id: write :id, or ?1 before all others";
}

Result Parameters::bind(sqlite::Statement& statement, const Question& question) {
    const http::Request* const request = question.request;
    const http::Variables* const variables = request && request->variables ? &*request->variables : nullptr;
    const auto value_of = [&](const Parameter& parameter) -> std::optional<std::string> {
        if (parameter.kind == Kind::argument)
            return request ? http::argument_named(request->target, parameter.name) : std::nullopt;
        if (!variables) return std::nullopt;
        if (parameter.kind == Kind::variable) return variables->find(parameter.name);
        const auto cookies = variables->find("HTTP_COOKIE");
        return cookies ? http::cookie_named(*cookies, parameter.name) : std::nullopt;
    };
    const auto bind_one = [&](Parameter& parameter) -> Result {
        switch (parameter.kind) {
            case Kind::id: return statement.bind(parameter.place, question.id);
            case Kind::now: return statement.bind(parameter.place, question.now);
            case Kind::link: return question.has_link ? statement.bind(parameter.place, std::int64_t{1}) : Result{};
            case Kind::variable: case Kind::cookie: case Kind::argument: break;
        }
        parameter.value = value_of(parameter);
        return parameter.value ? statement.bind(parameter.place, *parameter.value) : Result{};
    };
    for (Parameter& parameter : parameters_)
        if (const Result result = bind_one(parameter); !result.is_ok()) return result;
    return {};
}

}  // namespace reelgate::catalog
