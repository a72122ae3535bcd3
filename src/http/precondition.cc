// Owns conditional requests: what If-Match, If-None-Match, If-Modified-Since, If-Unmodified-Since and If-Range mean
// for a representation (RFC 9110 §13).
// SPDX-License-Identifier: MIT
#include "http/precondition.h"

namespace reelgate::http {

namespace {

/// Returns the date in a field; nothing if it MUST be ignored (§13.1.3, §13.1.4), since it is absent or not one valid
/// HTTP-date.
std::optional<Time> date_of(const std::optional<std::string>& field, Time now) {
    if (!field) return std::nullopt;
    return parse_date(*field, now);
}

}  // namespace

Precondition evaluate_preconditions(const Request& request, const Representation& representation, Time now) {
    // §13.2.2, step 1: If-Match compares strongly (§13.1.1).
    if (request.if_match) {
        if (!list_matches(*request.if_match, representation.entity_tag, matches_strongly)) return Precondition::failed;
    } else if (const auto date = date_of(request.if_unmodified_since, now)) {  // step 2
        if (representation.last_modified > *date) return Precondition::failed;
    }
    // Step 3: If-None-Match compares weakly (§13.1.2), also when there is a Range.
    if (request.if_none_match) {
        if (list_matches(*request.if_none_match, representation.entity_tag, matches_weakly))
            return Precondition::not_modified;
    } else if (const auto date = date_of(request.if_modified_since, now)) {  // step 4
        if (representation.last_modified <= *date) return Precondition::not_modified;
    }
    return Precondition::holds;
}

bool if_range_holds(const Request& request, const Representation& representation, Time now) {
    if (!request.if_range) return true;
    const std::string& value = *request.if_range;
    if (const auto tag = parse_entity_tag(value)) return matches_strongly(*tag, representation.entity_tag);
    // A date must match exactly, and be a strong validator: within its second the file may change again without another
    // date (§13.1.5, §8.8.2.2).
    const auto date = parse_date(value, now);
    return date && *date == representation.last_modified && representation.last_modified < now;
}

}  // namespace reelgate::http
