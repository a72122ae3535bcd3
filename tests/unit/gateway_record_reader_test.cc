// Owns the tests of the incoming half of a FastCGI connection: bytes, however they are cut, become whole requests.
// Does not decode params: the test of the server does.
// SPDX-License-Identifier: MIT
#include "gateway/record_reader.h"

#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "records.h"

namespace reelgate::gateway {
namespace {

using namespace std::string_literals;

constexpr std::size_t connections = 5000;

std::string values(std::string_view asked) {
    std::string out;
    append_values(out, asked, connections);
    return out;
}

const std::string abort_request = abort();
const std::string multiplexing = "\x0f\x00"s "FCGI_MPXS_CONNS";

struct Row {
    std::string_view name;
    std::string bytes;
    std::string expected;      ///< what the bytes came to, in order
    std::string replies = "";  ///< what was answered on the way
};

/// What happens when bytes come in parts of `step`: "request ID", "aborted", "refused", "invalid". Each request counts
/// as answered at once, and reading ends where the connection would be closed.
std::string outcome(std::string_view bytes, std::size_t step, std::string& replies,
                    std::vector<std::string>& requests) {
    RecordReader reader{connections};
    std::string told;
    while (!bytes.empty()) {
        std::string_view part = bytes.substr(0, step);
        bytes.remove_prefix(part.size());
        Incoming incoming = Incoming::wanting;
        do {
            incoming = reader.read(part, replies);
            switch (incoming) {
                case Incoming::wanting: BOOST_TEST(part.empty()); break;
                case Incoming::request:
                    told += "request " + std::to_string(reader.request_id()) +
                            (reader.keeps_connection() ? ", kept; " : "; ");
                    requests.push_back(reader.params());
                    reader.next();
                    break;
                case Incoming::aborted:
                    told += "aborted; ";
                    reader.next();
                    break;
                case Incoming::held: return told + "held; ";
                case Incoming::refused: return told + "refused; ";
                case Incoming::invalid: return told + "invalid; ";
                case Incoming::full: return told + "full; ";
            }
        } while (incoming != Incoming::wanting);
    }
    return told + (reader.is_idle() ? "idle" : "in the middle");
}

const Row rows[] = {
    {"nothing", "", "idle"},
    {"half_a_header", begin().substr(0, 5), "in the middle"},
    {"header_without_content", begin().substr(0, 8), "in the middle"},
    {"request_begun", begin(), "in the middle"},
    {"params_not_ended", begin() + params("param"), "in the middle"},
    {"body_not_ended", begin() + params("") + body("body"), "in the middle"},
    {"last_byte_missing", (begin() + rest()).substr(0, (begin() + rest()).size() - 1), "in the middle"},
    {"whole", begin() + rest(), "request 1; idle"},
    {"padding_missing", begin() + params("") + record(RecordType::std_in, "", 1, 7).substr(0, 14), "in the middle"},

    // FastCGI 1.0 §3.3, §5.1
    {"ids_from_smallest_to_largest",
     begin(1) + rest("p", 1) + begin(255) + rest("p", 255) + begin(256) + rest("p", 256) + begin(65535) +
         rest("p", 65535),
     "request 1; request 255; request 256; request 65535; idle"},
    {"kept", begin(1, keep) + rest(), "request 1, kept; idle"},
    {"other_flags_mean_nothing", begin(1, 0xfe) + rest(), "request 1; idle"},
    {"each_request_says_whether", begin(1, keep) + rest() + begin() + rest(), "request 1, kept; request 1; idle"},
    {"padding_in_every_record",
     begin() + record(RecordType::params, "param", 1, 255) + record(RecordType::params, "", 1, 1) +
         record(RecordType::std_in, "", 1, 8),
     "request 1; idle"},
    {"body_is_dropped", begin() + params("") + body(std::string(65535, 'b')) + body("b") + body(""), "request 1; idle"},
    {"records_of_nobody", rest("param", 9), "idle"},
    {"records_of_another", begin() + rest("param", 2), "in the middle"},
    {"record_of_unknown_type", begin() + record(static_cast<RecordType>(42), "x") + rest(), "request 1; idle"},
    {"data_for_filters", begin() + record(RecordType::data, "x") + record(RecordType::data, "") + rest(),
     "request 1; idle"},
    {"version_0", std::string(8, '\0'), "invalid; "},
    {"version_2", "\x02\x01\x00\x01\x00\x00\x00\x00"s, "invalid; "},
    {"http", "GET / HTTP/1.1\r\n\r\n", "invalid; "},
    {"begin_of_seven_bytes", record(RecordType::begin_request, std::string(7, '\0')), "invalid; "},
    {"begin_of_nine_bytes", record(RecordType::begin_request, std::string(9, '\0')), "invalid; "},

    // FastCGI 1.0 §5.5
    {"another_begins_within", begin() + begin(2) + rest(), "request 1; idle", end(2, ProtocolStatus::cant_mpx_conn)},
    {"the_same_begins_again", begin() + begin(), "invalid; "},
    {"other_role", begin(7, 0, 2), "refused; ", end(7, ProtocolStatus::unknown_role)},
    {"role_of_two_bytes", begin(7, 0, 0x0100), "refused; ", end(7, ProtocolStatus::unknown_role)},
    {"other_role_kept", begin(7, keep, 3) + rest("p", 7) + begin() + rest(), "request 1; idle",
     end(7, ProtocolStatus::unknown_role)},

    // FastCGI 1.0 §5.4
    {"aborted_at_once", begin() + abort_request, "aborted; idle"},
    {"aborted_in_params", begin() + params("p") + abort_request + begin(2) + rest("p", 2), "aborted; request 2; idle"},
    {"aborted_in_body", begin() + params("") + body("b") + abort_request, "aborted; idle"},
    {"abort_of_another", begin() + record(RecordType::abort_request, "", 2) + rest(), "request 1; idle"},
    {"abort_of_nothing", abort_request, "idle"},

    // FastCGI 1.0 §4
    {"values", record(RecordType::get_values, multiplexing, 0), "idle", values(multiplexing)},
    {"values_within_a_request", begin() + record(RecordType::get_values, multiplexing, 0, 5) + rest(),
     "request 1; idle", values(multiplexing)},
    {"unknown_management_types",
     record(static_cast<RecordType>(42), "x", 0) + begin() + record(static_cast<RecordType>(255), "", 0, 3) + rest(),
     "request 1; idle", unknown(42) + unknown(255)},
    {"management_record_that_begins_a_request", begin(0), "idle", unknown(1)},
    {"management_record_too_long", record(RecordType::get_values, std::string(1025, '\0'), 0), "invalid; "},
    {"management_record_as_long_as_may_be", record(RecordType::get_values, std::string(1024, '\0'), 0), "idle",
     values("")},

    {"params_of_several_records", begin() + params(std::string(65535, 'p')) + rest(std::string(65535, 'p')),
     "request 1; idle"},
};

BOOST_AUTO_TEST_SUITE(gateway_record_reader)

constexpr std::size_t steps[] = {1, 2, 7, 8, 9, 64, 65536, 1 << 20};

BOOST_AUTO_TEST_CASE(bytes_come_to_the_same_however_they_are_cut) {
    for (const Row& row : rows) {
        for (const std::size_t step : steps) {
            BOOST_TEST_CONTEXT(row.name << ", in parts of " << step) {
                std::string replies;
                std::vector<std::string> requests;
                BOOST_TEST(outcome(row.bytes, step, replies, requests) == row.expected);
                BOOST_TEST(replies == row.replies);
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(request_is_gathered_without_padding_body_and_others) {
    const std::string came = begin(3) + record(RecordType::params, "par", 3, 5) + params("x", 4) +
                             record(RecordType::get_values, "", 0) + params("ams", 3) + params("", 3) + body("b", 3) +
                             body("", 3);
    const std::string gathered = "params";
    for (const std::size_t step : steps) {
        BOOST_TEST_CONTEXT("in parts of " << step) {
            std::string replies;
            std::vector<std::string> requests;
            outcome(came + came, step, replies, requests);
            BOOST_TEST_REQUIRE(requests.size() == 2u);
            BOOST_TEST(requests[0] == gathered);
            BOOST_TEST(requests[1] == gathered);
        }
    }
}

BOOST_AUTO_TEST_CASE(what_follows_a_request_is_left) {
    const std::string bytes = begin() + rest() + begin(2);
    std::string_view left = bytes;
    std::string replies;
    RecordReader reader{connections};
    BOOST_TEST((reader.read(left, replies) == Incoming::request));
    BOOST_TEST(left == begin(2));
}

struct AnsweringRow {
    std::string_view name;
    std::string bytes;
    Incoming expected;
    std::string replies = "";
};

const AnsweringRow while_answering[] = {
    {"nothing", "", Incoming::wanting},
    {"abort", abort_request, Incoming::aborted},
    {"abort_of_another", record(RecordType::abort_request, "", 2), Incoming::wanting},
    {"another_begins", begin(2) + rest("p", 2), Incoming::held},
    {"abort_before_another_begins", abort_request + begin(2), Incoming::aborted},
    {"the_same_begins", begin(), Incoming::held},
    {"values", record(RecordType::get_values, multiplexing, 0), Incoming::wanting, values(multiplexing)},
    {"more_body", body("late") + body(""), Incoming::wanting},
    {"more_params", rest(), Incoming::wanting},
    {"no_fastcgi", "GET / HTTP/1.1\r\n", Incoming::invalid},
};

BOOST_AUTO_TEST_CASE(while_answering_only_an_abort_means_anything) {
    for (const AnsweringRow& row : while_answering) {
        BOOST_TEST_CONTEXT(row.name) {
            const std::string request = begin() + rest();
            std::string_view bytes = request;
            std::string replies;
            RecordReader reader{connections};
            BOOST_TEST_REQUIRE((reader.read(bytes, replies) == Incoming::request));
            reader.forget_params();
            BOOST_TEST(!reader.is_idle());
            bytes = row.bytes;
            BOOST_TEST((reader.read(bytes, replies) == row.expected));
            BOOST_TEST(replies == row.replies);
            BOOST_TEST(reader.params().empty());
        }
    }
}

/// What draws a reply, as often as there are max_replies bytes: far more than is answered at a time.
std::string many(const std::string& bytes) {
    std::string all;
    for (std::size_t i = 0; i < max_replies; ++i) all += bytes;
    return all;
}

struct FloodRow {
    std::string_view name;
    std::string before;  ///< in which state it comes
    std::string flood;
};

const FloodRow floods[] = {
    {"unknown_type_between_requests", "", many(record(RecordType{42}, "", 0))},
    {"values_between_requests", "", many(record(RecordType::get_values, multiplexing, 0))},
    {"another_role_between_requests", "", many(begin(2, 1, 2))},
    {"unknown_type_within_a_request", begin(), many(record(RecordType{42}, "", 0))},
    {"another_request_within_a_request", begin(), many(begin(2))},
    {"unknown_type_while_answering", begin() + rest(), many(record(RecordType{42}, "", 0))},
};

BOOST_AUTO_TEST_CASE(replies_are_limited_until_they_are_sent) {
    for (const FloodRow& row : floods) {
        BOOST_TEST_CONTEXT(row.name) {
            RecordReader reader{connections};
            std::string replies, all;
            std::string_view bytes = row.before;
            reader.read(bytes, replies);
            bytes = row.flood;
            std::size_t count = 0;
            while (reader.read(bytes, replies) == Incoming::full) {
                BOOST_TEST_REQUIRE(replies.size() < 2 * max_replies);
                BOOST_TEST((reader.read(bytes, replies) == Incoming::full));
                all += std::exchange(replies, {});
                ++count;
            }
            BOOST_TEST(count > 1u);
            BOOST_TEST(bytes.empty());
            BOOST_TEST((all + replies).size() >= 16 * max_replies);
        }
    }
}

BOOST_AUTO_TEST_CASE(what_was_aborted_leaves_no_memory_behind) {
    RecordReader reader{connections};
    std::string replies;
    const std::string request = begin() + params(std::string(60'000, 'p')) + abort_request;
    std::string_view bytes = request;
    BOOST_TEST((reader.read(bytes, replies) == Incoming::aborted));
    reader.next();
    BOOST_TEST(reader.params().capacity() < 100u);
}

struct LimitRow {
    std::string_view name;
    std::size_t content = 0;  ///< bytes of params in each record
    std::size_t most = 0;     ///< bytes of params that are refused at the latest
};

constexpr LimitRow limits[] = {
    {.name = "large_records", .content = 65535, .most = (1 << 20) + 65535},
    {.name = "records_of_one_byte", .content = 1, .most = 1 << 20},
};

BOOST_AUTO_TEST_CASE(params_are_limited) {
    for (const LimitRow& row : limits) {
        BOOST_TEST_CONTEXT(row.name) {
            RecordReader reader{connections};
            std::string replies;
            const std::string first = begin(), more = params(std::string(row.content, 'p'));
            std::string_view bytes = first;
            Incoming incoming = reader.read(bytes, replies);
            std::size_t read = 0;
            for (; incoming == Incoming::wanting && read < row.most; read += row.content) {
                bytes = more;
                incoming = reader.read(bytes, replies);
            }
            BOOST_TEST((incoming == Incoming::invalid));
            BOOST_TEST(reader.params().size() <= (std::size_t{1} << 20));
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace reelgate::gateway
