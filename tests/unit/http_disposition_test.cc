// Owns the tests of the name by which a video is saved: what a title may do to it, and both forms of the field.
// SPDX-License-Identifier: MIT
#include "http/disposition.h"

#include <boost/test/unit_test.hpp>

#include "http/utf8.h"

namespace reelgate::http {
namespace {

using namespace std::string_view_literals;

BOOST_AUTO_TEST_SUITE(http_disposition)

struct TitleRow {
    std::string_view name;
    std::string_view title;
    bool expected = false;
};

constexpr TitleRow titles[] = {
    {.name = "words", .title = "Harbour walk", .expected = true},
    {.name = "other_scripts", .title = "\xc3\x9c" "ber \xe6\xb5\xb7", .expected = true},
    {.name = "one_letter", .title = "x", .expected = true},
    {.name = "controls_are_replaced_later", .title = "a\r\nb", .expected = true},
    {.name = "empty", .title = ""},
    {.name = "blanks", .title = " \t "},
    {.name = "latin_1", .title = "\xdc" "ber"},
    {.name = "cut_in_a_character", .title = "\xe6\xb5"},
    {.name = "surrogate", .title = "\xed\xa0\x80"},
};

BOOST_AUTO_TEST_CASE(text_that_is_a_title) {
    for (const TitleRow& row : titles) BOOST_TEST_CONTEXT(row.name) { BOOST_TEST(is_title(row.title) == row.expected); }
}

struct NameRow {
    std::string_view name;
    std::string_view title;
    std::string_view expected;
    std::string_view extension = ".mp4";
};

constexpr NameRow names[] = {
    {.name = "words", .title = "Harbour walk", .expected = "Harbour walk.mp4"},
    {.name = "other_extension", .title = "Harbour walk", .expected = "Harbour walk.webm", .extension = ".webm"},
    {.name = "no_extension", .title = "Harbour walk", .expected = "Harbour walk", .extension = ""},
    {.name = "extension_is_there", .title = "Harbour walk.mp4", .expected = "Harbour walk.mp4"},
    {.name = "extension_is_there_in_capitals", .title = "Harbour walk.MP4", .expected = "Harbour walk.MP4"},
    {.name = "something_like_another_extension", .title = "Dr. No", .expected = "Dr. No.mp4"},
    {.name = "extension_of_another_kind", .title = "walk.avi", .expected = "walk.avi.mp4"},
    {.name = "other_scripts", .title = "\xc3\x9c" "ber \xe6\xb5\xb7", .expected = "\xc3\x9c" "ber \xe6\xb5\xb7.mp4"},
    {.name = "blanks_around", .title = " Harbour walk\t", .expected = "Harbour walk.mp4"},
    {.name = "quotation_marks_stay", .title = "\"Harbour\" walk", .expected = "\"Harbour\" walk.mp4"},
    {.name = "path", .title = "/etc/passwd", .expected = "_etc_passwd.mp4"},
    {.name = "path_upwards", .title = "../../x", .expected = "___.._x.mp4"},
    {.name = "path_of_windows", .title = "C:\\x\\y", .expected = "C:_x_y.mp4"},
    {.name = "slash_of_a_title", .title = "Face/Off", .expected = "Face_Off.mp4"},
    {.name = "hidden_file", .title = ".profile", .expected = "_profile.mp4"},
    {.name = "dots", .title = "...", .expected = "___.mp4"},
    {.name = "dots_alone", .title = "..", .expected = "__", .extension = ""},
    {.name = "extension_alone", .title = ".mp4", .expected = "_mp4.mp4"},
    {.name = "dots_inside", .title = "and so on...", .expected = "and so on....mp4"},
    {.name = "lines", .title = "a\r\nSet-Cookie: x=y", .expected = "a__Set-Cookie: x=y.mp4"},
    {.name = "nul", .title = "a\0b"sv, .expected = "a_b.mp4"},
    {.name = "tab_and_delete", .title = "a\tb\x7f" "c", .expected = "a_b_c.mp4"},
    {.name = "control_of_unicode", .title = "a\xc2\x85" "b\xc2\x9f" "c", .expected = "a_b_c.mp4"},
    {.name = "letter_after_the_controls", .title = "a\xc2\xa1", .expected = "a\xc2\xa1.mp4"},
    {.name = "separator_of_lines", .title = "a\xe2\x80\xa8" "b", .expected = "a_b.mp4"},
    {.name = "order_reversed", .title = "a\xe2\x80\xae" "4pm.exe", .expected = "a_4pm.exe.mp4"},
    {.name = "order_isolated", .title = "a\xe2\x81\xa6" "b\xe2\x81\xa9", .expected = "a_b_.mp4"},
    {.name = "dash_beside_the_separators", .title = "a\xe2\x80\xa7" "b", .expected = "a\xe2\x80\xa7" "b.mp4"},
    {.name = "no_utf_8", .title = "\xdc" "ber", .expected = "_ber.mp4"},
};

BOOST_AUTO_TEST_CASE(name_made_of_a_title) {
    for (const NameRow& row : names)
        BOOST_TEST_CONTEXT(row.name) { BOOST_TEST(file_name_of(row.title, row.extension) == row.expected); }
}

BOOST_AUTO_TEST_CASE(title_longer_than_a_name_may_be) {
    BOOST_TEST(file_name_of(std::string(251, 'x'), ".mp4") == std::string(251, 'x') + ".mp4");
    BOOST_TEST(file_name_of(std::string(252, 'x'), ".mp4") == std::string(251, 'x') + ".mp4");
    BOOST_TEST(file_name_of(std::string(1024, 'x'), "") == std::string(255, 'x'));
    BOOST_TEST(file_name_of(std::string(300, 'x') + ".MP4", ".mp4") == std::string(251, 'x') + ".MP4");
    BOOST_TEST(file_name_of("x", "." + std::string(300, 'y')) == "." + std::string(300, 'y'));
    // Whole characters, and none that would have room again behind the cut.
    std::string sea;
    for (int i = 0; i < 100; ++i) sea += "\xe6\xb5\xb7";
    const std::string name = file_name_of(sea + "x", ".webm");
    BOOST_TEST(name == sea.substr(0, 249) + ".webm");
    BOOST_TEST(is_utf8(name));
    BOOST_TEST(file_name_of(std::string(250, 'x') + "\xe6\xb5\xb7y", ".mp4") == std::string(250, 'x') + ".mp4");
}

// RFC 6266 §4.3, appendix D; RFC 8187 §3.2

struct FieldRow {
    std::string_view name;
    std::string_view file;
    std::string_view plain;
    std::string_view encoded;
};

constexpr FieldRow fields[] = {
    {.name = "unreserved", .file = "a-1_b.c~d.mp4", .plain = "a-1_b.c~d.mp4", .encoded = "a-1_b.c~d.mp4"},
    {.name = "blank", .file = "Harbour walk.mp4", .plain = "Harbour walk.mp4", .encoded = "Harbour%20walk.mp4"},
    {.name = "punctuation", .file = "a'b(c);d=e,f*", .plain = "a'b(c);d=e,f*",
     .encoded = "a%27b%28c%29%3Bd%3De%2Cf%2A"},
    {.name = "quotation_mark", .file = "a\"b", .plain = "a_b", .encoded = "a%22b"},
    {.name = "backslash", .file = "a\\b", .plain = "a_b", .encoded = "a%5Cb"},
    {.name = "percent_sign", .file = "100% sure", .plain = "100% sure", .encoded = "100%25%20sure"},
    {.name = "percent_sign_like_an_encoded_byte", .file = "a%2Fb%2f", .plain = "a_2Fb_2f", .encoded = "a%252Fb%252f"},
    {.name = "percent_sign_and_one_digit", .file = "a%2", .plain = "a%2", .encoded = "a%252"},
    {.name = "other_scripts", .file = "\xc3\x9c" "b\xe6\xb5\xb7.mp4", .plain = "_b_.mp4",
     .encoded = "%C3%9Cb%E6%B5%B7.mp4"},
    {.name = "beyond_16_bits", .file = "\xf0\x9f\x8e\xac", .plain = "_", .encoded = "%F0%9F%8E%AC"},
    {.name = "control_characters", .file = "a\r\nb", .plain = "a__b", .encoded = "a%0D%0Ab"},
};

BOOST_AUTO_TEST_CASE(both_forms) {
    for (const FieldRow& row : fields)
        BOOST_TEST_CONTEXT(row.name) {
            BOOST_TEST(attachment(row.file) == std::string{"attachment; filename=\""}.append(row.plain)
                                                   .append("\"; filename*=UTF-8''").append(row.encoded));
        }
}

/// Whatever the title, the field is short, and of characters that no server or client trips over.
BOOST_AUTO_TEST_CASE(every_byte_in_a_title) {
    for (int first = 0; first < 256; ++first)
        for (int second = 0; second < 256; ++second) {
            const char both[] = {static_cast<char>(first), static_cast<char>(second)};
            std::string title;
            while (title.size() < 1024) title.append(both, 2);
            const std::string field = attachment(file_name_of(title, ".mp4"));
            const bool is_visible = std::all_of(field.begin(), field.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
            const bool is_quoted = std::count(field.begin(), field.end(), '"') == 2 && field.find('\\') == field.npos;
            if (!is_visible || !is_quoted || field.find('/') != field.npos || field.size() > 1100)
                BOOST_ERROR("bytes " << first << ", " << second << ": " << field);
        }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace reelgate::http
