// Owns the decision: how to answer a request, once it is known what its target stands for (RFC 9110 §13 to §15).
// SPDX-License-Identifier: MIT
#include "http/plan.h"

#include "http/cors.h"
#include "http/disposition.h"
#include "http/multipart.h"
#include "http/precondition.h"
#include "http/target.h"

namespace reelgate::http {

namespace {

/// Fields of the longest answer, so that the list is allocated once; CORS adds up to four.
constexpr std::size_t max_fields = 12;

/// Arguments that most functions here share.
struct Plan {
    const Request& request;
    const Representation& representation;
    const Policy& policy;
    const Dependence& dependence;
};

/// Cache-Control of an answer for one viewer: a shared cache would give it to others, who may not watch.
constexpr std::string_view personal_cache_control = "private, no-cache";

/// Makes the fields that every answer about this representation has, whichever part it sends.
Response begin_response(const Plan& plan, int status) {
    Response response;
    response.status = status;
    response.fields.reserve(max_fields);
    response.fields.push_back({"Accept-Ranges", "bytes"});
    response.fields.push_back({"ETag", format_entity_tag(plan.representation.entity_tag)});
    response.fields.push_back({"Last-Modified", format_date(plan.representation.last_modified)});
    const bool is_for_one = plan.dependence.is_personal && !plan.policy.cache_protected;
    response.fields.push_back(
        {"Cache-Control", is_for_one ? std::string{personal_cache_control} : plan.policy.cache_control});
    return response;
}

/// Adds the fields that describe content of this representation.
void describe_content(Response& response, const Plan& plan, std::string media_type) {
    response.fields.push_back({"Content-Type", std::move(media_type)});
    if (query_has(plan.request.target, "download", "1"))
        response.fields.push_back({"Content-Disposition", attachment(plan.representation.download_name)});
}

Response whole(const Plan& plan) {
    Response response = begin_response(plan, 200);
    response.range = plan.request.range ? RangeFate::ignored : RangeFate::none;
    describe_content(response, plan, plan.representation.media_type);
    const std::uint64_t length = plan.representation.complete_length;
    if (length > 0) response.pieces.emplace_back(ByteRange{0, length - 1});
    seal(response);
    return response;
}

/// Makes the answer if the web server sends the file: a 200, from which the web server cuts the range. With a 206,
/// lighttpd would send the whole file as one range.
Response offloaded(const Plan& plan) {
    Response response = begin_response(plan, 200);
    response.range = RangeFate::offloaded;
    describe_content(response, plan, plan.representation.media_type);
    const OffloadField& field = *plan.representation.offload;
    // nginx adds its own Accept-Ranges to a whole file, next to ours, and none to a part.
    if (field.describes_itself && !plan.request.range)
        std::erase_if(response.fields, [](const Field& sent) { return sent.name == "Accept-Ranges"; });
    response.fields.push_back({field.name, field.value});
    seal(response);
    return response;
}

Response single_part(const Plan& plan, ByteRange range) {
    Response response = begin_response(plan, 206);
    response.range = RangeFate::single;
    describe_content(response, plan, plan.representation.media_type);
    response.fields.push_back({"Content-Range", format_content_range(range, plan.representation.complete_length)});
    response.pieces.emplace_back(range);
    seal(response);
    return response;
}

/// "MUST NOT generate a Content-Range header field in the HTTP header section of a multiple part response"
/// (§15.3.7.2).
Response multiple_parts(const Plan& plan, const std::vector<ByteRange>& ranges, const std::string& boundary) {
    Response response = begin_response(plan, 206);
    response.range = RangeFate::multipart;
    describe_content(response, plan, multipart_media_type(boundary));
    response.pieces = multipart_pieces(ranges, plan.representation, boundary);
    seal(response);
    return response;
}

Response unsatisfiable(const Plan& plan) {
    Response response = error_response(416, "Range not satisfiable");
    response.range = RangeFate::unsatisfiable;
    // Tells the client the present length of the representation (§15.5.17).
    response.fields.push_back({"Content-Range", format_unsatisfied_range(plan.representation.complete_length)});
    response.fields.push_back({"Accept-Ranges", "bytes"});
    return response;
}

/// Returns whether the web server would answer with the same part, and there is content at all.
bool is_left_to_web_server(const Plan& plan) {
    const Representation& representation = plan.representation;
    return representation.offload && representation.complete_length > 0 &&
           may_be_offloaded(plan.request, *representation.offload);
}

/// "A server that supports range requests MAY ignore or reject a Range header field that contains an invalid
/// ranges-specifier" (§14.2). We ignore it; but if the web server sometimes rejects it, we always do.
bool is_rejected(const Plan& plan) {
    const auto& offload = plan.representation.offload;
    return offload && may_be_rejected(*plan.request.range, *offload);
}

/// Answers with the part that the request asks for, once its preconditions hold.
Response answer_range(const Plan& plan, const Surroundings& surroundings) {
    const Request& request = plan.request;
    const Representation& representation = plan.representation;
    // RFC 9110 §14.2 defines Range for GET only. HEAD is answered as GET would be, including 206 and its fields, as
    // nginx, Apache and Go do: HEAD asks what GET would return (§9.3.2).
    if (!request.range) return is_left_to_web_server(plan) ? offloaded(plan) : whole(plan);
    // Never offloaded: the web server would evaluate Range and If-Range itself.
    if (!if_range_holds(request, representation, surroundings.now)) return whole(plan);
    // A server MAY ignore Range (§14.2): we do if there is no content to send a part of, ...
    if (representation.complete_length == 0) return whole(plan);
    // ... and if it is invalid, in another unit or excessive.
    const auto set = parse_range(*request.range, plan.policy.max_ranges);
    if (!set) return is_rejected(plan) ? unsatisfiable(plan) : whole(plan);

    const std::vector<ByteRange> ranges = resolve(*set, representation.complete_length);
    if (ranges.empty()) return unsatisfiable(plan);
    // A range that covers everything is still 206: browsers switch seeking off after a 200 to "bytes=0-". One part is
    // never sent as multipart (§15.3.7.2: MUST NOT, if one was requested).
    if (ranges.size() == 1) return is_left_to_web_server(plan) ? offloaded(plan) : single_part(plan, ranges.front());
    return multiple_parts(plan, ranges, surroundings.new_boundary());
}

/// Answers GET; and HEAD, as if it were GET.
Response answer_conditionally(const Plan& plan, const Surroundings& surroundings) {
    switch (evaluate_preconditions(plan.request, plan.representation, surroundings.now)) {
        // No Content-Type and no Content-Length: there is no content, and a length would be the 200's (§15.4.5, §8.6).
        case Precondition::not_modified: return begin_response(plan, 304);
        case Precondition::failed: return error_response(412, "Precondition failed");
        case Precondition::holds: break;
    }
    return answer_range(plan, surroundings);
}

Response answer_as_for_get(const Request& request, const Selection& selection, const Policy& policy,
                           const Surroundings& surroundings) {
    if (!asks_for_representation(request.method)) return without_representation(request.method);
    if (const auto* refusal = std::get_if<Refusal>(&selection)) return refusal_response(*refusal, policy);
    return answer_conditionally({request, std::get<Representation>(selection), policy, surroundings.dependence},
                                surroundings);
}

}  // namespace

Response refusal_response(const Refusal& refusal, const Policy& policy) {
    Response response = error_response(refusal.status, refusal.detail);
    if (refusal.status == 401) response.fields.push_back({"WWW-Authenticate", policy.www_authenticate});
    return response;
}

bool asks_for_representation(std::string_view method) { return method == "GET" || method == "HEAD"; }

Response plan_response(const Request& request, const Selection& selection, const Policy& policy,
                       const Surroundings& surroundings) {
    Response response = answer_as_for_get(request, selection, policy, surroundings);
    add_cors_fields(response, request, policy.cors_origins, policy.cors_credentials);
    // The answer to OPTIONS and other methods is the same for all.
    if (asks_for_representation(request.method)) add_vary(response, surroundings.dependence);
    drop_content_if_head(response, request.method);
    return response;
}

Response without_representation(std::string_view method) {
    // "A server MUST NOT send a Content-Length header field in any response with a status code of [...] 204" (§8.6).
    if (method == "OPTIONS") return {204, {{"Allow", std::string{allowed_methods}}}, {}};
    return error_response(405, "Method not allowed");
}

}  // namespace reelgate::http
