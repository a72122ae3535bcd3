// Owns the fuzzing of links, against a verifier that is written another way, with OpenSSL's HMAC. Most inputs are links
// that were signed here and then changed, or cut into other parts at the same bytes: none of these may open anything
// but what was signed.
// SPDX-License-Identifier: MIT
#include <arpa/inet.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "link/verify.h"

namespace {

using reelgate::link::Verdict;

const std::array<std::string, 3> secrets{std::string(32, 'a'), std::string(40, 'b'), std::string(65, 'c')};
const std::vector<std::string> known{"download", "limit", "token_ignore_params", "token_path"};

std::string sign(const std::string& secret, const std::string& message) {
    std::array<unsigned char, 32> mac;
    HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
         reinterpret_cast<const unsigned char*>(message.data()), message.size(), mac.data(), nullptr);
    std::array<unsigned char, 45> text;
    EVP_EncodeBlock(text.data(), mac.data(), mac.size());
    std::string out(reinterpret_cast<char*>(text.data()), 43);
    for (char& c : out) c = c == '+' ? '-' : c == '/' ? '_' : c;
    return out;
}

/// Returns the signed bytes of an address; empty if it can have no link.
std::string address_bytes(const std::string& text) {
    std::array<unsigned char, 16> v6{};
    std::array<unsigned char, 4> v4{};
    if (text.find('\0') != std::string::npos) return {};
    if (inet_pton(AF_INET6, text.c_str(), v6.data()) == 1) {
        const bool is_mapped = IN6_IS_ADDR_V4MAPPED(reinterpret_cast<const in6_addr*>(v6.data()));
        if (!is_mapped) return std::string(v6.begin(), v6.begin() + 8) + std::string(8, '\0');
        std::copy(v6.begin() + 12, v6.end(), v4.begin());
    } else if (inet_pton(AF_INET, text.c_str(), v4.data()) != 1) {
        return {};
    }
    int digits = 0;
    for (const unsigned char c : v4) digits += c >= '0' && c <= '9';
    return digits == 4 ? std::string{} : std::string(v4.begin(), v4.end());
}

std::optional<std::string> decode(const std::string& text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        char c = text[i];
        if (c == '%') {
            unsigned byte = 0;
            for (int k = 0; k < 2; ++k) {
                if (++i >= text.size() || !std::isxdigit(static_cast<unsigned char>(text[i]))) return std::nullopt;
                byte = byte * 16 + static_cast<unsigned>(std::stoi(text.substr(i, 1), nullptr, 16));
            }
            c = static_cast<char>(byte);
        }
        if (static_cast<unsigned char>(c) < 32 || c == 127 || c == '&') return std::nullopt;
        out += c;
    }
    return out;
}

std::vector<std::string> parts_of(const std::string& text) {
    std::vector<std::string> parts(text.empty() ? 0 : 1);
    for (const char c : text)
        if (c == '&') parts.emplace_back();
        else parts.back() += c;
    return parts;
}

using Values = std::map<std::string, std::string>;

bool add(Values& values, const std::string& text, bool is_front) {
    for (const std::string& part : parts_of(text)) {
        const auto equals = part.find('=');
        if (equals == std::string::npos) return false;
        std::string name = part.substr(0, equals);
        if (is_front && name == "token") return false;
        if (is_front && name == "bcdn_token") name = "token";
        const bool is_known = name == "token" || name == "expires" || std::count(known.begin(), known.end(), name) == 1;
        const auto value = decode(part.substr(equals + 1));
        if (!is_known || !value || !values.emplace(name, *value).second) return false;
    }
    return true;
}

bool has_token(const std::string& text) {
    for (const std::string& part : parts_of(text))
        if (part == "token" || part.starts_with("token=")) return true;
    return false;
}

struct Request {
    std::string path, front, query;
    std::optional<std::string> cookie;
    std::string address;
};

std::string others_of(const Values& values) {
    std::string text;
    for (const auto& [name, value] : values)
        if (name != "token" && name != "expires") text += (text.empty() ? "" : "&") + name + "=" + value;
    return text;
}

/// Verifies by making every token that would be good, and comparing whole tokens.
Verdict other_verdict(const Request& request, std::int64_t now) {
    Values values;
    if (!request.front.empty() || has_token(request.query)) {
        if (!add(values, request.front, true) || !add(values, request.query, false)) return Verdict::not_valid;
    } else if (!request.cookie || !has_token(*request.cookie)) {
        return Verdict::missing;
    } else if (!add(values, *request.cookie, false)) {
        return Verdict::not_valid;
    }
    std::string path = request.path;
    if (const auto folder = values.find("token_path"); folder != values.end()) {
        std::string with_slash = folder->second;
        if (with_slash.empty() || with_slash.back() != '/') with_slash += '/';
        const bool is_below = request.path.compare(0, with_slash.size(), with_slash) == 0;
        if (folder->second.empty() || (request.path != folder->second && !is_below)) return Verdict::not_valid;
        path = folder->second;
    }
    const std::string& expires = values["expires"];
    if (expires.size() != 10 || expires.find_first_not_of("0123456789") != std::string::npos) return Verdict::not_valid;
    for (const std::string& secret : secrets) {
        const std::string bytes = address_bytes(request.address), others = others_of(values);
        const bool is_unbound = values["token"] == "HS256-" + sign(secret, path + expires + others);
        const std::string bound = "HS256-1-" + sign(secret, path + expires + bytes + others);
        const bool is_bound = !bytes.empty() && values["token"] == bound;
        if (is_unbound || is_bound) return std::stoll(expires) + 60 < now ? Verdict::expired : Verdict::good;
    }
    return Verdict::not_valid;
}

Verdict our_verdict(const Request& request, std::int64_t now) {
    static const reelgate::link::Keys keys = [] {
        reelgate::link::Keys all;
        for (const std::string& secret : secrets) all.push_back({"key", reelgate::crypto::HmacKey{secret}});
        return all;
    }();
    return reelgate::link::verify(keys, {request.path, request.front, request.query, request.cookie, request.address},
                                  now).verdict;
}

/// Counts what was reached, and says it at the end.
struct Counts {
    std::array<std::array<unsigned long, 4>, 3> of{};

    ~Counts() {
        const std::array<const char*, 3> names{"any bytes", "signed and changed", "cut into other parts"};
        for (std::size_t i = 0; i < names.size(); ++i)
            std::fprintf(stderr, "%s: %lu good, %lu missing, %lu not valid, %lu expired\n", names[i], of[i][0],
                         of[i][1], of[i][2], of[i][3]);
    }
};

class Input {
public:
    Input(const std::uint8_t* data, std::size_t size) : rest_(reinterpret_cast<const char*>(data), size) {}

    unsigned byte() {
        const unsigned value = rest_.empty() ? 0 : static_cast<unsigned char>(rest_[0]);
        rest_.erase(0, 1);
        return value;
    }

    /// Takes bytes up to a line feed.
    std::string text() {
        const auto end = std::min(rest_.find('\n'), rest_.size());
        std::string taken = rest_.substr(0, end);
        rest_.erase(0, end + 1);
        return taken;
    }

    std::string exactly(std::size_t count) {
        std::string taken = rest_.substr(0, count);
        rest_.erase(0, count);
        taken.resize(count);
        return taken;
    }

private:
    std::string rest_;
};

std::string address_text(const std::string& bytes) {
    std::array<char, INET6_ADDRSTRLEN> text{};
    inet_ntop(bytes.size() == 4 ? AF_INET : AF_INET6, bytes.data(), text.data(), text.size());
    return text.data();
}

/// Encodes what a value may not have as it is, and all other characters that are no letters if `all`.
std::string encode(const std::string& text, bool all) {
    std::string out;
    for (const char c : text) {
        const bool is_plain = std::isalnum(static_cast<unsigned char>(c)) || (!all && c != '%' && c != '&');
        char digits[4];
        std::snprintf(digits, sizeof digits, "%%%02x", static_cast<unsigned char>(c));
        out += is_plain ? std::string(1, c) : digits;
    }
    return out;
}

/// What a signer signs.
struct Signed {
    std::string secret, path, expires, address;  // address: its bytes
    Values others;

    bool operator==(const Signed&) const = default;
    std::string message() const { return path + expires + address + others_of(others); }
    std::string token() const { return "HS256-" + std::string{address.empty() ? "" : "1-"} + sign(secret, message()); }
};

/// An id's characters, and digits above all: those can be moved.
std::string path_from(const std::string& bytes) {
    constexpr std::string_view characters = "abclimtdown/._~-00112233445566778899";
    std::string path = "/s/";
    for (const char c : bytes) path += characters[static_cast<unsigned char>(c) % characters.size()];
    return path;
}

Signed signed_from(Input& input) {
    Signed link{.secret = secrets[input.byte() % secrets.size()], .path = path_from(input.text()), .expires = {},
                .address = {}, .others = {}};
    const unsigned what = input.byte();
    if (what & 1) link.others["download"] = "1";
    if (what & 2) link.others["limit"] = std::to_string(input.byte());
    if (what & 4) link.others["token_ignore_params"] = "true";
    if (what & 8) link.others["token_path"] = link.path;
    if (what & 16) link.address = address_bytes(address_text(input.exactly(what & 32 ? 16 : 4)));
    for (const char c : input.exactly(10)) link.expires += static_cast<char>('0' + static_cast<unsigned char>(c) % 10);
    if (what & 64) link.expires[0] = '1', link.expires[1] = '9';
    return link;
}

void put(Request& request, const std::string& text, unsigned place) {
    if (place % 3 == 0) request.query = text;
    if (place % 3 == 1) request.front = "bcdn_" + text;
    if (place % 3 == 2) request.cookie = text;
}

std::string as_text(const Signed& link, bool encodes_all) {
    std::string text = "token=" + encode(link.token(), encodes_all) + "&expires=" + link.expires;
    for (const auto& [name, value] : link.others) text += "&" + name + "=" + encode(value, encodes_all);
    return text;
}

/// Makes a link, shows it where it may be shown, and changes a few bytes of it.
Request changed(Input& input) {
    const Signed link = signed_from(input);
    Request request{.path = link.path, .front = {}, .query = {}, .cookie = {}, .address = {}};
    if (link.others.contains("token_path")) request.path += input.text();
    if (!link.address.empty()) request.address = address_text(link.address);
    const unsigned place = input.byte();
    std::string text = as_text(link, place & 64);
    for (unsigned edits = input.byte() % 4; edits > 0; --edits) {
        const std::size_t at = input.byte() % text.size(), length = input.byte() % 16;
        text.replace(at, length, input.text());
    }
    put(request, text, place);
    if (input.byte() % 8 == 1) request.address = input.text();
    if (input.byte() % 8 == 1) request.query += "&" + input.text();
    return request;
}

/// Makes a link, and shows its signature with the same signed bytes, cut at other places. Returns nothing if they are
/// the same places.
std::optional<Request> cut_anew(Input& input) {
    const Signed link = signed_from(input);
    const std::string message = link.message();
    constexpr std::array<std::size_t, 3> lengths{0, 4, 16};
    const std::size_t path = input.byte() % message.size(), address = lengths[input.byte() % lengths.size()];
    if (path + 10 + address > message.size() || (path == link.path.size() && address == link.address.size())) return {};
    Request request{.path = message.substr(0, path), .front = {}, .query = {}, .cookie = {}, .address = {}};
    if (address > 0) request.address = address_text(message.substr(path + 10, address));
    std::string text = std::string{"token=HS256-"} + (address > 0 ? "1-" : "") + sign(link.secret, message) +
                       "&expires=" + message.substr(path, 10);
    for (const std::string& part : parts_of(message.substr(path + 10 + address))) {
        const auto equals = std::min(part.find('='), part.size());
        text += "&" + part.substr(0, equals) + "=" + encode(part.substr(std::min(equals + 1, part.size())), true);
    }
    put(request, text, input.byte());
    return request;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static Counts counts;
    Input input{data, size};
    const std::size_t way = input.byte() % counts.of.size();
    const std::int64_t now = 1'800'000'000 + (input.byte() % 2 ? 0 : 7'000'000'000);
    Request request;
    if (way == 0) {
        request = {.path = input.text(), .front = input.text(), .query = input.text(), .cookie = {}, .address = {}};
        if (input.byte() % 2) request.cookie = input.text();
        request.address = input.text();
    } else if (way == 1) {
        request = changed(input);
    } else if (const auto cut = cut_anew(input)) {
        request = *cut;
    } else {
        return 0;
    }
    const Verdict ours = our_verdict(request, now);
    ++counts.of[way][static_cast<std::size_t>(ours)];
    if (ours != other_verdict(request, now)) std::abort();
    // What is asked for begins with the prefix, "/s/" here, and an id has no "=".
    const bool can_be_asked = request.path.starts_with("/s/") && request.path.find('=') == std::string::npos;
    if (way == 2 && can_be_asked && (ours == Verdict::good || ours == Verdict::expired)) std::abort();
    return 0;
}
