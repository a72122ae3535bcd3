// Owns the tests of the outgoing half of a FastCGI connection: what a peer gets, however it takes it.
// Does not wait: the peer is the other end of a pair of sockets, and takes what it takes in turn.
// SPDX-License-Identifier: MIT
#include "gateway/response_writer.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <stdexcept>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "fail_test.h"
#include "failure_names.h"
#include "file_clock.h"
#include "gateway/header_block.h"
#include "gateway/record.h"
#include "position_coded.h"
#include "posix/unique_fd.h"
#include "records.h"
#include "sent_file.h"
#include "socket_pair.h"
#include "temporary_folder.h"

namespace reelgate::gateway {
namespace {

using Progress = ResponseWriter::Progress;

constexpr std::uint64_t no_limit = std::uint64_t{1} << 40;
constexpr std::size_t everything = std::size_t{1} << 30;
constexpr std::uint16_t request_id = 0x0203;
constexpr std::size_t file_length = 1'000'000;

const std::string& file_content() {
    static const std::string content = position_coded(file_length);
    return content;
}

std::string_view describe(Progress progress) {
    switch (progress) {
        case Progress::done: return "done";
        case Progress::blocked: return "blocked";
        case Progress::yielded: return "yielded";
        case Progress::aborted: return "aborted";
        case Progress::broken: return "broken";
    }
    return "none of them";
}

std::string_view cause_of(const ResponseWriter& writer) {
    return writer.failure() ? describe(writer.failure()) : "it was not stopped";
}

/// A connection to write into, and the peer who reads from its other end; a file to send.
class Fixture {
public:
    Fixture() : file_{folder_.write("film.mp4", file_content())}, content_{open(file_.c_str(), O_RDONLY | O_CLOEXEC)} {
        if (!content_) fail_test("prepare", "file to send");
    }

    /// Goes over TCP instead. The peer waits now.
    void use_internet() { sockets_ = narrow_pair_over_tcp(); }

    /// Lets the peer take what is still on its way.
    void take_rest() {
        shutdown(sockets_.connection.get(), SHUT_WR);
        take();
    }

    void begin(std::vector<http::Piece> pieces) {
        writer.begin({200, {}, std::move(pieces)}, sent_file(content_.get(), may_grow), request_id);
    }

    Progress write(std::uint64_t budget = no_limit) { return writer.write(sockets_.connection.get(), budget); }

    /// Lets the peer take up to `most` bytes.
    void take(std::size_t most = everything) {
        char buffer[65536];
        while (most > 0) {
            const ssize_t n = read(sockets_.peer.get(), buffer, std::min(most, sizeof buffer));
            if (n <= 0) return;
            taken.append(buffer, static_cast<std::size_t>(n));
            most -= static_cast<std::size_t>(n);
        }
    }

    /// Writes until something else than a full socket stops it; the peer takes `step` bytes whenever it is full.
    Progress write_and_take(std::size_t step = everything, std::uint64_t budget = no_limit) {
        Progress progress;
        while ((progress = write(budget)) == Progress::blocked) take(step);
        take();
        return progress;
    }

    void shrink_socket() { shrink(sockets_.connection); }

    void truncate_file(off_t length) {
        if (truncate(file_.c_str(), length) != 0) fail_test("truncate", file_);
    }

    const std::string& file() const { return file_; }
    int content() const { return content_.get(); }

    void leave() { sockets_.peer = {}; }

    /// Lets TCP lose its patience with a peer who takes nothing: ETIMEDOUT, as where the machine is gone.
    void vanish() {
        const unsigned patience = 1;  // ms
        if (setsockopt(sockets_.connection.get(), IPPROTO_TCP, TCP_USER_TIMEOUT, &patience, sizeof patience) != 0)
            fail_test("change", "patience");
    }

    void wait_until_hung_up() {
        pollfd state{sockets_.connection.get(), 0, 0};
        if (poll(&state, 1, 20'000) != 1) throw std::runtime_error{"the connection has not failed"};
    }

    ResponseWriter writer;
    bool may_grow = false;  ///< as Content has it
    std::string taken;  ///< by the peer

private:
    TemporaryFolder folder_;
    std::string file_;
    posix::UniqueFd content_;
    SocketPair sockets_ = pair_of_unix_sockets();
};

/// What a peer makes of bytes.
struct Heard {
    std::string out;      ///< content of FCGI_STDOUT
    std::string records;  ///< "out LENGTH", "end" or "type N", each with a blank behind it
    std::string rest;     ///< what is no whole record
};

Heard hear(std::string_view bytes) {
    Heard heard;
    while (const auto record = take_record(bytes)) {
        const auto& [header, content] = *record;
        if (header.type == RecordType::std_out) {
            BOOST_TEST(header.request_id == request_id);
            heard.out += content;
            heard.records += "out " + std::to_string(content.size()) + " ";
        } else {
            heard.records += header.type == RecordType::end_request
                                 ? "end "
                                 : "type " + std::to_string(static_cast<int>(header.type)) + " ";
        }
    }
    heard.rest = bytes;
    return heard;
}

std::string content_of(const std::vector<http::Piece>& pieces) {
    std::string content;
    for (const http::Piece& piece : pieces) {
        if (const auto* text = std::get_if<std::string>(&piece)) {
            content += *text;
        } else {
            const auto range = std::get<http::ByteRange>(piece);
            content += file_content().substr(range.first_pos, range.length());
        }
    }
    return content;
}

const std::string head = format_header_block({200, {}, {}});

/// A range of `length` bytes.
http::ByteRange range(std::uint64_t first_pos, std::uint64_t length) { return {first_pos, first_pos + length - 1}; }

std::vector<http::Piece> many_small_ranges(std::size_t count) {
    std::vector<http::Piece> pieces;
    for (std::size_t i = 0; i < count; ++i) {
        pieces.emplace_back("\r\n--boundary\r\n\r\n");
        pieces.emplace_back(range(1000 * i % file_length, 1 + i % 5000));
    }
    return pieces;
}

struct Row {
    std::string_view name;
    std::vector<http::Piece> pieces;
};

const Row rows[] = {
    {"no_content", {}},
    {"text", {"text"}},
    {"empty_text", {""}},
    {"text_of_several_records", {std::string(200'000, 't')}},
    {"one_byte", {range(123'456, 1)}},
    {"last_byte", {range(file_length - 1, 1)}},
    {"small", {range(7, 8191)}},
    {"small_at_most", {range(7, 8192)}},
    {"more_than_small", {range(7, 8193)}},
    {"one_less_than_a_record", {range(9, max_record_content - 1)}},
    {"a_record", {range(9, max_record_content)}},
    {"one_more_than_a_record", {range(9, max_record_content + 1)}},
    {"small_rest_behind_a_record", {range(9, max_record_content + 4096)}},
    {"ten_records", {range(0, 10 * max_record_content)}},
    {"whole_file", {range(0, file_length)}},
    {"multipart", {"first", range(10, 500'000), "second", range(3, 7), "third", range(900'000, 100'000), "end"}},
    {"text_at_last", {range(0, 300'000), std::string(100'000, 't')}},
    {"backwards_and_overlapping", {range(500'000, 100'000), range(0, 100'000), range(50'000, 100'000)}},
    {"many_small_ranges", many_small_ranges(300)},
};

/// A record that stands between those of a response.
const std::string reply = unknown(42);

BOOST_AUTO_TEST_SUITE(gateway_response_writer)

BOOST_AUTO_TEST_CASE(peer_gets_header_block_content_and_end_however_it_takes_them) {
    constexpr std::size_t steps[] = {everything, 70'000, 8191};
    for (const Row& row : rows) {
        for (const std::size_t step : steps) {
            BOOST_TEST_CONTEXT(row.name << ", " << step << " bytes at a time") {
                Fixture fixture;
                fixture.begin(row.pieces);
                BOOST_TEST(describe(fixture.write_and_take(step)) == "done");
                const Heard heard = hear(fixture.taken);
                BOOST_TEST((heard.out == head + content_of(row.pieces)));
                BOOST_TEST(heard.records.ends_with(" out 0 end "));
                BOOST_TEST(heard.rest == "");
                BOOST_TEST(fixture.writer.sent() == content_of(row.pieces).size());
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(peer_that_takes_part_of_a_record) {
    Fixture fixture;
    fixture.use_internet();
    fixture.begin({range(5, 400'000), range(9, 100)});
    while (fixture.write() == Progress::blocked) fixture.take(1);
    fixture.take_rest();
    const Heard heard = hear(fixture.taken);
    BOOST_TEST((heard.out == head + content_of({range(5, 400'000), range(9, 100)})));
    BOOST_TEST(heard.records.ends_with(" out 0 end "));
    BOOST_TEST((heard.rest == ""));
}

/// What has been written of the content, when the peer has taken everything: also of a record that is not whole.
std::size_t content_heard(std::string_view bytes) {
    const Heard heard = hear(bytes);
    std::size_t length = heard.out.size();
    const bool is_content = heard.rest.size() > record_header_length && heard.rest[1] == char{6};  // FCGI_STDOUT
    if (is_content) length += heard.rest.size() - record_header_length;
    return length - std::min(length, head.size());
}

BOOST_AUTO_TEST_CASE(sent_is_what_the_peer_finds_wherever_it_stops) {
    for (const Row& row : rows) {
        BOOST_TEST_CONTEXT(row.name) {
            Fixture fixture;
            // Little at a time, so that it stops within header block, text and small ranges as well.
            fixture.shrink_socket();
            fixture.begin(row.pieces);
            for (Progress progress = Progress::blocked; progress == Progress::blocked;) {
                fixture.writer.interject(reply);
                progress = fixture.write();
                fixture.take();
                BOOST_TEST_REQUIRE(fixture.writer.sent() == content_heard(fixture.taken));
            }
            BOOST_TEST(fixture.writer.sent() == content_of(row.pieces).size());
        }
    }
}

BOOST_AUTO_TEST_CASE(records_end_at_whole_pages) {
    Fixture fixture;
    fixture.begin({range(1, 3 * max_record_content + 10)});
    BOOST_TEST(describe(fixture.write_and_take()) == "done");
    BOOST_TEST(hear(fixture.taken).records ==
               "out " + std::to_string(head.size()) + " out 61439 out 61440 out 61440 out 12275 out 0 end ");
}

struct SharedRow {
    std::string_view name;
    std::vector<http::Piece> pieces;
    std::string expected;  ///< records behind that of the header block
};

const SharedRow shared[] = {
    {"texts_and_small_ranges", {"first", range(5, 10), "second", range(7, 8192), "end"}, "out 8216 out 0 end "},
    {"long_range_between", {"first", range(0, 61'440), "second", range(7, 20)}, "out 5 out 61440 out 26 out 0 end "},
    {"tail_of_a_range_and_what_follows", {range(0, 62'000), "second"}, "out 61440 out 566 out 0 end "},
    {"text_that_fills_a_record", {std::string(max_record_content, 't'), "u"}, "out 65528 out 1 out 0 end "},
    {"range_for_which_there_is_no_room", {std::string(max_record_content - 9, 't'), range(0, 10), "u"},
     "out 65519 out 11 out 0 end "},
    {"range_for_which_there_is_just_room", {std::string(max_record_content - 10, 't'), range(0, 10), "u"},
     "out 65528 out 1 out 0 end "},
};

BOOST_AUTO_TEST_CASE(what_is_copied_shares_a_record) {
    for (const SharedRow& row : shared) {
        BOOST_TEST_CONTEXT(row.name) {
            Fixture fixture;
            fixture.begin(row.pieces);
            BOOST_TEST(describe(fixture.write_and_take()) == "done");
            BOOST_TEST(hear(fixture.taken).records == "out " + std::to_string(head.size()) + " " + row.expected);
        }
    }
}

BOOST_AUTO_TEST_CASE(one_response_after_another) {
    Fixture fixture;
    for (const Row& row : rows) {
        BOOST_TEST_CONTEXT(row.name) {
            fixture.taken.clear();
            fixture.begin(row.pieces);
            BOOST_TEST(describe(fixture.write_and_take()) == "done");
            BOOST_TEST((hear(fixture.taken).out == head + content_of(row.pieces)));
            BOOST_TEST(fixture.writer.sent() == content_of(row.pieces).size());
        }
    }
}

BOOST_AUTO_TEST_CASE(nothing_to_say_is_done) {
    Fixture fixture;
    BOOST_TEST(describe(fixture.write_and_take()) == "done");
    BOOST_TEST(fixture.taken == "");
}

BOOST_AUTO_TEST_CASE(budget_is_a_turn) {
    Fixture fixture;
    fixture.begin({range(0, file_length)});
    std::size_t turns = 0;
    while (fixture.write_and_take(everything, 100'000) == Progress::yielded) {
        BOOST_TEST(fixture.writer.sent() <= ++turns * (100'000 + max_record_content));
        BOOST_TEST_REQUIRE(turns < 100u);
    }
    BOOST_TEST(turns >= 5u);
    BOOST_TEST((hear(fixture.taken).out == head + file_content()));
}

// What stands between the records of a response

constexpr std::size_t moments[] = {0, 4, 8, 100, 65'500, 65'580, 65'620, 70'000, 131'000, 131'200, 400'000};

BOOST_AUTO_TEST_CASE(replies_go_between_records) {
    for (const std::size_t moment : moments) {
        BOOST_TEST_CONTEXT("when the peer has taken " << moment) {
            Fixture fixture;
            fixture.begin({range(0, file_length)});
            while (fixture.taken.size() < moment && fixture.write() == Progress::blocked)
                fixture.take(std::min<std::size_t>(moment - fixture.taken.size(), 50'000));
            fixture.writer.interject(reply);
            BOOST_TEST(describe(fixture.write_and_take()) == "done");
            const Heard heard = hear(fixture.taken);
            BOOST_TEST((heard.out == head + file_content()));
            BOOST_TEST((heard.records.find("type 11 ") != std::string::npos));
            BOOST_TEST(heard.rest == "");
        }
    }
}

BOOST_AUTO_TEST_CASE(replies_without_a_response) {
    Fixture fixture;
    fixture.writer.interject(reply + reply);
    BOOST_TEST(describe(fixture.write_and_take()) == "done");
    BOOST_TEST(fixture.taken == reply + reply);
}

BOOST_AUTO_TEST_CASE(replies_after_a_response) {
    for (const Row& row : rows) {
        BOOST_TEST_CONTEXT(row.name) {
            Fixture fixture;
            fixture.begin(row.pieces);
            BOOST_TEST(describe(fixture.write_and_take()) == "done");
            fixture.taken.clear();
            fixture.writer.interject(reply);
            BOOST_TEST(describe(fixture.write_and_take()) == "done");
            BOOST_TEST(fixture.taken == reply);
        }
    }
}

BOOST_AUTO_TEST_CASE(replies_after_a_response_that_was_cut_short) {
    Fixture fixture;
    fixture.begin({range(0, file_length), "text", range(0, file_length)});
    fixture.writer.cut_short();
    BOOST_TEST(describe(fixture.write_and_take()) == "done");
    fixture.taken.clear();
    fixture.writer.interject(reply);
    BOOST_TEST(describe(fixture.write_and_take()) == "done");
    BOOST_TEST(fixture.taken == reply);
}

BOOST_AUTO_TEST_CASE(abort_ends_after_the_present_record) {
    for (const std::size_t moment : moments) {
        BOOST_TEST_CONTEXT("when the peer has taken " << moment) {
            Fixture fixture;
            fixture.begin({range(0, file_length), "text", range(0, file_length)});
            while (fixture.taken.size() < moment && fixture.write() == Progress::blocked)
                fixture.take(std::min<std::size_t>(moment - fixture.taken.size(), 50'000));
            const std::uint64_t sent = fixture.writer.sent();
            fixture.writer.cut_short();
            BOOST_TEST(describe(fixture.write_and_take()) == "done");
            const Heard heard = hear(fixture.taken);
            BOOST_TEST((head + file_content()).starts_with(heard.out));
            BOOST_TEST(heard.records.ends_with("out 0 end "));
            BOOST_TEST(heard.rest == "");
            BOOST_TEST(fixture.writer.sent() <= sent + max_record_content);
        }
    }
}

// What cannot be completed does not look complete

struct ShrinkingRow {
    std::string_view name;
    off_t left = 0;  ///< of the file, when the peer has not taken anything
    std::vector<http::Piece> pieces;
};

const ShrinkingRow shrinking[] = {
    {"at_once_and_small", 0, {range(0, 100)}},
    {"later", 400'000, {range(0, 500'000)}},
    {"by_one_byte", 499'999, {range(0, 500'000)}},
    {"in_the_last_part", 400'000, {"first", range(0, 300'000), "second", range(390'000, 100'000), "end"}},
    {"in_a_small_part", 400'000, {"first", range(0, 300'000), "second", range(399'990, 20), "end"}},
};

BOOST_AUTO_TEST_CASE(file_that_shrinks_breaks_the_response) {
    for (const ShrinkingRow& row : shrinking) {
        BOOST_TEST_CONTEXT(row.name) {
            Fixture fixture;
            fixture.begin(row.pieces);
            fixture.truncate_file(row.left);
            BOOST_TEST(describe(fixture.write_and_take()) == "broken");
            const Heard heard = hear(fixture.taken);
            BOOST_TEST((heard.records.find("end") == std::string::npos));
            BOOST_TEST(((" " + heard.records).find(" out 0 ") == std::string::npos));  // the end of FCGI_STDOUT
            BOOST_TEST(cause_of(fixture.writer) == "the file is shorter than it was");
            BOOST_TEST((head + content_of(row.pieces)).starts_with(heard.out));
            // A header of a version that does not exist, since it was found out before a record was announced.
            BOOST_TEST(heard.rest == std::string(record_header_length, '\0'));
        }
    }
}

enum class Outcome { complete, broken };

struct ChangeRow {
    std::string_view name;
    void (*change)(const std::string& path);
    Outcome outcome;
    Outcome outcome_of_growing = outcome;  ///< where the tag is the catalogue's
};

void write_at(const std::string& path, off_t position, std::string_view text) {
    const posix::UniqueFd fd{open(path.c_str(), O_WRONLY | O_CLOEXEC)};
    if (!fd || pwrite(fd.get(), text.data(), text.size(), position) != static_cast<ssize_t>(text.size()))
        fail_test("change", path);
}

/// Writes, and gives the file its date back.
void write_secretly(const std::string& path) {
    struct stat status;
    if (stat(path.c_str(), &status) != 0) fail_test("stat", path);
    write_at(path, 0, "new");
    const timespec times[] = {status.st_atim, status.st_mtim};
    if (utimensat(AT_FDCWD, path.c_str(), times, 0) != 0) fail_test("date", path);
}

void punch_hole(const std::string& path) {
    const posix::UniqueFd fd{open(path.c_str(), O_WRONLY | O_CLOEXEC)};
    if (!fd || fallocate(fd.get(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4096) != 0)
        fail_test("punch a hole into", path);
}

void truncate_and_fill(const std::string& path) {
    if (truncate(path.c_str(), 0) != 0) fail_test("truncate", path);
    write_at(path, 0, std::string(file_length, 'n'));
}

constexpr ChangeRow changes[] = {
    {"untouched", [](const std::string&) {}, Outcome::complete},
    {"rewritten_in_place", [](const std::string& path) { write_at(path, 0, "new"); }, Outcome::broken},
    {"rewritten_in_place_and_dated_back", write_secretly, Outcome::broken},
    {"truncated_and_filled_again", truncate_and_fill, Outcome::broken},
    {"a_hole_was_punched", punch_hole, Outcome::broken},
    {"grown", [](const std::string& path) { write_at(path, file_length, "more"); }, Outcome::broken, Outcome::complete},
    {"unlinked", [](const std::string& path) { unlink(path.c_str()); }, Outcome::complete},
    {"linked_once_more", [](const std::string& path) { (void)!link(path.c_str(), (path + ".link").c_str()); },
     Outcome::complete},
    {"another_mode", [](const std::string& path) { chmod(path.c_str(), 0600); }, Outcome::complete},
};

BOOST_AUTO_TEST_CASE(file_that_is_changed_breaks_the_response) {
    for (const ChangeRow& row : changes) {
        for (const bool may_grow : {false, true}) {
            for (const std::uint64_t length : {std::uint64_t{file_length}, std::uint64_t{70'000}}) {
                BOOST_TEST_CONTEXT(row.name << ", " << length << " bytes" << (may_grow ? ", a tag that stays" : "")) {
                    Fixture fixture;
                    fixture.shrink_socket();
                    fixture.may_grow = may_grow;
                    wait_for_another_time(fixture.file());
                    fixture.begin({range(0, length)});
                    BOOST_TEST(describe(fixture.write()) == "blocked");
                    row.change(fixture.file());
                    const Outcome expected = may_grow ? row.outcome_of_growing : row.outcome;
                    BOOST_TEST(describe(fixture.write_and_take()) == (expected == Outcome::complete ? "done" : "broken"));
                    const bool has_end = hear(fixture.taken).records.find("end") != std::string::npos;
                    BOOST_TEST(has_end == (expected == Outcome::complete));
                    BOOST_TEST(!fixture.writer.failure() == (expected == Outcome::complete));
                }
            }
        }
    }
}

struct CheckRow {
    std::string_view name;
    std::uint64_t budget;  ///< of a call of write()
    Progress progress;
    std::chrono::milliseconds wait{0};  ///< for storage, before the first write
};

/// A file that changes once the answer has checked it, before the first byte is read.
constexpr CheckRow checks[] = {
    {"ends_with_the_first_write", no_limit, Progress::done},
    {"goes_on_after_the_first_write", 1000, Progress::broken},
    {"waits_for_storage_before_the_first_write", no_limit, Progress::broken, ResponseWriter::max_check_age},
};

/// Changes the file after begin(), waits, and writes. Returns how that ends, and how long it took.
std::pair<Progress, std::chrono::steady_clock::duration> write_changed(const CheckRow& row) {
    Fixture fixture;
    wait_for_another_time(fixture.file());
    const auto begun = std::chrono::steady_clock::now();
    const auto age = [&] { return std::chrono::steady_clock::now() - begun; };
    fixture.begin({range(0, 70'000)});
    const auto waiting = std::chrono::steady_clock::now();  // the check is as old as this, or older
    write_at(fixture.file(), 0, "new");
    while (std::chrono::steady_clock::now() - waiting <= row.wait) {}
    Progress progress;
    while ((progress = fixture.write(row.budget)) == Progress::yielded) {}
    return {progress, age()};
}

BOOST_AUTO_TEST_CASE(check_of_the_answer_is_good_for_the_first_write) {
    for (const CheckRow& row : checks) {
        BOOST_TEST_CONTEXT(row.name) {
            auto [progress, age] = write_changed(row);
            // A busy machine may take longer than the check is good for.
            while (row.progress == Progress::done && age >= ResponseWriter::max_check_age)
                std::tie(progress, age) = write_changed(row);
            BOOST_TEST(describe(progress) == describe(row.progress));
        }
    }
}

BOOST_AUTO_TEST_CASE(link_that_was_seen_explains_no_later_change) {
    Fixture fixture;
    Content content = sent_file(fixture.content());
    wait_for_another_time(fixture.file());
    BOOST_TEST_REQUIRE(link(fixture.file().c_str(), (fixture.file() + ".link").c_str()) == 0);
    BOOST_TEST(name_of(content.look()) == "none");
    wait_for_another_time(fixture.file());
    write_secretly(fixture.file());
    BOOST_TEST(name_of(content.look()) == "changed");
}

BOOST_AUTO_TEST_CASE(file_that_shrinks_within_a_record_leaves_it_cut) {
    Fixture fixture;
    fixture.begin({range(0, file_length)});
    BOOST_TEST_REQUIRE(describe(fixture.write()) == "blocked");
    // To nothing: of a page that is cut, what is in the socket already would become zero.
    fixture.truncate_file(0);
    BOOST_TEST(describe(fixture.write_and_take()) == "broken");
    const Heard heard = hear(fixture.taken);
    BOOST_TEST((heard.records.find("end") == std::string::npos));
    // Nothing but the file's own bytes stands where content was announced.
    BOOST_TEST_REQUIRE(heard.rest.size() >= record_header_length);
    BOOST_TEST((head + file_content()).starts_with(heard.out + heard.rest.substr(record_header_length)));
}

BOOST_AUTO_TEST_CASE(peer_that_has_gone) {
    Fixture fixture;
    fixture.begin({range(0, file_length)});
    BOOST_TEST(describe(fixture.write()) == "blocked");
    fixture.leave();
    BOOST_TEST(describe(fixture.write()) == "aborted");
}

BOOST_AUTO_TEST_CASE(peer_over_tcp_that_has_gone_within_a_record) {
    for (const bool vanishes : {false, true}) {
        BOOST_TEST_CONTEXT((vanishes ? "vanished" : "reset")) {
            Fixture fixture;
            fixture.use_internet();
            fixture.begin({range(0, file_length)});
            // Within the content out of the file: its failure may be the peer's or the file's.
            while (fixture.writer.sent() == 0 && fixture.write() == Progress::blocked) fixture.take(1);
            BOOST_TEST_REQUIRE(fixture.writer.sent() > 0u);
            BOOST_TEST_REQUIRE(describe(fixture.write()) == "blocked");
            vanishes ? fixture.vanish() : fixture.leave();  // who leaves has not read everything
            fixture.wait_until_hung_up();
            BOOST_TEST(describe(fixture.write()) == "aborted");
            BOOST_TEST(cause_of(fixture.writer) == (vanishes ? "Connection timed out" : "Connection reset by peer"));
        }
    }
}

BOOST_AUTO_TEST_CASE(peer_that_had_gone_before) {
    Fixture fixture;
    fixture.leave();
    fixture.begin({});
    BOOST_TEST(describe(fixture.write()) == "aborted");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace reelgate::gateway
