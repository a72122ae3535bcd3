// Owns who may watch: first a link, then the column `allow` of the catalogue; and what is told to those who may not.
// SPDX-License-Identifier: MIT
#include "admission.h"

#include <array>
#include <cstddef>

#include "http/cookie.h"
#include "http/target.h"

namespace reelgate {

namespace {

constexpr std::array<RefusedRow, static_cast<std::size_t>(Refused::end)> rows{
    RefusedRow{Refused::link_missing, 403, "Link missing", "link missing"},
    RefusedRow{Refused::link_not_valid, 403, "Link not valid", "link not valid"},
    RefusedRow{Refused::link_expired, 403, "Link expired", "link expired"},
    RefusedRow{Refused::login, 401, "Log in first", "not logged in"},
    RefusedRow{Refused::forbidden, 403, "Not allowed", "not allowed"},
    RefusedRow{Refused::hidden, 404, "Video not found", "hidden"},
    RefusedRow{Refused::disputed, 403, "Addresses differ", "addresses differ"},
};

constexpr bool are_in_order() {
    for (std::size_t i = 0; i < rows.size(); ++i)
        if (rows[i].refused != static_cast<Refused>(i)) return false;
    return true;
}
static_assert(are_in_order());

}  // namespace

const RefusedRow& row_of(Refused refused) { return rows[static_cast<std::size_t>(refused)]; }

http::Refusal refusal_of(Refused refused, const http::Policy& policy) {
    const RefusedRow& row = row_of(refused);
    const bool is_without_challenge = row.status == 401 && policy.www_authenticate.empty();
    return {is_without_challenge ? 403 : row.status, std::string{row.detail}};
}

link::Verification verify_link(const LinkSettings& settings, const http::Request& request, std::string_view path,
                               std::int64_t now) {
    link::Shown shown{
        .path = path,
        .front = request.link_front,
        .query = http::raw_query(request.target),
        .cookie = {},
        .remote_addr = request.remote_addr,
    };
    if (!settings.cookie.empty() && request.variables)
        if (const auto cookies = request.variables->find("HTTP_COOKIE"))
            shown.cookie = http::cookie_named(*cookies, settings.cookie);
    return link::verify(*settings.keys, shown, now);
}

std::optional<Refused> refused_by(link::Verdict verdict, LinkUse use) {
    switch (verdict) {
        case link::Verdict::good: break;
        case link::Verdict::missing:
            if (use == LinkUse::required) return Refused::link_missing;
            break;
        case link::Verdict::not_valid: return Refused::link_not_valid;
        case link::Verdict::expired: return Refused::link_expired;
    }
    return std::nullopt;
}

std::optional<Refused> refused_by(catalog::Permission permission) {
    switch (permission) {
        case catalog::Permission::unasked: case catalog::Permission::granted: break;
        case catalog::Permission::login: return Refused::login;
        case catalog::Permission::forbidden: case catalog::Permission::invalid: return Refused::forbidden;
        case catalog::Permission::hidden: return Refused::hidden;
    }
    return std::nullopt;
}

http::Dependence dependence_of(const LinkSettings& settings) {
    http::Dependence dependence;
    if (!settings.keys) return dependence;
    dependence.is_personal = true;
    if (!settings.cookie.empty()) dependence.add("Cookie");
    return dependence;
}

}  // namespace reelgate
