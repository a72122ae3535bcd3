// Owns the tests of files of keys: which are read, and what is said of the others.
// SPDX-License-Identifier: MIT
#include "link/keys.h"

#include <sys/stat.h>

#include <boost/test/unit_test.hpp>

#include "messages.h"
#include "temporary_folder.h"

namespace reelgate::link {
namespace {

const std::string hexadecimal(64, '7'), base64 = "eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHg=";

/// Returns the names of keys, and what each of them signs: "first 77, key 2 88".
std::string told(const Keys& keys) {
    std::string text;
    for (const Key& key : keys) {
        const std::string digest = crypto::hexadecimal(key.secret.sign({}));
        text.append(text.empty() ? "" : ", ").append(key.name).append(" ").append(digest.substr(0, 4));
    }
    return text;
}

std::string told_of(std::string_view secret) {
    return crypto::hexadecimal(crypto::HmacKey{secret}.sign({})).substr(0, 4);
}

std::string told_in(std::string_view text) {
    return message_of<posix::FailureError>([&] { BOOST_TEST_MESSAGE(told(keys_in(text, "KEYS"))); });
}

BOOST_AUTO_TEST_SUITE(link_keys)

struct KeysRow {
    std::string_view name;
    std::string text;
    std::string expected;
};

BOOST_AUTO_TEST_CASE(files_that_have_keys) {
    const std::string x = told_of(std::string(32, '\x77'));
    const KeysRow rows[] = {
        {"hexadecimal", hexadecimal + "\n", "key 1 " + x},
        {"base64", base64 + "\n", "key 1 " + told_of(crypto::from_base64(base64).value())},
        {"base64_without_padding", base64.substr(0, 43), "key 1 " + told_of(crypto::from_base64(base64).value())},
        {"base64url", "_-" + base64.substr(2),
         "key 1 " + told_of(crypto::from_base64("_-" + base64.substr(2)).value())},
        {"hexadecimal_in_both_cases", "aAbB" + hexadecimal, "key 1 " + told_of("\xaa\xbb" + std::string(32, '\x77'))},
        {"no_line_end", hexadecimal, "key 1 " + x},
        {"named", "2026-q4.a_B:" + hexadecimal, "2026-q4.a_B " + x},
        {"several", hexadecimal + "\nold:" + hexadecimal + "\n" + hexadecimal,
         "key 1 " + x + ", old " + x + ", key 3 " + x},
        {"comments_and_empty_lines", "# since May\n\n" + hexadecimal + "\n\n#", "key 1 " + x},
        {"long_one", std::string(2000, '7'), "key 1 " + told_of(std::string(1000, '\x77'))},
    };
    for (const KeysRow& row : rows)
        BOOST_TEST_CONTEXT(row.name) { BOOST_TEST(told(keys_in(row.text, "KEYS")) == row.expected); }
}

BOOST_AUTO_TEST_CASE(files_that_have_none) {
    const std::string form = "; a key is base64 or hexadecimal digits, with NAME: before it or without";
    const std::string least = " bytes, and needs at least 32; `openssl rand -base64 32` makes one";
    const KeysRow rows[] = {
        {"empty", "", "KEYS: has no key; `openssl rand -base64 32` makes one, for a line of its own"},
        {"comment_alone", "# a", "KEYS: has no key; `openssl rand -base64 32` makes one, for a line of its own"},
        {"word", hexadecimal + "\nSecurityKey!", "KEYS:2: is no key" + form},
        {"space_at_the_end", hexadecimal + " ", "KEYS:1: is no key" + form},
        {"space_at_the_beginning", " " + hexadecimal, "KEYS:1: is no key" + form},
        {"odd_digits", hexadecimal + "7", "KEYS:1: is no key" + form},
        {"too_short_in_hexadecimal", "#\n\n" + hexadecimal.substr(2), "KEYS:3: the key has 31" + least},
        {"base64_of_hexadecimal_digits_alone", std::string(44, 'd'), "KEYS:1: the key has 22" + least},
        {"too_short_in_base64", "eHh4eHh4eA==", "KEYS:1: the key has 7" + least},
        {"name_alone", "first:", "KEYS:1: the key has 0" + least},
        {"carriage_return", hexadecimal + "\r\n",
         "KEYS:1: ends with a carriage return; save the file with line feeds alone"},
        {"byte_order_mark", "\xef\xbb\xbf" + hexadecimal,
         "KEYS:1: begins with a byte order mark; save the file as UTF-8 without one"},
        {"empty_name", ":" + hexadecimal,
         "KEYS:1: the name before the colon is not valid; a name has letters, digits and . _ -"},
        {"name_with_a_space", "my key:" + hexadecimal,
         "KEYS:1: the name before the colon is not valid; a name has letters, digits and . _ -"},
        {"zero_byte", hexadecimal + std::string("\0", 1), "KEYS:1: is no key" + form},
    };
    for (const KeysRow& row : rows) {
        const std::string said = told_in(row.text);
        BOOST_TEST(said == "read link keys: " + row.expected, row.name);
        BOOST_TEST(!contains(said, "77777"), row.name);
    }
}

struct ModeRow {
    std::string_view name;
    mode_t mode;
    bool is_refused;
};

constexpr ModeRow modes[] = {
    {"owner_may_read", 0400, false},
    {"owner_may_write", 0600, false},
    {"group_may_read", 0440, false},
    {"as_in_the_remedy", 0640, false},
    {"others_may_read", 0644, true},
    {"others_may_write", 0602, true},
    {"others_may_run", 0601, true},
};

BOOST_FIXTURE_TEST_CASE(modes_of_the_file, TemporaryFolder) {
    for (const ModeRow& row : modes) {
        const auto file = write("keys", hexadecimal);
        if (chmod(file.c_str(), row.mode) != 0) fail_test("chmod", file.native());
        const std::string said = message_of<posix::FailureError>([&] { read_keys(file); });
        char digits[8];
        std::snprintf(digits, sizeof digits, "%04o", row.mode);
        const std::string refused = "read link keys: " + file.native() + ": its mode is " + digits +
                                    ": others than its owner and group must have no permission; `chmod 640 " +
                                    file.native() + "`";
        BOOST_TEST(said == (row.is_refused ? refused : "nothing thrown"), row.name);
        std::filesystem::remove(file);
    }
}

BOOST_FIXTURE_TEST_CASE(things_that_are_no_file, TemporaryFolder) {
    const auto said_of = [](const std::filesystem::path& file) {
        return message_of<posix::FailureError>([&] { read_keys(file); });
    };
    const std::filesystem::path fifo = *this / "fifo";
    if (mkfifo(fifo.c_str(), 0600) != 0) fail_test("mkfifo", fifo.native());
    const std::string begin = "read link keys: " + path().native();
    BOOST_TEST(said_of(fifo) == begin + "/fifo: not a regular file");
    BOOST_TEST(said_of(path()) == begin + ": not a regular file");
    BOOST_TEST(said_of(*this / "none") == begin + "/none: No such file or directory");
    const auto large = write("large", std::string(max_key_file + 1, '7'));
    std::filesystem::permissions(large, std::filesystem::perms{0600});
    BOOST_TEST(said_of(large) == begin + "/large: longer than 65536 bytes; is that the file of keys?");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace reelgate::link
