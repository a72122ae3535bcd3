// Owns the few facts of FastCGI that the peers and the load program share (FastCGI 1.0 §3.3, §8).
// Does not use reelgate's own code for them: what measures it must not share its mistakes.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>

namespace bench {

constexpr std::size_t header_length = 8;
constexpr std::uint16_t request_id = 1;

enum RecordType : unsigned char { begin_request = 1, end_request = 3, params = 4, std_in = 5, std_out = 6 };

struct RecordHeader {
    unsigned char type;
    std::size_t content;  ///< bytes
    std::size_t padding;  ///< bytes
};

/// Reads the header of a record from its eight bytes; throws where they are none.
inline RecordHeader read_header(std::string_view bytes) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
    if (byte(0) != 1) throw std::runtime_error{"no FastCGI record"};
    return {byte(1), std::size_t{byte(4)} << 8U | byte(5), byte(6)};
}

/// The header of a record with so many bytes of content, 65,535 at the most, and no padding.
inline std::string record_header(RecordType type, std::size_t content) {
    const char bytes[header_length] = {1,
                                       static_cast<char>(type),
                                       static_cast<char>(request_id >> 8U),
                                       static_cast<char>(request_id & 0xffU),
                                       static_cast<char>(content >> 8U),
                                       static_cast<char>(content & 0xffU),
                                       0,
                                       0};
    return {bytes, sizeof bytes};
}

inline std::string record(RecordType type, std::string_view content) {
    return record_header(type, content.size()).append(content);
}

/// What a field value of the form bytes=a-b says; false for any other.
inline bool read_range(const char* value, std::uint64_t& first, std::uint64_t& last) {
    unsigned long long a = 0;
    unsigned long long b = 0;
    if (!value || std::sscanf(value, "bytes=%llu-%llu", &a, &b) != 2) return false;
    first = a;
    last = b;
    return true;
}

/// The header block of an answer with these bytes of a file, the last one included.
inline std::string header_block(bool is_partial, std::uint64_t first, std::uint64_t last, std::uint64_t length) {
    std::string block = is_partial ? "Status: 206 Partial Content\r\n" : "Status: 200 OK\r\n";
    block += "Content-Type: video/mp4\r\nAccept-Ranges: bytes\r\nContent-Length: " + std::to_string(last - first + 1) +
             "\r\n";
    if (is_partial)
        block += "Content-Range: bytes " + std::to_string(first) + "-" + std::to_string(last) + "/" +
                 std::to_string(length) + "\r\n";
    return block + "\r\n";
}

[[noreturn]] inline void fail(const std::string& operation) {
    throw std::system_error{errno, std::generic_category(), operation};
}

}  // namespace bench
