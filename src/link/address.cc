// Owns the bytes of an address to which a link can be bound.
// SPDX-License-Identifier: MIT
#include "link/address.h"

#include <arpa/inet.h>

#include <algorithm>

#include "http/ascii.h"

namespace reelgate::link {

namespace {

constexpr std::string_view mapped{"\0\0\0\0\0\0\0\0\0\0\xff\xff", 12};  // RFC 4291 §2.5.5.2
constexpr std::size_t signed_length_v6 = 8;

/// Reads an address of one family in its only text form. A zone ("fe80::1%eth0") is none of it.
std::optional<std::string> read_as(int family, std::size_t length, const std::string& text) {
    std::string bytes(length, '\0');
    return inet_pton(family, text.c_str(), bytes.data()) == 1 ? std::optional{bytes} : std::nullopt;
}

}  // namespace

std::optional<std::string> bytes_of_address(std::string_view address) {
    if (address.find('\0') != std::string_view::npos) return std::nullopt;
    const std::string text{address};
    auto bytes = read_as(AF_INET, sizeof(in_addr), text);
    if (!bytes) {
        bytes = read_as(AF_INET6, sizeof(in6_addr), text);
        if (!bytes) return std::nullopt;
        if (bytes->starts_with(mapped))
            bytes->erase(0, mapped.size());
        else
            std::fill(bytes->begin() + signed_length_v6, bytes->end(), '\0');
    }
    return std::all_of(bytes->begin(), bytes->end(), http::is_digit) ? std::nullopt : bytes;
}

}  // namespace reelgate::link
