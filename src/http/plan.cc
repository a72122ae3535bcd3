// Owns the decision: which answer a request for a representation that is there gets (RFC 9110 §13 to §15).
// SPDX-License-Identifier: MIT
#include "http/plan.h"

namespace reelgate::http {

namespace {

/// What every answer about this representation says, whatever part of it is sent.
Response begin_response(int status, const Representation& representation, const Policy& policy) {
    Response response;
    response.status = status;
    response.fields.reserve(8);
    response.fields.push_back({"Accept-Ranges", "bytes"});
    response.fields.push_back({"ETag", format_entity_tag(representation.entity_tag)});
    response.fields.push_back({"Last-Modified", format_date(representation.last_modified)});
    response.fields.push_back({"Cache-Control", policy.cache_control});
    return response;
}

Response whole(const Request& request, const Representation& representation, const Policy& policy) {
    Response response = begin_response(200, representation, policy);
    response.fields.push_back({"Content-Type", representation.media_type});
    if (representation.complete_length > 0) response.pieces.emplace_back(ByteRange{0, representation.complete_length - 1});
    seal(response, request.method);
    return response;
}

Response single_part(const Request& request, const Representation& representation, const Policy& policy,
                     ByteRange range) {
    Response response = begin_response(206, representation, policy);
    response.fields.push_back({"Content-Type", representation.media_type});
    response.fields.push_back({"Content-Range", format_content_range(range, representation.complete_length)});
    response.pieces.emplace_back(range);
    seal(response, request.method);
    return response;
}

Response unsatisfiable(const Request& request, const Representation& representation) {
    Response response = error_response(request.method, 416, "Range not satisfiable");
    // The field that tells the client how long the representation is now (§15.5.17).
    response.fields.push_back({"Content-Range", format_unsatisfied_range(representation.complete_length)});
    response.fields.push_back({"Accept-Ranges", "bytes"});
    return response;
}

}  // namespace

bool is_allowed(std::string_view method) { return method == "GET" || method == "HEAD"; }

Response plan_response(const Request& request, const Representation& representation, const Policy& policy) {
    // RFC 9110 §14.2 defines Range for GET only. HEAD is answered as GET would be, 206 and its fields included, like
    // nginx, Apache and Go do: whoever asks with HEAD wants to know what GET would say (§9.3.2).
    if (!request.range) return whole(request, representation, policy);

    // A server MAY ignore Range (§14.2): we do when there is no content of which a part could be sent, ...
    if (representation.complete_length == 0) return whole(request, representation, policy);

    // ... when it is invalid, in another unit or excessive, ...
    const auto set = parse_range(*request.range, policy.max_ranges);
    if (!set) return whole(request, representation, policy);

    std::vector<ByteRange> satisfiable;
    for (const RangeSpec& spec : *set)
        if (const auto range = resolve(spec, representation.complete_length)) satisfiable.push_back(*range);
    if (satisfiable.empty()) return unsatisfiable(request, representation);

    // A range that covers everything is 206 all the same: browsers switch seeking off after a 200 to "bytes=0-".
    if (satisfiable.size() == 1) return single_part(request, representation, policy, satisfiable.front());

    // ... and when several are asked for.
    return whole(request, representation, policy);
}

}  // namespace reelgate::http
