// Owns the keys of links.
// SPDX-License-Identifier: MIT
#include "link/keys.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <optional>
#include <utility>

#include "http/ascii.h"
#include "posix/access.h"
#include "posix/failure.h"
#include "posix/shell.h"
#include "posix/unique_fd.h"

namespace reelgate::link {

namespace {

constexpr mode_t mode_of_others = 07;
constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
constexpr std::string_view form = "a key is base64 or hexadecimal digits, with NAME: before it or without";

/// What is wrong with a line.
struct Wrong {
    std::string cause;
    std::string_view remedy = form;
};

bool is_hexadecimal(char c) { return http::is_digit(c) || (http::to_lower(c) >= 'a' && http::to_lower(c) <= 'f'); }

bool is_of_name(char c) {
    const char lower = http::to_lower(c);
    return http::is_digit(c) || (lower >= 'a' && lower <= 'z') || c == '.' || c == '_' || c == '-';
}

/// Returns the bytes of a key. A line of hexadecimal digits is also one in base64, of other bytes.
std::optional<std::string> decode(std::string_view text) {
    return std::all_of(text.begin(), text.end(), is_hexadecimal) ? crypto::from_hexadecimal(text)
                                                                 : crypto::from_base64(text);
}

std::optional<Wrong> add_line(std::string_view line, Keys& keys) {
    if (line.ends_with('\r')) return Wrong{"ends with a carriage return", "save the file with line feeds alone"};
    std::string name = "key " + std::to_string(keys.size() + 1);
    if (const auto colon = line.find(':'); colon != std::string_view::npos) {
        name = line.substr(0, colon);
        line.remove_prefix(colon + 1);
        if (name.empty() || !std::all_of(name.begin(), name.end(), is_of_name))
            return Wrong{"the name before the colon is not valid", "a name has letters, digits and . _ -"};
    }
    const auto secret = decode(line);
    if (!secret) return Wrong{"is no key"};
    if (secret->size() < min_key_length) {
        const std::string least = std::to_string(min_key_length);
        return Wrong{"the key has " + std::to_string(secret->size()) + " bytes, and needs at least " + least,
                     "`openssl rand -base64 32` makes one"};
    }
    keys.push_back({std::move(name), crypto::HmacKey{*secret}});
    return std::nullopt;
}

std::string mode_in_words(mode_t mode) {
    std::array<char, 8> digits;
    std::snprintf(digits.data(), digits.size(), "%04o", static_cast<unsigned>(mode & 07777));
    return digits.data();
}

[[noreturn]] void throw_unreadable(const std::filesystem::path& file, int error) {
    if (const auto obstacle = posix::find_obstacle(file, R_OK))
        throw posix::FailureError{obstacle->failure(posix::operation_of("read-link-keys"), file)};
    posix::Failure failure = posix::failure_of("read-link-keys", file.native(), posix::cause(error), "");
    failure.error = error;
    throw posix::FailureError{std::move(failure)};
}

/// Opening a FIFO without O_NONBLOCK would wait for its writer.
posix::UniqueFd open_keys(const std::filesystem::path& file) {
    posix::UniqueFd fd{::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)};
    struct stat status;
    if (!fd || fstat(fd.get(), &status) != 0) throw_unreadable(file, errno);
    if (!S_ISREG(status.st_mode)) posix::fail("read-link-keys", file.native(), "not a regular file", "");
    if (status.st_mode & mode_of_others)
        posix::fail("link-keys-mode", file.native(), mode_in_words(status.st_mode), posix::shell_word(file));
    return fd;
}

std::string content_of(const std::filesystem::path& file) {
    const posix::UniqueFd fd = open_keys(file);
    std::string text(max_key_file + 1, '\0');
    std::size_t length = 0;
    while (length < text.size()) {
        const ssize_t n = ::read(fd.get(), text.data() + length, text.size() - length);
        if (n == 0) break;
        if (n < 0 && errno != EINTR) throw_unreadable(file, errno);
        if (n > 0) length += static_cast<std::size_t>(n);
    }
    if (length > max_key_file) posix::fail("link-keys-long", file.native(), std::to_string(max_key_file));
    text.resize(length);
    return text;
}

}  // namespace

Keys keys_in(std::string_view text, const std::filesystem::path& file) {
    const auto fail_at = [&](std::size_t line, const Wrong& wrong) {
        posix::fail("link-keys-line", file.native(), std::to_string(line), wrong.cause, wrong.remedy);
    };
    if (text.starts_with(byte_order_mark))
        fail_at(1, {"begins with a byte order mark", "save the file as UTF-8 without one"});
    Keys keys;
    for (std::size_t number = 1; !text.empty(); ++number) {
        const std::string_view line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(line.size() + 1, text.size()));
        if (line.empty() || line.starts_with('#')) continue;
        if (const auto wrong = add_line(line, keys)) fail_at(number, *wrong);
    }
    if (keys.empty()) posix::fail("link-keys-none", file.native());
    return keys;
}

Keys read_keys(const std::filesystem::path& file) { return keys_in(content_of(file), file); }

}  // namespace reelgate::link
