// Owns the format of FastCGI records: numbers, headers, and the few records that we write (FastCGI 1.0 §3.3, §8).
// SPDX-License-Identifier: MIT
#include "gateway/record.h"

#include <algorithm>
#include <optional>

namespace reelgate::gateway {

namespace {

void append_byte(std::string& out, std::size_t value) { out.push_back(static_cast<char>(value & 0xff)); }

/// Takes the length of a name or value off the front: one byte up to 127, otherwise four with the high bit set (§3.4).
std::optional<std::size_t> take_length(std::string_view& text) {
    if (text.empty()) return std::nullopt;
    const auto byte = [&](std::size_t i) { return static_cast<std::size_t>(static_cast<unsigned char>(text[i])); };
    const std::size_t first = byte(0);
    if (first < 0x80) {
        text.remove_prefix(1);
        return first;
    }
    if (text.size() < 4) return std::nullopt;
    const std::size_t length = (first & 0x7f) << 24 | byte(1) << 16 | byte(2) << 8 | byte(3);
    text.remove_prefix(4);
    return length;
}

void append_length(std::string& out, std::size_t length) {
    if (length < 0x80) return append_byte(out, length);
    for (const unsigned shift : {24U, 16U, 8U, 0U}) append_byte(out, (length | 0x8000'0000) >> shift);
}

/// Takes a name-value pair off the front, and returns its name. Returns nothing if no whole pair is left.
std::optional<std::string_view> take_pair_name(std::string_view& text) {
    std::string_view rest = text;
    const auto name_length = take_length(rest);
    const auto value_length = name_length ? take_length(rest) : std::nullopt;
    if (!value_length || rest.size() < *name_length || rest.size() - *name_length < *value_length) return std::nullopt;
    text = rest.substr(*name_length + *value_length);
    return rest.substr(0, *name_length);
}

}  // namespace

RecordHeader parse_record_header(const unsigned char (&bytes)[record_header_length]) {
    return {bytes[0], static_cast<RecordType>(bytes[1]), static_cast<std::uint16_t>(bytes[2] << 8 | bytes[3]),
            static_cast<std::uint16_t>(bytes[4] << 8 | bytes[5]), bytes[6]};
}

void append_record_header(std::string& out, RecordType type, std::uint16_t request_id, std::size_t content_length) {
    append_byte(out, fcgi_version);
    append_byte(out, static_cast<std::size_t>(type));
    append_byte(out, request_id >> 8);
    append_byte(out, request_id);
    append_byte(out, content_length >> 8);
    append_byte(out, content_length);
    out.append(2, '\0');  // no padding; reserved
}

void set_content_length(std::string& out, std::size_t header, std::size_t content_length) {
    out[header + 4] = static_cast<char>(content_length >> 8 & 0xff);
    out[header + 5] = static_cast<char>(content_length & 0xff);
}

void append_end_request(std::string& out, std::uint16_t request_id, ProtocolStatus status) {
    append_record_header(out, RecordType::end_request, request_id, 8);
    out.append(4, '\0');  // the application status
    append_byte(out, static_cast<std::size_t>(status));
    out.append(3, '\0');
}

void append_unknown_type(std::string& out, RecordType type) {
    append_record_header(out, RecordType::unknown_type, 0, 8);
    append_byte(out, static_cast<std::size_t>(type));
    out.append(7, '\0');
}

void append_name_value(std::string& out, std::string_view name, std::string_view value) {
    append_length(out, name.size());
    append_length(out, value.size());
    out.append(name).append(value);
}

void append_request(std::string& out, std::string_view params) {
    constexpr std::uint16_t request_id = 1;
    append_record_header(out, RecordType::begin_request, request_id, begin_request_length);
    const char begin[begin_request_length] = {0, responder_role};
    out.append(begin, sizeof begin);
    for (; !params.empty(); params.remove_prefix(std::min(params.size(), max_record_content))) {
        const std::string_view part = params.substr(0, max_record_content);
        append_record_header(out, RecordType::params, request_id, part.size());
        out.append(part);
    }
    append_record_header(out, RecordType::params, request_id, 0);
    append_record_header(out, RecordType::std_in, request_id, 0);
}

bool are_name_value_pairs(std::string_view text) {
    while (take_pair_name(text)) {
    }
    return text.empty();
}

void append_values(std::string& out, std::string_view asked, std::size_t max_connections) {
    std::string values;
    while (const auto name = take_pair_name(asked)) {
        std::string value;
        if (*name == "FCGI_MAX_CONNS" || *name == "FCGI_MAX_REQS") value = std::to_string(max_connections);
        else if (*name == "FCGI_MPXS_CONNS") value.push_back('0');
        else continue;
        append_name_value(values, *name, value);
    }
    append_record_header(out, RecordType::get_values_result, 0, values.size());
    out.append(values);
}

}  // namespace reelgate::gateway
