// Owns the tests of the way out to a plain descriptor, with real pipes, files and devices.
// SPDX-License-Identifier: MIT
#include "gateway/cgi.h"

#include <fcntl.h>
#include <poll.h>

#include <boost/test/unit_test.hpp>
#include <thread>

#include "child_process.h"
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
    if (!fd) posix::throw_errno("open", path.native());
    return fd;
}

std::string slice(const std::string& content, http::ByteRange range) {
    return content.substr(range.first_pos, range.length());
}

std::string_view describe(Ending ending) {
    return ending == Ending::complete ? "complete" : ending == Ending::aborted ? "aborted" : "broken";
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
    DescriptorSender sender{pipe.write_end.get()};
    BOOST_TEST(describe(sender.send_text("Status: 200 OK\r\n")) == "complete");
    BOOST_TEST(describe(sender.send_text("")) == "complete");
    BOOST_TEST(describe(sender.send_text("\r\n")) == "complete");
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
                    std::uint64_t sent = 0;
                    DescriptorSender sender{pipe.write_end.get()};
                    const bool complete = sender.send_file(film, row.range, sent) == Ending::complete;
                    _exit(complete && sent == row.range.length() ? 0 : 1);
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
        if (fcntl(write_end.get(), F_SETFL, O_NONBLOCK) != 0) posix::throw_errno("change", "pipe");
    }
};

BOOST_AUTO_TEST_CASE(full_pipe_that_does_not_block_is_waited_for) {
    for (const http::Piece& piece : {http::Piece{content}, http::Piece{http::ByteRange{0, long_length - 1}}}) {
        BOOST_TEST_CONTEXT((piece.index() == 0 ? "text" : "range")) {
            NonBlockingPipe pipe;
            const int write_end = pipe.write_end.get();
            Transfer transfer;
            std::thread writer{[&] {
                DescriptorSender sender{write_end};
                transfer = send_content({200, {}, {piece}}, film, sender);
                pipe.write_end = posix::UniqueFd{};
            }};
            wait_until_full(write_end);
            const std::string received = read_all(pipe.read_end.get());
            writer.join();
            BOOST_TEST(describe(transfer.ending) == "complete");
            BOOST_TEST(transfer.sent == long_length);
            BOOST_TEST((received == content), received.size() << " bytes");
        }
    }
}

BOOST_AUTO_TEST_CASE(reader_of_a_full_pipe_that_does_not_block_goes) {
    for (const http::Piece& piece : {http::Piece{content}, http::Piece{http::ByteRange{0, long_length - 1}}}) {
        BOOST_TEST_CONTEXT((piece.index() == 0 ? "text" : "range")) {
            NonBlockingPipe pipe;
            DescriptorSender sender{pipe.write_end.get()};
            Transfer transfer;
            std::thread writer{[&] { transfer = send_content({200, {}, {piece}}, film, sender); }};
            wait_until_full(pipe.write_end.get());
            pipe.read_end = posix::UniqueFd{};
            writer.join();
            BOOST_TEST(describe(transfer.ending) == "aborted");
            const std::string message = message_of<std::system_error>([&] { sender.check(transfer); });
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
                DescriptorSender sender{out.get()};
                std::uint64_t sent = 100;  // adds to what is there
                BOOST_TEST(describe(sender.send_file(film, row.range, sent)) == "complete");
                BOOST_TEST(sent == 100 + row.range.length());
                BOOST_TEST(read_file(path) == slice(content, row.range));
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(appended_file_keeps_what_it_had) {
    const std::filesystem::path path = folder.write("out", "before|");
    const posix::UniqueFd out = open_or_throw(path, O_WRONLY | O_APPEND);
    DescriptorSender sender{out.get()};
    const Transfer transfer = send_content({206, {}, {"text|", http::ByteRange{8, 15}}}, film, sender);
    BOOST_TEST(describe(transfer.ending) == "complete");
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
    DescriptorSender sender{out.get()};
    std::uint64_t sent = 0;
    const http::ByteRange range{complete_length - 12, complete_length - 1};
    Content file = sent_file(sparse.get());
    BOOST_TEST(describe(sender.send_file(file, range, sent)) == "complete");
    BOOST_TEST(read_file(copy) == std::string("\0\0" "5368709110", 12));
}

BOOST_AUTO_TEST_CASE(complete_transfer_checks_out) {
    const DescriptorSender sender{-1};
    BOOST_TEST(message_of<std::exception>([&] { sender.check({Ending::complete, 9}); }) == "nothing thrown");
}

// The way out fails: aborted, and the cause is the system's

BOOST_AUTO_TEST_CASE(full_device) {
    const posix::UniqueFd full = open_or_throw("/dev/full", O_WRONLY);
    for (const http::Piece& piece : {http::Piece{"text"}, http::Piece{http::ByteRange{0, 99}}}) {
        DescriptorSender sender{full.get()};
        const Transfer transfer = send_content({200, {}, {piece}}, film, sender);
        BOOST_TEST(describe(transfer.ending) == "aborted");
        BOOST_TEST(transfer.sent == 0u);
        const std::string message = message_of<std::system_error>([&] { sender.check(transfer); });
        BOOST_TEST(contains(message, "write standard output: No space left on device"), message);
    }
}

BOOST_AUTO_TEST_CASE(reader_has_gone) {
    for (const http::Piece& piece : {http::Piece{"text"}, http::Piece{http::ByteRange{0, 99}}}) {
        Pipe pipe;
        pipe.read_end = posix::UniqueFd{};
        DescriptorSender sender{pipe.write_end.get()};
        const Transfer transfer = send_content({200, {}, {piece}}, film, sender);
        BOOST_TEST(describe(transfer.ending) == "aborted");
        const std::string message = message_of<std::system_error>([&] { sender.check(transfer); });
        BOOST_TEST(contains(message, "Broken pipe"), message);
    }
}

// The file fails: broken, and what is missing is never made up

BOOST_AUTO_TEST_CASE(file_that_shrank) {
    for (const FlagsRow& output : outputs) {
        BOOST_TEST_CONTEXT(output.name) {
            std::filesystem::resize_file(folder / "media", 100);
            const std::filesystem::path path = folder.write("out", "");
            const posix::UniqueFd out = open_or_throw(path, output.flags);
            DescriptorSender sender{out.get()};
            const Transfer transfer = send_content({200, {}, {http::ByteRange{8, 199}, "after"}}, film, sender);
            BOOST_TEST(describe(transfer.ending) == "broken");
            BOOST_TEST(transfer.sent == 0u);
            BOOST_TEST(read_file(path) == "");
            const std::string message = message_of<std::runtime_error>([&] { sender.check(transfer); });
            BOOST_TEST(contains(message, "after 0 bytes: the file is shorter than it was"), message);
        }
    }
}

BOOST_AUTO_TEST_CASE(file_that_cannot_be_read) {
    const posix::UniqueFd unreadable = open_or_throw(folder.path(), O_RDONLY | O_DIRECTORY);
    const posix::UniqueFd out = open_or_throw(folder.write("out", ""), O_WRONLY | O_APPEND);
    DescriptorSender sender{out.get()};
    const Transfer transfer = send_content({200, {}, {http::ByteRange{0, 9}}}, sent_file(unreadable.get()), sender);
    BOOST_TEST(describe(transfer.ending) == "broken");
    const std::string message = message_of<std::runtime_error>([&] { sender.check(transfer); });
    BOOST_TEST(contains(message, "after 0 bytes: Is a directory"), message);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace reelgate::gateway
