// Owns the tests of links that are made: their form, and that they are taken.
// SPDX-License-Identifier: MIT
#include "link/sign.h"

#include <boost/test/unit_test.hpp>

#include "http/link_front.h"
#include "http/target.h"
#include "link/address.h"
#include "link/verify.h"

namespace reelgate::link {
namespace {

const Keys keys{{"ours", crypto::HmacKey{std::string(32, 'a')}}};

/// Returns a target with "TOKEN" in the place of its token.
std::string without_token(std::string text) {
    const auto begin = text.find("HS256-"), end = text.find('&', begin);
    return text.replace(begin, end - begin, "TOKEN");
}

BOOST_AUTO_TEST_SUITE(link_sign)

struct OfferRow {
    std::string_view name;
    Offer offer;
    std::string_view expected;
    std::string_view address = "192.0.2.7";
};

const std::string address = bytes_of_address("192.0.2.7").value();

BOOST_AUTO_TEST_CASE(links_are_taken) {
    const OfferRow rows[] = {
        {"plain", {"/s/film", 1'800'000'000}, "/s/film?token=TOKEN&expires=1800000000"},
        {"last_second", {"/s/film", max_expires}, "/s/film?token=TOKEN&expires=9999999999"},
        {"download", {.path = "/s/film", .expires = 1'800'000'000, .is_download = true},
         "/s/film?token=TOKEN&download=1&expires=1800000000"},
        {"bound", {"/s/film", 1'800'000'000, address}, "/s/film?token=TOKEN&expires=1800000000"},
        {"folder", {"/s/show/index.m3u8", 1'800'000'000, {}, "/s/show/"},
         "/bcdn_token=TOKEN&token_path=%2Fs%2Fshow%2F&expires=1800000000/s/show/index.m3u8"},
        {"bound_folder", {"/s/show/", 1'800'000'000, address, "/s/show/"},
         "/bcdn_token=TOKEN&token_path=%2Fs%2Fshow%2F&expires=1800000000/s/show/"},
        {"characters_that_are_encoded", {"/s/a b?c%&#\xc3\xa9", 1'800'000'000},
         "/s/a%20b%3Fc%25%26%23%C3%A9?token=TOKEN&expires=1800000000"},
        {"folder_with_characters_that_are_encoded", {"/s/a b/x", 1'800'000'000, {}, "/s/a b/"},
         "/bcdn_token=TOKEN&token_path=%2Fs%2Fa%20b%2F&expires=1800000000/s/a%20b/x"},
    };
    for (const OfferRow& row : rows) {
        const std::string target = sign(keys.front(), row.offer);
        BOOST_TEST(without_token(target) == row.expected, row.name);
        const http::Fronted parts = http::take_front(target);
        const std::string path = http::decoded_path(parts.rest).value();
        Shown shown{.path = path, .front = parts.front, .query = http::raw_query(parts.rest), .cookie = {},
                    .remote_addr = "192.0.2.7"};
        BOOST_TEST((verify(keys, shown, row.offer.expires + leeway).verdict == Verdict::good), row.name);
        BOOST_TEST((verify(keys, shown, row.offer.expires + leeway + 1).verdict == Verdict::expired), row.name);
        shown.remote_addr = "192.0.2.8";
        const Verdict elsewhere = row.offer.address.empty() ? Verdict::good : Verdict::not_valid;
        BOOST_TEST((verify(keys, shown, row.offer.expires).verdict == elsewhere), row.name);
    }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace reelgate::link
