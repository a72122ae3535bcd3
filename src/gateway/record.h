// Owns the format of FastCGI records: numbers, headers, and the few records that we write (FastCGI 1.0 §3.3, §8).
// Does not read or write descriptors.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace reelgate::gateway {

inline constexpr unsigned char fcgi_version = 1;
inline constexpr std::size_t record_header_length = 8;
inline constexpr std::size_t begin_request_length = 8;  ///< of FCGI_BEGIN_REQUEST's content (§5.1)
inline constexpr unsigned char responder_role = 1;      ///< §5.1

/// Limit on the content of one record: the largest multiple of eight that its 16-bit length can express, which keeps
/// the next record aligned without padding.
inline constexpr std::size_t max_record_content = 65528;

/// FastCGI 1.0 §8.
enum class RecordType : unsigned char {
    begin_request = 1,
    abort_request = 2,
    end_request = 3,
    params = 4,
    std_in = 5,
    std_out = 6,
    std_err = 7,
    data = 8,
    get_values = 9,
    get_values_result = 10,
    unknown_type = 11,
};

/// protocolStatus of FCGI_END_REQUEST (§5.5).
enum class ProtocolStatus : unsigned char { request_complete = 0, cant_mpx_conn = 1, overloaded = 2, unknown_role = 3 };

struct RecordHeader {
    unsigned char version = fcgi_version;
    RecordType type = RecordType::begin_request;
    std::uint16_t request_id = 0;  ///< 0: a management record
    std::uint16_t content_length = 0;
    unsigned char padding_length = 0;
};

/// Parses the eight bytes of a header.
RecordHeader parse_record_header(const unsigned char (&bytes)[record_header_length]);

/// Formats a header, without padding.
void append_record_header(std::string& out, RecordType type, std::uint16_t request_id, std::size_t content_length);

/// Sets the length of the content in a header that was appended at `header`.
void set_content_length(std::string& out, std::size_t header, std::size_t content_length);

/// Formats FCGI_END_REQUEST. The application status is 0: no web server looks at it.
void append_end_request(std::string& out, std::uint16_t request_id, ProtocolStatus status);

/// Formats FCGI_UNKNOWN_TYPE (§4.2).
void append_unknown_type(std::string& out, RecordType type);

/// Formats a name-value pair (§3.4).
void append_name_value(std::string& out, std::string_view name, std::string_view value);

/// Formats a whole request for a responder, with `params` and without content, on a connection that is not kept.
void append_request(std::string& out, std::string_view params);

/// Returns whether `text` consists of whole name-value pairs (§3.4).
bool are_name_value_pairs(std::string_view text);

/// Formats the answer to an FCGI_GET_VALUES with the content `asked` (§4.1): those of the values that we know. There
/// may be `max_connections` connections; each carries one request at a time.
void append_values(std::string& out, std::string_view asked, std::size_t max_connections);

}  // namespace reelgate::gateway
