// Owns the tests of decoding FastCGI requests with libfcgi: one decoder, request after request.
// SPDX-License-Identifier: MIT
#include "gateway/fastcgi.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "gateway/record.h"

namespace reelgate::gateway {
namespace {

std::string params_with(const std::string& target) {
    std::string params;
    append_name_value(params, "REQUEST_METHOD", "GET");
    append_name_value(params, "REQUEST_URI", target);
    return params;
}

/// Returns the target of a request that has `size` bytes of records.
std::string target_of_request(std::size_t size) {
    std::string target = "/", records;
    append_request(records, params_with(target));
    // The length of a value that is longer than 127 bytes takes three bytes more.
    target.append(size - records.size() - 3, 'x');
    records.clear();
    append_request(records, params_with(target));
    BOOST_TEST_REQUIRE(records.size() == size);
    return target;
}

struct Row {
    std::string_view name;
    std::vector<std::size_t> lengths;  ///< of the targets, in their order
};

/// libfcgi reads 8 KiB at a time, from where it stopped.
const Row rows[] = {
    {.name = "short_ones", .lengths = std::vector<std::size_t>(20, 10)},
    {.name = "a_long_one_first", .lengths = {20'000, 10, 10, 10, 10, 10}},
    {.name = "long_ones_in_between", .lengths = {10, 10, 8'100, 10, 8'200, 10, 10, 40'000, 10, 10, 10, 10, 10}},
    {.name = "longer_than_the_file_in_memory", .lengths = {10, 200'000, 10, 10, 300'000, 10, 10, 10, 10}},
    {.name = "about_as_long_as_a_read", .lengths = {10, 8'030, 8'040, 8'050, 8'060, 8'070, 8'080, 8'090, 10, 10}},
};

BOOST_AUTO_TEST_SUITE(gateway_fastcgi)

BOOST_AUTO_TEST_CASE(requests_after_each_other) {
    initialise_fastcgi();
    for (const Row& row : rows) {
        BOOST_TEST_CONTEXT(row.name) {
            RequestDecoder decoder;
            char letter = 'a';
            for (const std::size_t length : row.lengths) {
                std::string target = "/";
                target.append(length, letter);
                letter = letter == 'z' ? 'a' : static_cast<char>(letter + 1);
                const auto request = decoder.decode(params_with(target));
                BOOST_TEST_REQUIRE(request.has_value());
                BOOST_TEST(request->target == target);
            }
        }
    }
}

/// The next one is where libfcgi has stopped, or else is not found.
BOOST_AUTO_TEST_CASE(request_that_is_exactly_as_long_as_a_read) {
    constexpr std::size_t read = 8192, last_record = 8;  // of which libfcgi reads nothing, if it comes with the next read
    for (const std::size_t size : {read - 1, read, read + 1, read + last_record, read + last_record + 1}) {
        BOOST_TEST_CONTEXT(size) {
            RequestDecoder decoder;
            // Each has a letter of its own, so that what is left of an earlier one shows.
            for (char letter = 'a'; letter <= 'z'; ++letter) {
                std::string exact = target_of_request(size);
                std::fill(exact.begin() + 1, exact.end(), letter);
                for (const std::string& target : {std::string{"/next-"} + letter, exact}) {
                    const auto request = decoder.decode(params_with(target));
                    BOOST_TEST_REQUIRE(request.has_value());
                    BOOST_TEST((request->target == target));
                }
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(params_that_are_cut_off_between_others) {
    RequestDecoder decoder;
    for (int i = 0; i < 10; ++i) {
        const std::string params = params_with("/film");
        BOOST_TEST(!decoder.decode(params.substr(0, params.size() - 1)));
        BOOST_TEST(decoder.decode(params).value().target == "/film");
    }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace reelgate::gateway
