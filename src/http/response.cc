// Owns the response as a value: status, fields and pieces of content.
// SPDX-License-Identifier: MIT
#include "http/response.h"

#include <algorithm>

namespace reelgate::http {

namespace {

std::uint64_t piece_length(const Piece& piece) {
    if (const auto* text = std::get_if<std::string>(&piece)) return text->size();
    return std::get<ByteRange>(piece).length();
}

/// Seconds that a client should wait after a 503 (RFC 9110 §10.2.3): usually enough for a locked catalogue or a lack of
/// descriptors to pass, and long enough to keep players from hammering.
constexpr std::string_view retry_after = "5";

}  // namespace

std::uint64_t content_length(const Response& response) {
    std::uint64_t sum = 0;
    for (const Piece& piece : response.pieces) sum += piece_length(piece);
    return sum;
}

const std::string* find_field(const Response& response, std::string_view name) {
    const auto found = std::find_if(response.fields.begin(), response.fields.end(),
                                    [name](const Field& field) { return field.name == name; });
    return found == response.fields.end() ? nullptr : &found->value;
}

std::string_view reason_phrase(int status) {
    switch (status) {
        case 200: return "OK";
        case 204: return "No Content";
        case 206: return "Partial Content";
        case 304: return "Not Modified";
        case 401: return "Unauthorized";
        case 403: return "Forbidden";
        case 404: return "Not Found";
        case 405: return "Method Not Allowed";
        case 412: return "Precondition Failed";
        case 416: return "Range Not Satisfiable";
        case 500: return "Internal Server Error";
        case 503: return "Service Unavailable";
        default: return "Unknown";
    }
}

Response error_response(int status, std::string_view detail) {
    std::string content = "{\"detail\":\"";
    content.append(detail).append("\"}");
    Response response{status, {{"Content-Type", "application/json"}, {"Cache-Control", "no-store"}}, {}};
    if (status == 405) response.fields.push_back({"Allow", std::string{allowed_methods}});
    if (status == 503) response.fields.push_back({"Retry-After", std::string{retry_after}});
    response.pieces.emplace_back(std::move(content));
    seal(response);
    return response;
}

void add_vary(Response& response, const Dependence& dependence) {
    Dependence all;
    const auto vary = std::find_if(response.fields.begin(), response.fields.end(),
                                   [](const Field& field) { return field.name == "Vary"; });
    if (vary != response.fields.end()) all.add(vary->value);  // of one name, as responses are made
    for (const std::string& name : dependence.fields) all.add(name);
    if (all.fields.empty()) return;
    std::string value;
    for (const std::string& name : all.fields) value.append(value.empty() ? "" : ", ").append(name);
    if (vary == response.fields.end())
        response.fields.push_back({"Vary", std::move(value)});
    else
        vary->value = std::move(value);
}

void seal(Response& response) {
    response.fields.push_back({"Content-Length", std::to_string(content_length(response))});
}

void drop_content_if_head(Response& response, std::string_view method) {
    if (method == "HEAD") response.pieces.clear();
}

}  // namespace reelgate::http
