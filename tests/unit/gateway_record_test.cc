// Owns the tests of the shape of FastCGI records.
// SPDX-License-Identifier: MIT
#include "gateway/record.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <string>

namespace reelgate::gateway {
namespace {

using namespace std::string_literals;

BOOST_AUTO_TEST_SUITE(gateway_record)

// FastCGI 1.0 §3.3

struct HeaderRow {
    std::string_view name;
    RecordType type = RecordType::std_out;
    std::uint16_t request_id = 1;
    std::size_t content_length = 0;
    std::string expected;
};

const HeaderRow headers[] = {
    {.name = "end_of_a_stream", .expected = "\x01\x06\x00\x01\x00\x00\x00\x00"s},
    {.name = "id_of_two_bytes", .request_id = 0xfedc, .expected = "\x01\x06\xfe\xdc\x00\x00\x00\x00"s},
    {.name = "length_of_two_bytes", .content_length = 0x1234, .expected = "\x01\x06\x00\x01\x12\x34\x00\x00"s},
    {.name = "as_long_as_ours_get", .content_length = max_record_content,
     .expected = "\x01\x06\x00\x01\xff\xf8\x00\x00"s},
    {.name = "as_long_as_can_be", .content_length = 65535, .expected = "\x01\x06\x00\x01\xff\xff\x00\x00"s},
    {.name = "management", .type = RecordType::get_values_result, .request_id = 0,
     .expected = "\x01\x0a\x00\x00\x00\x00\x00\x00"s},
};

BOOST_AUTO_TEST_CASE(header_is_eight_bytes_most_significant_first) {
    for (const HeaderRow& row : headers) {
        BOOST_TEST_CONTEXT(row.name) {
            std::string out = "before";
            append_record_header(out, row.type, row.request_id, row.content_length);
            BOOST_TEST(out == "before" + row.expected);
        }
    }
}

BOOST_AUTO_TEST_CASE(length_of_the_content_is_set_afterwards) {
    for (const HeaderRow& row : headers) {
        BOOST_TEST_CONTEXT(row.name) {
            std::string out = "before";
            append_record_header(out, row.type, row.request_id, 0);
            out += "content";
            set_content_length(out, 6, row.content_length);
            BOOST_TEST(out == "before" + row.expected + "content");
        }
    }
}

// FastCGI 1.0 §3.4

struct PairRow {
    std::string_view name;
    std::string pair_name, value;
    std::string expected_lengths;
};

const PairRow pairs[] = {
    {.name = "empty", .expected_lengths = "\0\0"s},
    {.name = "short", .pair_name = "A", .value = "bc", .expected_lengths = "\x01\x02"s},
    {.name = "longest_of_one_byte", .pair_name = std::string(127, 'n'), .expected_lengths = "\x7f\0"s},
    {.name = "shortest_of_four_bytes", .pair_name = "A", .value = std::string(128, 'v'),
     .expected_lengths = "\x01\x80\x00\x00\x80"s},
    {.name = "long", .pair_name = "A", .value = std::string(0x12345, 'v'), .expected_lengths = "\x01\x80\x01\x23\x45"s},
};

BOOST_AUTO_TEST_CASE(pair_has_its_lengths_in_front) {
    for (const PairRow& row : pairs) {
        BOOST_TEST_CONTEXT(row.name) {
            std::string out;
            append_name_value(out, row.pair_name, row.value);
            BOOST_TEST((out == row.expected_lengths + row.pair_name + row.value));
            BOOST_TEST(are_name_value_pairs(out));
        }
    }
}

BOOST_AUTO_TEST_CASE(header_is_read_as_it_was_written) {
    for (const HeaderRow& row : headers) {
        BOOST_TEST_CONTEXT(row.name) {
            unsigned char bytes[record_header_length];
            std::copy(row.expected.begin(), row.expected.end(), bytes);
            const RecordHeader header = parse_record_header(bytes);
            BOOST_TEST(header.version == 1);
            BOOST_TEST((header.type == row.type));
            BOOST_TEST(header.request_id == row.request_id);
            BOOST_TEST(header.content_length == row.content_length);
            BOOST_TEST(header.padding_length == 0);
        }
    }
}

BOOST_AUTO_TEST_CASE(header_of_a_peer_may_have_any_version_type_and_padding) {
    const RecordHeader header = parse_record_header({0xff, 0xfe, 0, 0, 0, 0, 0xfd, 0xfc});
    BOOST_TEST(header.version == 0xff);
    BOOST_TEST(static_cast<int>(header.type) == 0xfe);
    BOOST_TEST(header.padding_length == 0xfd);
}

BOOST_AUTO_TEST_CASE(most_content_needs_no_padding) {
    BOOST_TEST(max_record_content % 8 == 0u);
    BOOST_TEST(max_record_content <= 0xffffu);
}

// FastCGI 1.0 §5.5, §4.2

struct EndRow {
    std::string_view name;
    ProtocolStatus status;
    std::string expected;
};

const EndRow ends[] = {
    {"complete", ProtocolStatus::request_complete, "\x01\x03\x01\x02\x00\x08\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"s},
    {"no_multiplexing", ProtocolStatus::cant_mpx_conn,
     "\x01\x03\x01\x02\x00\x08\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00"s},
    {"overloaded", ProtocolStatus::overloaded, "\x01\x03\x01\x02\x00\x08\x00\x00\x00\x00\x00\x00\x02\x00\x00\x00"s},
    {"unknown_role", ProtocolStatus::unknown_role, "\x01\x03\x01\x02\x00\x08\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00"s},
};

BOOST_AUTO_TEST_CASE(end_has_its_protocol_status) {
    for (const EndRow& row : ends) {
        BOOST_TEST_CONTEXT(row.name) {
            std::string out;
            append_end_request(out, 0x0102, row.status);
            BOOST_TEST(out == row.expected);
        }
    }
}

BOOST_AUTO_TEST_CASE(unknown_type_is_named) {
    std::string out;
    append_unknown_type(out, static_cast<RecordType>(0xc8));
    BOOST_TEST(out == "\x01\x0b\x00\x00\x00\x08\x00\x00\xc8\x00\x00\x00\x00\x00\x00\x00"s);
}

// FastCGI 1.0 §4.1, §3.4

struct ValuesRow {
    std::string_view name;
    std::string asked;
    std::string expected;  ///< content of the answer, for 5000 connections
};

const ValuesRow values[] = {
    {"nothing_asked", "", ""},
    {"connections", "\x0e\x00"s "FCGI_MAX_CONNS", "\x0e\x04" "FCGI_MAX_CONNS5000"},
    {"requests", "\x0d\x00"s "FCGI_MAX_REQS", "\x0d\x04" "FCGI_MAX_REQS5000"},
    {"multiplexing", "\x0f\x00"s "FCGI_MPXS_CONNS", "\x0f\x01" "FCGI_MPXS_CONNS0"},
    {"in_the_order_asked", "\x0f\x00"s "FCGI_MPXS_CONNS" "\x0d\x00"s "FCGI_MAX_REQS",
     "\x0f\x01" "FCGI_MPXS_CONNS0" "\x0d\x04" "FCGI_MAX_REQS5000"},
    {"unknown_left_out", "\x06\x00"s "COLOUR" "\x0f\x00"s "FCGI_MPXS_CONNS", "\x0f\x01" "FCGI_MPXS_CONNS0"},
    {"only_unknown", "\x06\x00"s "COLOUR", ""},
    {"name_in_other_letters", "\x0f\x00"s "fcgi_mpxs_conns", ""},
    {"empty_name", "\x00\x00"s, ""},
    {"with_a_value", "\x0f\x03"s "FCGI_MPXS_CONNSyes", "\x0f\x01" "FCGI_MPXS_CONNS0"},
    {"lengths_of_four_bytes", "\x80\x00\x00\x0f\x80\x00\x00\x00"s "FCGI_MPXS_CONNS", "\x0f\x01" "FCGI_MPXS_CONNS0"},
    {"long_unknown_name", "\x80\x00\x01\x00\x00"s + std::string(256, 'x') + "\x0f\x00"s "FCGI_MPXS_CONNS",
     "\x0f\x01" "FCGI_MPXS_CONNS0"},
    {"cut_off_in_a_length", "\x0f\x00"s "FCGI_MPXS_CONNS" "\x80\x00"s, "\x0f\x01" "FCGI_MPXS_CONNS0"},
    {"cut_off_after_a_length", "\x0f"s, ""},
    {"cut_off_in_a_name", "\x0f\x00"s "FCGI_MPXS_CONN", ""},
    {"cut_off_in_a_value", "\x0f\x04"s "FCGI_MPXS_CONNSyes", ""},
    {"lengths_that_add_up_to_more_than_32_bits", "\xff\xff\xff\xff\xff\xff\xff\xff"s "FCGI_MPXS_CONNS", ""},
};

BOOST_AUTO_TEST_CASE(values_are_those_asked_for_and_known) {
    for (const ValuesRow& row : values) {
        BOOST_TEST_CONTEXT(row.name) {
            std::string expected, out;
            append_record_header(expected, RecordType::get_values_result, 0, row.expected.size());
            append_values(out, row.asked, 5000);
            BOOST_TEST(out == expected + row.expected);
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace reelgate::gateway
