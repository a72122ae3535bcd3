// Owns the counting: what each thread has done, and the sum of all.
// SPDX-License-Identifier: MIT
#include "engine/statistics.h"

namespace reelgate::engine {

namespace {

Counter counter_of_method(const std::string& method) {
    if (method == "GET") return Counter::method_get;
    if (method == "HEAD") return Counter::method_head;
    if (method == "OPTIONS") return Counter::method_options;
    return Counter::method_other;
}

std::optional<Counter> counter_of_range(http::RangeFate fate) {
    using Fate = http::RangeFate;
    switch (fate) {
        case Fate::none: return Counter::range_none;
        case Fate::ignored: return Counter::range_ignored;
        case Fate::single: return Counter::range_single;
        case Fate::multipart: return Counter::range_multipart;
        case Fate::unsatisfiable: return Counter::range_unsatisfiable;
        case Fate::offloaded: return Counter::offloaded;
        case Fate::undecided: break;
    }
    return std::nullopt;
}

}  // namespace

std::optional<Counter> counter_of_status(int status) {
    switch (status) {
        case 200: return Counter::status_200;
        case 204: return Counter::status_204;
        case 206: return Counter::status_206;
        case 304: return Counter::status_304;
        case 401: return Counter::status_401;
        case 403: return Counter::status_403;
        case 404: return Counter::status_404;
        case 405: return Counter::status_405;
        case 412: return Counter::status_412;
        case 416: return Counter::status_416;
        case 500: return Counter::status_500;
        case 503: return Counter::status_503;
        default: return std::nullopt;
    }
}

Counter counter_of_refused(Refused refused) {
    switch (refused) {
        case Refused::link_missing: return Counter::refused_link_missing;
        case Refused::link_not_valid: return Counter::refused_link_not_valid;
        case Refused::link_expired: return Counter::refused_link_expired;
        case Refused::login: return Counter::refused_login;
        case Refused::forbidden: return Counter::refused_forbidden;
        case Refused::hidden: return Counter::refused_hidden;
        case Refused::disputed: case Refused::end: break;
    }
    return Counter::refused_disputed;
}

void Tally::add_to(Counts& sum) const {
    for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += figures_[i].load(std::memory_order_relaxed);
}

void count_answer(Tally& tally, const http::Request& request, const Answer& answer) {
    tally.add(counter_of_method(request.method));
    if (const auto status = counter_of_status(answer.response.status)) tally.add(*status);
    if (const auto range = counter_of_range(answer.response.range)) tally.add(*range);
    if (answer.refused) tally.add(counter_of_refused(*answer.refused));
    if (answer.has_link) tally.add(Counter::links_good);
    tally.add(Counter::catalog_look_ups, answer.catalog_use.look_ups);
    tally.add(Counter::catalog_errors, answer.catalog_use.errors);
    tally.add(Counter::catalog_nanoseconds, static_cast<std::uint64_t>(answer.catalog_use.time.count()));
}

}  // namespace reelgate::engine
