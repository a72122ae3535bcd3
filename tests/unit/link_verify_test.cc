// Owns the tests of links: tokens that others have published, and links that must not open anything.
// Does not test how a request is taken apart: http_link_front_test.cc and handler_test.cc do.
// SPDX-License-Identifier: MIT
#include "link/verify.h"

#include <boost/test/unit_test.hpp>

#include <utility>

#include "link/address.h"
#include "link/token.h"

namespace reelgate::link {
namespace {

/// Returns a token: for any address if `address` is empty.
std::string token_of(std::string_view secret, Terms terms, std::string_view address) {
    const std::string bytes = address.empty() ? "" : bytes_of_address(address).value();
    terms.address = bytes;
    return std::string{token_begin}.append(bytes.empty() ? "" : bound_mark)
        .append(signature_of(crypto::HmacKey{secret}, terms));
}

BOOST_AUTO_TEST_SUITE(link_verify)

// Tokens that Bunny has published with its signers: all for one key, which is too short for a file of ours

struct PublishedRow {
    std::string_view name;
    std::string_view path;
    std::string_view address = {};
    std::string_view parameters = {};
    std::string_view token;
};

constexpr std::string_view v4 = "1.2.3.4", v6 = "2001:0db8:85a3:0000:0000:8a2e:0370:7334";

constexpr PublishedRow published[] = {
    {.name = "plain", .path = "/300kb.jpg", .token = "HS256-o10JRWlsAItyAsdKS6jJKjabHN4FrFsplDHPV1idcX4"},
    {.name = "countries", .path = "/300kb.jpg", .parameters = "token_countries=CA,US",
     .token = "HS256-i5s3Uv7mnrFfN5nznwU2BxhILpnipYeE18TapV0WNFM"},
    {.name = "countries_blocked", .path = "/300kb.jpg", .parameters = "token_countries_blocked=RU,CN",
     .token = "HS256-JS8dSuBSjSH-W2-xhdkCPC36-2rlxfDCQJjlNMPqKZQ"},
    {.name = "token_path", .path = "/abc", .parameters = "token_path=/abc",
     .token = "HS256-uVZvT3SbEoVKYJyDJgbcsDmSFf73cv-uNUVaJiKWpbQ"},
    {.name = "ignore_params", .path = "/300kb.jpg", .parameters = "token_ignore_params=true",
     .token = "HS256-1lwWBD_c1IAGSj1UKPoxreu8ePDQ-Z9FoWLcRn_RRH0"},
    {.name = "limit", .path = "/300kb.jpg", .parameters = "limit=1000",
     .token = "HS256-DAVapqNNED3Z7JkjRTYX0UOIHNtbHEuuhRNEc4A7mMQ"},
    {.name = "ipv4", .path = "/300kb.jpg", .address = v4,
     .token = "HS256-1-L2rISTLcujMY9UFf2tbZ41d5i-Bme1g1oTK_Z2QMLJk"},
    {.name = "ipv6", .path = "/300kb.jpg", .address = v6,
     .token = "HS256-1-Z1BaGdhTZdU4iANcyKpurFR2VgCNdqC6hlBv5x_TyaI"},
    {.name = "ipv4_countries", .path = "/abc/", .address = v4, .parameters = "token_countries=CA,US",
     .token = "HS256-1-4lIDGI2_t3wiTmopXzB7z71wtZKTe1Ic0lDlL72iAJw"},
    {.name = "ipv6_countries", .path = "/abc/", .address = v6, .parameters = "token_countries=CA,US",
     .token = "HS256-1-LGpoP8i1bV4P1kN4NrO_iYxLJuLAD2R3Clstsy9kWAc"},
    {.name = "ipv4_limit", .path = "/abc/", .address = v4, .parameters = "limit=5000",
     .token = "HS256-1-X01Z6A9xAo1_ds1XFf9y8gAIzk_JpmoevOx7EtgMQhY"},
    {.name = "ipv4_token_path", .path = "/abc", .address = v4, .parameters = "token_path=/abc",
     .token = "HS256-1-wag9tC0r1QWfg-2eMj5QcdzgPLCIdQb-D0WVU1Mhg2w"},
    {.name = "ipv4_ignore_params", .path = "/300kb.jpg", .address = v4, .parameters = "token_ignore_params=true",
     .token = "HS256-1-rWalmQRJ-A_qrb08-JoeU3b-gOS5mJiJjPOfDWa0gsQ"},
    {.name = "ipv4_countries_blocked", .path = "/300kb.jpg", .address = v4,
     .parameters = "token_countries_blocked=RU,CN", .token = "HS256-1-myF6Rnz7Z9VAfAjjkyUHJQ_6gr-AJ7VyPsG5rQdQKm8"},
    {.name = "ipv6_countries_blocked", .path = "/300kb.jpg", .address = v6,
     .parameters = "token_countries_blocked=RU,CN", .token = "HS256-1-XGkCf_JKNfOrpWAM_CIYjZBbVHbB4U1mxHg8pXJtBNc"},
};

constexpr std::string_view published_key = "SecurityKey";
constexpr std::string_view published_expires = "1598024587";

BOOST_AUTO_TEST_CASE(published_tokens) {
    for (const PublishedRow& row : published)
        BOOST_TEST(token_of(published_key, {row.path, published_expires, {}, row.parameters}, row.address) == row.token,
                   row.name);
}

/// Countries cannot be verified, so that such a link must not open anything.
BOOST_AUTO_TEST_CASE(published_tokens_are_good_but_for_countries) {
    const Keys keys{{"theirs", crypto::HmacKey{published_key}}};
    for (const PublishedRow& row : published) {
        std::string query = "token=" + std::string{row.token} + "&expires=" + std::string{published_expires};
        if (!row.parameters.empty()) query.append("&").append(row.parameters);
        const Shown shown{.path = row.path, .front = {}, .query = query, .cookie = {}, .remote_addr = row.address};
        const bool is_refused = row.parameters.starts_with("token_countries");
        BOOST_TEST((verify(keys, shown, 1598024587).verdict == (is_refused ? Verdict::not_valid : Verdict::good)),
                   row.name);
    }
}

// Links that open something, and those that must not

const std::string first_secret(32, 'a'), second_secret(40, 'b'), third_secret(64, 'c'), strange_secret(32, 'd');
constexpr std::int64_t now = 1'800'000'000;
const std::string later = "1800000100";
const std::string film = "/api/stream/film", show = "/api/stream/show/";

Keys three_keys() {
    return {{"first", crypto::HmacKey{first_secret}},
            {"key 2", crypto::HmacKey{second_secret}},
            {"third", crypto::HmacKey{third_secret}}};
}

/// Returns what a link for a path, or for the token_path in `parameters`, has as its query; `parameters` need no
/// encoding.
std::string link_to(std::string_view path, std::string_view parameters = {}, std::string_view address = {},
                    std::string_view expires = later, std::string_view secret = first_secret) {
    std::string text = "token=" + token_of(secret, {path, expires, {}, parameters}, address);
    text.append("&expires=").append(expires);
    return parameters.empty() ? text : text.append("&").append(parameters);
}

std::string as_front(const std::string& link) { return "bcdn_" + link; }

/// Returns the token of a link.
std::string token_in(const std::string& link) { return link.substr(6, link.find('&') - 6); }

struct ShownRow {
    std::string_view name;
    std::string path = film;
    std::string front = {};
    std::string query = {};
    std::optional<std::string> cookie = std::nullopt;
    std::string address = "192.0.2.7";
    Verdict expected = Verdict::not_valid;
};

void check(const ShownRow& row) {
    const Keys keys = three_keys();
    const Shown shown{.path = row.path, .front = row.front, .query = row.query, .cookie = row.cookie,
                      .remote_addr = row.address};
    BOOST_TEST((verify(keys, shown, now).verdict == row.expected), row.name);
}

constexpr Verdict good = Verdict::good, missing = Verdict::missing, expired = Verdict::expired;
const std::string folder_parameter = "token_path=" + show;
const std::string bound = "192.0.2.7", other = "192.0.2.8";

BOOST_AUTO_TEST_CASE(links_that_are_good) {
    const ShownRow rows[] = {
        {.name = "query", .query = link_to(film), .expected = good},
        {.name = "front", .front = as_front(link_to(film)), .expected = good},
        {.name = "cookie", .cookie = link_to(film), .expected = good},
        {.name = "second_key", .query = link_to(film, "", "", later, second_secret), .expected = good},
        {.name = "last_key", .query = link_to(film, "", "", later, third_secret), .expected = good},
        {.name = "just_within_the_leeway", .query = link_to(film, "", "", "1799999940"), .expected = good},
        {.name = "last_second_of_ten_digits", .query = link_to(film, "", "", "9999999999"), .expected = good},
        {.name = "every_parameter", .path = show + "x",
         .query = link_to(show, "download=1&limit=1000&token_ignore_params=true&token_path=" + show),
         .expected = good},
        {.name = "parameters_in_another_order", .query = "download=1&expires=" + later + "&limit=5&token=" +
         token_in(link_to(film, "download=1&limit=5")), .expected = good},
        {.name = "value_that_is_encoded", .path = show + "x",
         .query = "token=" + token_in(link_to(show, folder_parameter)) + "&expires=1%3800000100" +
                  "&token_path=%2Fapi%2fstream%2Fshow%2F", .expected = good},
        {.name = "token_path_with_a_slash", .path = show + "a/b", .front = as_front(link_to(show, folder_parameter)),
         .expected = good},
        {.name = "token_path_without_a_slash", .path = show + "x",
         .query = link_to("/api/stream/show", "token_path=/api/stream/show"), .expected = good},
        {.name = "token_path_of_the_film_itself", .query = link_to(film, "token_path=" + film), .expected = good},
        {.name = "link_apart_in_front_and_query", .front = "bcdn_token=" + token_in(link_to(film)),
         .query = "expires=" + later, .expected = good},
        {.name = "bound_to_an_address", .query = link_to(film, "", bound), .expected = good},
        {.name = "bound_to_a_mapped_address", .query = link_to(film, "", bound), .address = "::ffff:192.0.2.7",
         .expected = good},
        {.name = "bound_to_another_address_of_a_64", .query = link_to(film, "", "2001:db8:0:1::1"),
         .address = "2001:DB8:0:1:ffff:ffff:ffff:ffff", .expected = good},
        {.name = "unbound_and_no_address", .query = link_to(film), .address = "unix:", .expected = good},
        {.name = "cookie_beside_the_query_of_an_application", .query = "t=12&expires=soon&%zz", .cookie = link_to(film),
         .expected = good},
        {.name = "good_query_and_bad_cookie", .query = link_to(film), .cookie = "token=HS256-x&expires=1",
         .expected = good},
    };
    for (const ShownRow& row : rows) check(row);
}

BOOST_AUTO_TEST_CASE(nothing_that_is_a_link) {
    const ShownRow rows[] = {
        {.name = "nothing", .expected = missing},
        {.name = "expires_alone", .query = "expires=" + later, .expected = missing},
        {.name = "query_of_an_application", .query = "t=12&token_path=/&tokens=1", .expected = missing},
        {.name = "name_in_front_is_none_of_a_query", .query = "bcdn_token=" + token_in(link_to(film)) + "&expires=" +
         later, .expected = missing},
        {.name = "name_that_is_encoded", .query = "tok%65n" + link_to(film).substr(5), .expected = missing},
        {.name = "name_in_capitals", .query = "TOKEN" + link_to(film).substr(5), .expected = missing},
        {.name = "empty_cookie", .cookie = "", .expected = missing},
        {.name = "cookie_of_an_application", .cookie = "abc", .expected = missing},
    };
    for (const ShownRow& row : rows) check(row);
}

BOOST_AUTO_TEST_CASE(links_that_are_late) {
    const ShownRow rows[] = {
        {.name = "just_beyond_the_leeway", .query = link_to(film, "", "", "1799999939"), .expected = expired},
        {.name = "first_second", .query = link_to(film, "", "", "0000000000"), .expected = expired},
        {.name = "late_and_in_front", .path = show + "x",
         .front = as_front(link_to(show, folder_parameter, "", "1700000000")), .expected = expired},
        {.name = "late_and_bound", .query = link_to(film, "", bound, "1700000000"), .expected = expired},
        {.name = "late_and_another_films", .query = link_to(film + "2", "", "", "1700000000")},
        {.name = "late_and_another_addresses", .query = link_to(film, "", other, "1700000000")},
        {.name = "late_and_unknown_key", .query = link_to(film, "", "", "1700000000", strange_secret)},
    };
    for (const ShownRow& row : rows) check(row);
}

BOOST_AUTO_TEST_CASE(links_that_are_not_valid) {
    const std::string token = token_in(link_to(film)), end = "&expires=" + later;
    const ShownRow rows[] = {
        {.name = "unknown_key", .query = link_to(film, "", "", later, strange_secret)},
        {.name = "another_films", .query = link_to(film + "2")},
        {.name = "film_in_other_case", .query = link_to("/api/stream/Film")},
        {.name = "film_with_an_extension", .path = film + ".mp4", .query = link_to(film)},
        {.name = "later_end", .query = "token=" + token + "&expires=1800000101"},
        // Nothing separates the path from the digits.
        {.name = "expires_of_nine_digits", .path = film + "1", .query = link_to(film, "", "", "180000010")},
        {.name = "expires_of_eleven_digits", .query = "token=" + token_in(link_to(film + "1")) + "&expires=1" + later},
        {.name = "digit_moved_to_the_path", .path = film + "1", .query = "token=" + token + "&expires=800000100"},
        {.name = "expires_with_a_sign", .query = link_to(film, "", "", "+800000100")},
        {.name = "expires_with_a_space", .query = link_to(film, "", "", " 180000010")},
        {.name = "expires_with_a_fraction", .query = link_to(film, "", "", "18000000.0")},
        {.name = "expires_in_hexadecimal", .query = link_to(film, "", "", "0x6b49d264")},
        {.name = "no_expires", .query = "token=" + token},
        {.name = "empty_expires", .query = link_to(film, "", "", "")},
        {.name = "empty_token", .query = "token=" + end},
        {.name = "token_without_its_beginning", .query = "token=" + token.substr(6) + end},
        {.name = "beginning_in_small_letters", .query = "token=hs256-" + token.substr(6) + end},
        {.name = "token_in_other_case", .query = "token=HS256-" + [&] {
             std::string text = token.substr(6);
             for (char& c : text) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
             return text;
         }() + end},
        {.name = "token_with_padding", .query = "token=" + token + "%3D" + end},
        {.name = "token_cut_off", .query = "token=" + token.substr(0, token.size() - 1) + end},
        {.name = "beginning_alone", .query = "token=HS256-" + end},
        {.name = "mark_alone", .query = "token=HS256-1-" + end},
        {.name = "token_encoded_twice", .query = "token=HS256%252D" + token.substr(6) + end},
        {.name = "bad_encoding", .query = "token=" + token + end + "&limit=%zz"},
        {.name = "encoding_cut_off", .query = "token=" + token + end + "&limit=%4"},
        {.name = "zero_byte", .query = link_to(film, "limit=1%00")},
        // Beside a token only what is known, and once
        {.name = "unknown_parameter", .query = link_to(film) + "&t=12"},
        {.name = "unknown_parameter_that_is_signed", .query = link_to(film, "t=12")},
        {.name = "countries", .query = link_to(film, "token_countries=CA")},
        {.name = "parameter_that_is_not_signed", .query = link_to(film) + "&download=1"},
        {.name = "parameter_left_out", .query = "token=" + token_in(link_to(film, "limit=5")) + end},
        {.name = "parameter_changed", .query = "token=" + token_in(link_to(film, "limit=5")) + end + "&limit=6"},
        {.name = "parameter_without_a_value", .query = link_to(film) + "&download"},
        {.name = "parameter_without_a_name", .query = link_to(film) + "&=1"},
        {.name = "and_at_the_end", .query = link_to(film) + "&"},
        {.name = "and_at_the_beginning", .query = "&" + link_to(film)},
        {.name = "two_ands", .query = "token=" + token + "&" + end},
        {.name = "name_in_front_beside_the_query", .query = link_to(film) + "&bcdn_token=" + token},
        {.name = "token_twice", .query = link_to(film) + "&token=" + token},
        {.name = "expires_twice", .query = link_to(film) + end},
        {.name = "token_path_twice", .path = show + "x",
         .query = link_to(show, folder_parameter) + "&" + folder_parameter},
        {.name = "parameter_twice", .query = link_to(film, "limit=5&limit=5")},
        {.name = "front_and_query", .front = as_front(link_to(film)), .query = link_to(film)},
        {.name = "good_front_and_unknown_parameter", .front = as_front(link_to(film)), .query = "t=12"},
        {.name = "name_of_the_query_in_front", .front = link_to(film)},
        {.name = "front_without_a_token", .front = "bcdn_tokens=" + token + end},
        {.name = "front_without_a_token_and_good_cookie", .front = "expires=" + later, .cookie = link_to(film)},
        {.name = "value_with_an_and", .query = "token=" + token_in(link_to(film, "download=1&limit=5")) + end +
         "&download=1%26limit=5"},
        // One way decides, whatever the others say.
        {.name = "bad_query_and_good_cookie", .query = "token=" + token + "x" + end, .cookie = link_to(film)},
        {.name = "empty_token_in_the_query_and_good_cookie", .query = "token=", .cookie = link_to(film)},
        {.name = "good_query_and_bad_front", .front = "bcdn_token=x", .query = link_to(film)},
        {.name = "another_films_cookie", .cookie = link_to(film + "2")},
        {.name = "cookie_with_an_unknown_parameter", .cookie = link_to(film) + "&path=/"},
        {.name = "cookie_with_the_name_in_front", .cookie = link_to(film) + "&bcdn_token=x"},
        // Folders
        {.name = "token_path_that_ends_within_a_segment", .path = "/api/stream/show2/x",
         .query = link_to("/api/stream/show", "token_path=/api/stream/show")},
        {.name = "token_path_of_another_folder", .path = "/api/stream/other/x",
         .query = link_to(show, folder_parameter)},
        {.name = "token_path_longer_than_the_path", .path = "/api/stream/show",
         .query = link_to(show, folder_parameter)},
        {.name = "empty_token_path", .query = link_to("", "token_path=")},
        {.name = "token_path_that_was_not_signed", .path = show + "x",
         .query = link_to(show + "x") + "&token_path=/api/stream"},
        {.name = "token_path_taken_out", .path = show, .query = "token=" + token_in(link_to(show, folder_parameter)) +
         end},
        {.name = "token_path_in_other_case", .path = show + "x",
         .query = link_to("/api/stream/SHOW/", "token_path=/api/stream/SHOW/")},
        // Addresses
        {.name = "another_addresses", .query = link_to(film, "", other)},
        {.name = "another_64", .query = link_to(film, "", "2001:db8:0:1::1"), .address = "2001:db8:0:2::1"},
        {.name = "bound_and_no_address", .query = link_to(film, "", bound), .address = ""},
        {.name = "bound_and_a_socket", .query = link_to(film, "", bound), .address = "unix:"},
        {.name = "bound_and_a_zone", .query = link_to(film, "", "fe80::1"), .address = "fe80::1%eth0"},
        {.name = "bound_and_a_port", .query = link_to(film, "", bound), .address = bound + ":80"},
        {.name = "bound_and_a_list", .query = link_to(film, "", bound), .address = bound + ", " + other},
        {.name = "bound_without_its_mark",
         .query = "token=HS256-" + token_in(link_to(film, "", bound)).substr(8) + end},
        {.name = "bound_with_another_mark",
         .query = "token=HS256-2-" + token_in(link_to(film, "", bound)).substr(8) + end},
        {.name = "bound_and_a_zero_byte", .query = link_to(film, "", bound), .address = bound + std::string("\0x", 2)},
        {.name = "unbound_with_the_mark", .query = "token=HS256-1-" + token.substr(6) + end},
        {.name = "mark_twice", .query = "token=HS256-1-1-" + token.substr(6) + end},
        // "limit=12" in the first eight bytes: 6c69:6d69:743d:3132::
        {.name = "address_that_spells_a_parameter",
         .query = "token=HS256-" + token_in(link_to(film, "", "6c69:6d69:743d:3132::1")).substr(8) + end +
                  "&limit=12%00%00%00%00%00%00%00%00"},
        {.name = "parameter_that_spells_an_address", .query = "token=HS256-1-" +
         token_in(link_to(film, "limit=12")).substr(6) + end, .address = "108.105.109.105"},
        // What follows the path is "1800005455": its last four digits are the bytes of 53.52.53.53.
        {.name = "end_that_spells_an_address", .query = "token=HS256-1-" +
         token_in(link_to(film + "9340", "", "", "1800005455")).substr(6) + "&expires=9340180000",
         .address = "53.52.53.53"},
        {.name = "address_that_spells_digits", .query = "token=HS256-1-" + signature_of(crypto::HmacKey{first_secret},
         {film, later, "5455", ""}) + end, .address = "53.52.53.53"},
    };
    for (const ShownRow& row : rows) check(row);
}

BOOST_AUTO_TEST_CASE(each_character_of_a_token_counts) {
    const std::string link = link_to(film);
    for (std::size_t i = 6; i < link.find('&'); ++i)
        for (const char c : {'A', 'z', '-', '_', '%', '\xc3', ' '}) {
            std::string changed = link;
            if (changed[i] == c) continue;
            changed[i] = c;
            BOOST_TEST_CONTEXT("character " << i << " is byte " << static_cast<int>(c)) {
                check({.name = "changed", .query = changed});
            }
        }
}

BOOST_AUTO_TEST_CASE(each_key_verifies_in_each_place) {
    for (std::size_t place = 0; place < 3; ++place) {
        Keys keys = three_keys();
        std::swap(keys[0], keys[place]);
        const std::string query = link_to(film);
        const Shown shown{.path = film, .front = {}, .query = query, .cookie = {}, .remote_addr = bound};
        BOOST_TEST(verify(keys, shown, now).key == "first");
        keys.erase(keys.begin() + static_cast<std::ptrdiff_t>(place));
        BOOST_TEST((verify(keys, shown, now).verdict == Verdict::not_valid));
    }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace reelgate::link
