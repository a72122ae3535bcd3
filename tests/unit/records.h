// Owns FastCGI as tests speak it: the records of a web server, and those that it hears.
// Does not know connections: all of it is bytes.
// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/record.h"

namespace reelgate::gateway {

/// FCGI_KEEP_CONN (FastCGI 1.0 §5.1).
inline constexpr unsigned char keep = 1;

inline std::string record(RecordType type, std::string_view content, std::uint16_t request_id = 1,
                          std::size_t padding = 0) {
    std::string out;
    append_record_header(out, type, request_id, content.size());
    out[6] = static_cast<char>(padding);
    return out.append(content).append(padding, '\xff');
}

inline std::string begin(std::uint16_t request_id = 1, unsigned char flags = 0, unsigned role = responder_role) {
    std::string content(begin_request_length, '\0');
    content[0] = static_cast<char>(role >> 8);
    content[1] = static_cast<char>(role);
    content[2] = static_cast<char>(flags);
    return record(RecordType::begin_request, content, request_id);
}

inline std::string params(std::string_view content, std::uint16_t request_id = 1) {
    return record(RecordType::params, content, request_id);
}

inline std::string body(std::string_view content, std::uint16_t request_id = 1) {
    return record(RecordType::std_in, content, request_id);
}

/// What follows FCGI_BEGIN_REQUEST in a request with these params.
inline std::string rest(std::string_view content = "param", std::uint16_t request_id = 1) {
    return params(content, request_id) + params("", request_id) + body("", request_id);
}

inline std::string abort(std::uint16_t request_id = 1) { return record(RecordType::abort_request, "", request_id); }

/// A management record whose type nobody knows.
inline std::string management(int type) { return record(static_cast<RecordType>(type), "", 0); }

inline std::string end(std::uint16_t request_id, ProtocolStatus status) {
    std::string out;
    append_end_request(out, request_id, status);
    return out;
}

inline std::string unknown(int type) {
    std::string out;
    append_unknown_type(out, static_cast<RecordType>(type));
    return out;
}

/// A record that was heard. Its content is valid as long as the bytes are.
struct HeardRecord {
    RecordHeader header;
    std::string_view content;
};

/// Takes a record off the front of `bytes`. Nothing where they begin with no whole record.
inline std::optional<HeardRecord> take_record(std::string_view& bytes) {
    if (bytes.size() < record_header_length) return std::nullopt;
    unsigned char raw[record_header_length];
    std::copy_n(bytes.begin(), record_header_length, raw);
    const RecordHeader header = parse_record_header(raw);
    const std::size_t length = record_header_length + header.content_length + header.padding_length;
    if (header.version != fcgi_version || bytes.size() < length) return std::nullopt;
    const std::string_view content = bytes.substr(record_header_length, header.content_length);
    bytes.remove_prefix(length);
    return HeardRecord{header, content};
}

}  // namespace reelgate::gateway
