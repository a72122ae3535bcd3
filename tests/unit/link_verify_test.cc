// Owns the tests of links: tokens that others have published, and links that must not open anything.
// Does not test how a request is taken apart: http_link_front_test.cc and handler_test.cc do.
// SPDX-License-Identifier: MIT
#include "link/verify.h"

#include <boost/test/unit_test.hpp>

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

// Tokens that Bunny has published with its signers: all for the key "SecurityKey", which is too short for a file of ours

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

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace reelgate::link
