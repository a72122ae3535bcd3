// Owns the tests of the way out to a plain descriptor, with real pipes, files and devices: what goes out, in which
// order, and when it stops.
// SPDX-License-Identifier: MIT
#include "gateway/cgi.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>

#include <boost/test/unit_test.hpp>
#include <csignal>
#include <thread>

#include "child_process.h"
#include "fail_test.h"
#include "failure_names.h"
#include "gateway/header_block.h"
#include "http/plan.h"
#include "messages.h"
#include "position_coded.h"
#include "sent_file.h"
#include "temporary_folder.h"

namespace reelgate::gateway {
namespace {

/// More than the buffer that bytes go through where the kernel does not copy them, and no multiple of it.
constexpr std::size_t long_length = 200'003;

posix::UniqueFd open_or_throw(const std::filesystem::path& path, int flags) {
    posix::UniqueFd fd{open(path.c_str(), flags | O_CLOEXEC, 0600)};
    if (!fd) fail_test("open", path.native());
    return fd;
}

std::string slice(const std::string& content, http::ByteRange range) {
    return content.substr(range.first_pos, range.length());
}

struct Fixture {
    TemporaryFolder folder;
    std::string content = position_coded(long_length);
    posix::UniqueFd media = open_or_throw(folder.write("media", content), O_RDONLY);
    Content film = sent_file(media.get());
};

struct RangeRow {
    std::string_view name;
    http::ByteRange range;
};

constexpr RangeRow ranges[] = {
    {.name = "first_byte", .range = {0, 0}},
    {.name = "from_the_middle", .range = {8, 23}},
    {.name = "last_byte", .range = {long_length - 1, long_length - 1}},
    {.name = "exactly_one_buffer", .range = {1, 65536}},
    {.name = "one_buffer_and_a_byte", .range = {1, 65537}},
    {.name = "the_whole", .range = {0, long_length - 1}},
};

BOOST_FIXTURE_TEST_SUITE(gateway_cgi, Fixture)

BOOST_AUTO_TEST_CASE(text_into_a_pipe) {
    Pipe pipe;
    const Transfer transfer = write_content(pipe.write_end.get(), {{"Status: 200 OK\r\n", "", "\r\n"}, film});
    BOOST_TEST(name_of(transfer.failure) == "none");
    pipe.write_end = posix::UniqueFd{};
    BOOST_TEST(read_all(pipe.read_end.get()) == "Status: 200 OK\r\n\r\n");
}

/// The reader is another process, since what is sent may be more than a pipe holds.
BOOST_AUTO_TEST_CASE(ranges_into_a_pipe) {
    for (const RangeRow& row : ranges) {
        BOOST_TEST_CONTEXT(row.name) {
            const std::string received = in_child([&] {
                Pipe pipe;
                const pid_t writer = fork();
                if (writer == 0) {
                    alarm(child_timeout);
                    const Transfer transfer = write_content(pipe.write_end.get(), {{row.range}, film});
                    _exit(!transfer.failure && transfer.sent == row.range.length() ? 0 : 1);
                }
                pipe.write_end = posix::UniqueFd{};
                std::string text = read_all(pipe.read_end.get());
                int status = -1;
                waitpid(writer, &status, 0);
                return status == 0 ? text : "the writer failed after " + std::to_string(text.size()) + " bytes";
            });
            BOOST_TEST(received == slice(content, row.range));
        }
    }
}

/// Waits until nothing more can be written into a pipe, or until it is closed.
void wait_until_full(int write_end) {
    pollfd state{write_end, POLLOUT, 0};
    while (poll(&state, 1, 0) >= 0 && state.revents == POLLOUT) std::this_thread::yield();
}

/// A pipe that somebody made non-blocking, as ssh and some shells do. Nobody reads from it before it is full.
struct NonBlockingPipe : Pipe {
    NonBlockingPipe() {
        if (fcntl(write_end.get(), F_SETFL, O_NONBLOCK) != 0) fail_test("change", "pipe");
    }
};

BOOST_AUTO_TEST_CASE(full_pipe_that_does_not_block_is_waited_for) {
    for (const http::Piece& piece : {http::Piece{content}, http::Piece{http::ByteRange{0, long_length - 1}}}) {
        BOOST_TEST_CONTEXT((piece.index() == 0 ? "text" : "range")) {
            NonBlockingPipe pipe;
            const int write_end = pipe.write_end.get();
            Transfer transfer;
            std::thread writer{[&] {
                transfer = write_content(write_end, {{piece}, film});
                pipe.write_end = posix::UniqueFd{};
            }};
            wait_until_full(write_end);
            const std::string received = read_all(pipe.read_end.get());
            writer.join();
            BOOST_TEST(name_of(transfer.failure) == "none");
            BOOST_TEST(transfer.sent == long_length);
            BOOST_TEST((received == content), received.size() << " bytes");
        }
    }
}

BOOST_AUTO_TEST_CASE(reader_of_a_full_pipe_that_does_not_block_goes) {
    for (const http::Piece& piece : {http::Piece{content}, http::Piece{http::ByteRange{0, long_length - 1}}}) {
        BOOST_TEST_CONTEXT((piece.index() == 0 ? "text" : "range")) {
            NonBlockingPipe pipe;
            Transfer transfer;
            std::thread writer{[&] { transfer = write_content(pipe.write_end.get(), {{piece}, film}); }};
            wait_until_full(pipe.write_end.get());
            pipe.read_end = posix::UniqueFd{};
            writer.join();
            BOOST_TEST(name_of(transfer.failure) == "aborted");
            const std::string message = message_of<posix::FailureError>([&] { check(transfer); });
            BOOST_TEST(contains(message, "Broken pipe"), message);
        }
    }
}

struct FlagsRow {
    std::string_view name;
    int flags = 0;
};

/// Into a file that is open for appending the kernel does not copy: bytes go through a buffer.
constexpr FlagsRow outputs[] = {
    {.name = "into_a_file", .flags = O_WRONLY | O_CREAT},
    {.name = "into_a_file_open_for_appending", .flags = O_WRONLY | O_CREAT | O_APPEND},
};

BOOST_AUTO_TEST_CASE(ranges_into_files) {
    for (const FlagsRow& output : outputs) {
        for (const RangeRow& row : ranges) {
            BOOST_TEST_CONTEXT(row.name << " " << output.name) {
                const std::filesystem::path path = folder.write("out", "");
                const posix::UniqueFd out = open_or_throw(path, output.flags);
                const Transfer transfer = write_content(out.get(), {{row.range}, film});
                BOOST_TEST(name_of(transfer.failure) == "none");
                BOOST_TEST(transfer.sent == row.range.length());
                BOOST_TEST(read_file(path) == slice(content, row.range));
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(appended_file_keeps_what_it_had) {
    const std::filesystem::path path = folder.write("out", "before|");
    const posix::UniqueFd out = open_or_throw(path, O_WRONLY | O_APPEND);
    const Transfer transfer = write_content(out.get(), {{"text|", http::ByteRange{8, 15}}, film});
    BOOST_TEST(name_of(transfer.failure) == "none");
    BOOST_TEST(transfer.sent == 13u);
    BOOST_TEST(read_file(path) == "before|text|0000008|");
}

BOOST_AUTO_TEST_CASE(end_of_a_five_gib_file) {
    constexpr std::uint64_t complete_length = 5'368'709'120;
    const std::filesystem::path path = folder.write("sparse", "");
    std::filesystem::resize_file(path, complete_length);
    const posix::UniqueFd sparse = open_or_throw(path, O_RDWR);
    BOOST_REQUIRE(pwrite(sparse.get(), "5368709110", 10, static_cast<off_t>(complete_length - 10)) == 10);
    const std::filesystem::path copy = folder.write("out", "");
    const posix::UniqueFd out = open_or_throw(copy, O_WRONLY);
    const http::ByteRange range{complete_length - 12, complete_length - 1};
    const Transfer transfer = write_content(out.get(), {{range}, sent_file(sparse.get())});
    BOOST_TEST(name_of(transfer.failure) == "none");
    BOOST_TEST(read_file(copy) == std::string("\0\0" "5368709110", 12));
}

struct OrderRow {
    std::string_view name;
    std::vector<http::Piece> pieces;
    std::string_view expected;
};

const OrderRow orders[] = {
    {.name = "no_content", .pieces = {}, .expected = ""},
    {.name = "text", .pieces = {"abc"}, .expected = "abc"},
    {.name = "range", .pieces = {http::ByteRange{5, 9}}, .expected = "00|00"},
    {.name = "text_and_ranges_in_turn", .pieces = {"ab", http::ByteRange{20, 29}, "cd", http::ByteRange{0, 0}, "e"},
     .expected = "ab016|000002cd0e"},
};

BOOST_AUTO_TEST_CASE(header_block_then_pieces_in_order) {
    for (const OrderRow& row : orders) {
        BOOST_TEST_CONTEXT(row.name) {
            const http::Response response{200, {{"Content-Type", "video/mp4"}}, row.pieces};
            Pipe pipe;
            const Transfer transfer = write_response(pipe.write_end.get(), response, film);
            pipe.write_end = posix::UniqueFd{};
            BOOST_TEST(read_all(pipe.read_end.get()) == format_header_block(response) + std::string{row.expected});
            BOOST_TEST(name_of(transfer.failure) == "none");
            BOOST_TEST(transfer.sent == row.expected.size());
        }
    }
}

BOOST_AUTO_TEST_CASE(content_alone_has_no_header_block) {
    for (const OrderRow& row : orders) {
        BOOST_TEST_CONTEXT(row.name) {
            Pipe pipe;
            const Transfer transfer = write_content(pipe.write_end.get(), {row.pieces, film});
            pipe.write_end = posix::UniqueFd{};
            BOOST_TEST(read_all(pipe.read_end.get()) == row.expected);
            BOOST_TEST(transfer.sent == row.expected.size());
        }
    }
}

// RFC 9110 §9.3.2: HEAD

constexpr std::string_view head_ranges[] = {"(none)", "bytes=0-", "bytes=-1", "bytes=5000-", "nonsense",
                                            "bytes=0-0,9-"};

BOOST_AUTO_TEST_CASE(head_reads_no_byte) {
    const http::Representation representation{
        .complete_length = 1000, .entity_tag = {}, .last_modified = {}, .media_type = "video/mp4"};
    for (const std::string_view range : head_ranges) {
        BOOST_TEST_CONTEXT(range) {
            http::Request request{.method = "HEAD", .target = "/api/stream/abc", .range = std::nullopt};
            if (range != "(none)") request.range = std::string{range};
            const http::Policy policy{.cache_control = "private", .max_ranges = 100};
            const http::Response response =
                http::plan_response(request, representation, policy, {{}, [] { return std::string{"B"}; }});
            Pipe pipe;
            const Content unreadable{};
            const Transfer transfer = write_response(pipe.write_end.get(), response, unreadable);
            pipe.write_end = posix::UniqueFd{};
            BOOST_TEST(read_all(pipe.read_end.get()) == format_header_block(response));
            BOOST_TEST(name_of(transfer.failure) == "none");
            BOOST_TEST(transfer.sent == 0u);
        }
    }
}

BOOST_AUTO_TEST_CASE(complete_transfer_checks_out) {
    BOOST_TEST(message_of<std::exception>([] { check({{}, 9}); }) == "nothing thrown");
}

// The way out fails: aborted, and the cause is the system's

BOOST_AUTO_TEST_CASE(full_device) {
    const posix::UniqueFd full = open_or_throw("/dev/full", O_WRONLY);
    for (const http::Piece& piece : {http::Piece{"text"}, http::Piece{http::ByteRange{0, 99}}}) {
        const Transfer transfer = write_content(full.get(), {{piece}, film});
        BOOST_TEST(name_of(transfer.failure) == "aborted");
        BOOST_TEST(transfer.sent == 0u);
        const std::string message = message_of<posix::FailureError>([&] { check(transfer); });
        BOOST_TEST(contains(message, "write standard output: No space left on device"), message);
    }
}

BOOST_AUTO_TEST_CASE(reader_has_gone) {
    for (const http::Piece& piece : {http::Piece{"text"}, http::Piece{http::ByteRange{0, 99}}}) {
        Pipe pipe;
        pipe.read_end = posix::UniqueFd{};
        const Transfer transfer = write_content(pipe.write_end.get(), {{piece}, film});
        BOOST_TEST(name_of(transfer.failure) == "aborted");
        const std::string message = message_of<posix::FailureError>([&] { check(transfer); });
        BOOST_TEST(contains(message, "Broken pipe"), message);
    }
}

struct LimitRow {
    std::string_view name;
    std::size_t limit = 0;          ///< bytes behind the header block that the way out takes
    std::string_view expected;  ///< of the content
};

constexpr LimitRow limits[] = {
    {.name = "at_the_first_text", .limit = 0, .expected = ""},
    {.name = "within_the_first_text", .limit = 1, .expected = "a"},
    {.name = "at_the_first_range", .limit = 2, .expected = "ab"},
    {.name = "within_the_first_range", .limit = 6, .expected = "ab0000"},
    {.name = "at_the_second_text", .limit = 10, .expected = "ab0000000|"},
    {.name = "within_the_last_range", .limit = 15, .expected = "ab0000000|cd000"},
};

/// Lets no file of this process become longer, and what would be longer fail.
void limit_files(std::size_t length) {
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{length, length};
    if (setrlimit(RLIMIT_FSIZE, &limit) != 0) fail_test("limit", "files");
}

BOOST_AUTO_TEST_CASE(failure_stops_and_is_counted_to_the_byte) {
    const http::Response response{206, {}, {"ab", http::ByteRange{0, 7}, "cd", http::ByteRange{8, 14}, "after"}};
    const std::string head = format_header_block(response);
    for (const FlagsRow& output : outputs) {
        for (const LimitRow& row : limits) {
            BOOST_TEST_CONTEXT(row.name << " " << output.name) {
                const std::filesystem::path path = folder.write("out", "");
                const posix::UniqueFd out = open_or_throw(path, output.flags);
                const std::string fate = in_child([&] {
                    limit_files(head.size() + row.limit);
                    const Transfer transfer = write_response(out.get(), response, film);
                    return std::string{name_of(transfer.failure)} + " " + describe(transfer.failure) + " after " +
                           std::to_string(transfer.sent);
                });
                BOOST_TEST(fate == "aborted File too large after " + std::to_string(row.expected.size()));
                BOOST_TEST(read_file(path) == head + std::string{row.expected});
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(failure_within_the_header_block_has_sent_nothing) {
    const http::Response response{200, {}, {"ab"}};
    const posix::UniqueFd out = open_or_throw(folder.write("out", ""), O_WRONLY);
    const std::string fate = in_child([&] {
        limit_files(5);
        const Transfer transfer = write_response(out.get(), response, film);
        return std::string{name_of(transfer.failure)} + " after " + std::to_string(transfer.sent);
    });
    BOOST_TEST(fate == "aborted after 0");
}

// The file fails: broken, and what is missing is never made up

BOOST_AUTO_TEST_CASE(file_that_is_shorter_than_its_range) {
    std::filesystem::resize_file(folder / "media", 100);
    const std::vector<http::Piece> pieces{"ab", http::ByteRange{0, 9}, "cd", http::ByteRange{95, 104}, "after"};
    for (const FlagsRow& output : outputs) {
        BOOST_TEST_CONTEXT(output.name) {
            const std::filesystem::path path = folder.write("out", "");
            const posix::UniqueFd out = open_or_throw(path, output.flags);
            const Transfer transfer = write_content(out.get(), {pieces, sent_file(media.get())});
            BOOST_TEST(name_of(transfer.failure) == "shorter");
            BOOST_TEST(transfer.sent == 19u);
            BOOST_TEST(read_file(path) == "ab" + content.substr(0, 10) + "cd" + content.substr(95, 5));
        }
    }
}

BOOST_AUTO_TEST_CASE(file_that_shrank) {
    for (const FlagsRow& output : outputs) {
        BOOST_TEST_CONTEXT(output.name) {
            std::filesystem::resize_file(folder / "media", 100);
            const std::filesystem::path path = folder.write("out", "");
            const posix::UniqueFd out = open_or_throw(path, output.flags);
            const Transfer transfer = write_content(out.get(), {{http::ByteRange{8, 199}, "after"}, film});
            BOOST_TEST(name_of(transfer.failure) == "shorter");
            BOOST_TEST(transfer.sent == 0u);
            BOOST_TEST(read_file(path) == "");
            const std::string message = message_of<posix::FailureError>([&] { check(transfer); });
            BOOST_TEST(contains(message, "after 0 bytes: the file is shorter than it was"), message);
        }
    }
}

BOOST_AUTO_TEST_CASE(file_that_cannot_be_read) {
    const posix::UniqueFd unreadable = open_or_throw(folder.path(), O_RDONLY | O_DIRECTORY);
    const posix::UniqueFd out = open_or_throw(folder.write("out", ""), O_WRONLY | O_APPEND);
    const Transfer transfer = write_content(out.get(), {{http::ByteRange{0, 9}}, sent_file(unreadable.get())});
    BOOST_TEST(name_of(transfer.failure) == "unreadable");
    const std::string message = message_of<posix::FailureError>([&] { check(transfer); });
    BOOST_TEST(contains(message, "after 0 bytes: Is a directory"), message);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace reelgate::gateway
