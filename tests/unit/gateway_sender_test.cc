// Owns the tests of speaking a response: what goes to a Sender, in which order, and when it stops.
// Does not send anything: the Sender here records.
// SPDX-License-Identifier: MIT
#include "gateway/sender.h"

#include <boost/test/unit_test.hpp>

#include "gateway/header_block.h"
#include "http/plan.h"

namespace reelgate::gateway {
namespace {

constexpr Content content{1234};  ///< stands for a descriptor; never read

/// Records what it is asked to send, and fails at a call of its own choice.
class RecordingSender : public Sender {
public:
    RecordingSender() = default;
    RecordingSender(std::size_t failing_call, Ending ending, std::uint64_t sent_before_failing = 0)
        : failing_call_(failing_call), ending_(ending), sent_before_failing_(sent_before_failing) {}

    Ending send_text(std::string_view text) override {
        calls.push_back("text " + std::string{text});
        return calls.size() == failing_call_ ? ending_ : Ending::complete;
    }

    Ending send_file(Content& file, http::ByteRange range, std::uint64_t& sent) override {
        calls.push_back("file " + std::to_string(file.fd) + " " + std::to_string(range.first_pos) + "-" +
                        std::to_string(range.last_pos));
        const bool fails = calls.size() == failing_call_;
        sent += fails ? sent_before_failing_ : range.length();
        return fails ? ending_ : Ending::complete;
    }

    std::vector<std::string> calls;

private:
    std::size_t failing_call_ = 0;  ///< counted from one; zero: none fails
    Ending ending_ = Ending::complete;
    std::uint64_t sent_before_failing_ = 0;
};

std::string joined(const std::vector<std::string>& calls) {
    std::string text;
    for (const std::string& call : calls) text += call + "; ";
    return text;
}

std::string_view describe(Ending ending) {
    return ending == Ending::complete ? "complete" : ending == Ending::aborted ? "aborted" : "broken";
}

BOOST_AUTO_TEST_SUITE(gateway_sender)

struct OrderRow {
    std::string_view name;
    std::vector<http::Piece> pieces;
    std::string_view expected_calls;  ///< after the header block
    std::uint64_t expected_sent = 0;
};

const OrderRow orders[] = {
    {.name = "no_content", .pieces = {}, .expected_calls = "", .expected_sent = 0},
    {.name = "text", .pieces = {"abc"}, .expected_calls = "text abc; ", .expected_sent = 3},
    {.name = "range", .pieces = {http::ByteRange{5, 9}}, .expected_calls = "file 1234 5-9; ", .expected_sent = 5},
    {.name = "text_and_ranges_in_turn", .pieces = {"ab", http::ByteRange{20, 29}, "cd", http::ByteRange{0, 0}, "e"},
     .expected_calls = "text ab; file 1234 20-29; text cd; file 1234 0-0; text e; ", .expected_sent = 16},
    {.name = "beyond_32_bits", .pieces = {http::ByteRange{0, 5'368'709'119}, "x"},
     .expected_calls = "file 1234 0-5368709119; text x; ", .expected_sent = 5'368'709'121},
};

BOOST_AUTO_TEST_CASE(header_block_then_pieces_in_order) {
    for (const OrderRow& row : orders) {
        BOOST_TEST_CONTEXT(row.name) {
            const http::Response response{200, {{"Content-Type", "video/mp4"}}, row.pieces};
            RecordingSender sender;
            const Transfer transfer = send_response(response, content, sender);
            BOOST_TEST(joined(sender.calls) ==
                       "text " + format_header_block(response) + "; " + std::string{row.expected_calls});
            BOOST_TEST(describe(transfer.ending) == "complete");
            BOOST_TEST(transfer.sent == row.expected_sent);
        }
    }
}

BOOST_AUTO_TEST_CASE(content_alone_has_no_header_block) {
    for (const OrderRow& row : orders) {
        BOOST_TEST_CONTEXT(row.name) {
            RecordingSender sender;
            const Transfer transfer = send_content({200, {{"Content-Type", "video/mp4"}}, row.pieces}, content, sender);
            BOOST_TEST(joined(sender.calls) == row.expected_calls);
            BOOST_TEST(transfer.sent == row.expected_sent);
        }
    }
}

// RFC 9110 §9.3.2: HEAD

constexpr std::string_view ranges[] = {"(none)", "bytes=0-", "bytes=-1", "bytes=5000-", "nonsense", "bytes=0-0,9-"};

BOOST_AUTO_TEST_CASE(head_reads_no_byte) {
    const http::Representation representation{
        .complete_length = 1000, .entity_tag = {}, .last_modified = {}, .media_type = "video/mp4"};
    for (const std::string_view range : ranges) {
        BOOST_TEST_CONTEXT(range) {
            http::Request request{.method = "HEAD", .target = "/api/stream/abc", .range = std::nullopt};
            if (range != "(none)") request.range = std::string{range};
            const http::Response response =
                http::plan_response(request, representation, {}, {{}, [] { return std::string{"B"}; }});
            RecordingSender sender;
            const Transfer transfer = send_response(response, content, sender);
            BOOST_TEST(joined(sender.calls) == "text " + format_header_block(response) + "; ");
            BOOST_TEST(transfer.sent == 0u);
        }
    }
}

// What fails ends the response: nothing after it is read or sent

struct FailureRow {
    std::string_view name;
    std::size_t failing_call = 0;  ///< 1 is the header block
    Ending ending = Ending::aborted;
    std::uint64_t sent_before_failing = 0;
    std::size_t expected_calls = 0;
    std::uint64_t expected_sent = 0;
};

constexpr FailureRow failures[] = {
    {.name = "gone_at_the_header_block", .failing_call = 1, .expected_calls = 1, .expected_sent = 0},
    {.name = "gone_at_the_first_text", .failing_call = 2, .expected_calls = 2, .expected_sent = 0},
    {.name = "gone_in_the_first_range", .failing_call = 3, .sent_before_failing = 4, .expected_calls = 3,
     .expected_sent = 6},
    {.name = "file_ends_in_the_first_range", .failing_call = 3, .ending = Ending::broken, .sent_before_failing = 7,
     .expected_calls = 3, .expected_sent = 9},
    {.name = "gone_at_the_second_text", .failing_call = 4, .expected_calls = 4, .expected_sent = 12},
    {.name = "file_ends_in_the_last_range", .failing_call = 5, .ending = Ending::broken, .expected_calls = 5,
     .expected_sent = 14},
};

BOOST_AUTO_TEST_CASE(failure_stops_and_is_counted) {
    const http::Response response{206, {}, {"ab", http::ByteRange{0, 9}, "cd", http::ByteRange{20, 29}}};
    for (const FailureRow& row : failures) {
        BOOST_TEST_CONTEXT(row.name) {
            RecordingSender sender{row.failing_call, row.ending, row.sent_before_failing};
            const Transfer transfer = send_response(response, content, sender);
            BOOST_TEST(describe(transfer.ending) == describe(row.ending));
            BOOST_TEST(sender.calls.size() == row.expected_calls);
            BOOST_TEST(transfer.sent == row.expected_sent);
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace reelgate::gateway
