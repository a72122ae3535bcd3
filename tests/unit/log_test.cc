// Owns the tests of the log: what a line looks like, and which levels are written.
// SPDX-License-Identifier: MIT
#include "log.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <boost/test/unit_test.hpp>
#include <limits>
#include <sstream>
#include <thread>
#include <vector>

#include "child_process.h"
#include "fail_test.h"
#include "failing_allocations.h"
#include "messages.h"
#include "temporary_folder.h"

namespace reelgate {
namespace {

/// Writes a line of these texts, which may repeat.
void write(LogLevel level, std::initializer_list<std::string_view> texts) {
    write_line(level, {texts.begin(), texts.size()}, Repeats::counted);
}

std::string logged(LogLevel level, std::string_view event) {
    const CapturedStderr captured;
    write(level, {event});
    return captured.text();
}

/// The level is the whole program's: it is put back.
struct WithLevel {
    ~WithLevel() {
        set_log_level(LogLevel::notice);
        set_log_form(LogForm::terminal);
    }
};

BOOST_FIXTURE_TEST_SUITE(log_line, WithLevel)

struct LineRow {
    std::string_view name;
    std::string_view event;
    std::string_view expected;
};

constexpr LineRow lines[] = {
    {.name = "plain", .event = "open abc: cause", .expected = "open abc: cause"},
    {.name = "empty", .event = "", .expected = ""},
    {.name = "line_feed", .event = "a\nreelgate: error: forged", .expected = "a\\x0areelgate: error: forged"},
    {.name = "carriage_return_and_tab", .event = "a\r\tb", .expected = "a\\x0d\\x09b"},
    {.name = "escape_sequence", .event = "\x1b[2Jx", .expected = "\\x1b[2Jx"},
    {.name = "nul", .event = {"a\0b", 3}, .expected = "a\\x00b"},
    {.name = "first_and_last_printable", .event = " ~", .expected = " ~"},
    {.name = "neighbours_of_the_printable", .event = "\x1f\x7f", .expected = "\\x1f\\x7f"},
    {.name = "beyond_ascii", .event = "\xc3\xa9\xff", .expected = "\\xc3\\xa9\\xff"},
};

BOOST_AUTO_TEST_CASE(event_is_one_line_of_printable_ascii) {
    for (const LineRow& row : lines)
        BOOST_TEST_CONTEXT(row.name) {
            BOOST_TEST(logged(LogLevel::error, row.event) == "reelgate: error: " + std::string{row.expected} + "\n");
        }
}

constexpr LineRow complaints[] = {
    {.name = "plain", .event = "--grace soon: needs a number", .expected = "--grace soon: needs a number"},
    {.name = "line_feed_and_escape", .event = "a\n\x1b[2J\x7f", .expected = "a\\x0a\\x1b[2J\\x7f"},
    {.name = "persons_own_letters", .event = "--data /vid\xc3\xa9os", .expected = "--data /vid\xc3\xa9os"},
};

BOOST_AUTO_TEST_CASE(complaint_keeps_the_persons_own_letters) {
    set_log_level(LogLevel::error);  // has no say in it
    for (const LineRow& row : complaints) {
        BOOST_TEST_CONTEXT(row.name) {
            const CapturedStderr captured;
            complain(row.event);
            BOOST_TEST(captured.text() == "reelgate: " + std::string{row.expected} + "\n");
        }
    }
}

struct LevelRow {
    std::string_view name;
    LogLevel level = LogLevel::error;
};

/// In the order of importance.
constexpr LevelRow levels[] = {
    {.name = "error", .level = LogLevel::error},   {.name = "warning", .level = LogLevel::warning},
    {.name = "notice", .level = LogLevel::notice}, {.name = "info", .level = LogLevel::info},
    {.name = "debug", .level = LogLevel::debug},
};

BOOST_AUTO_TEST_CASE(only_as_important_as_the_level_or_more) {
    for (const LevelRow& set : levels) {
        set_log_level(set.level);
        for (const LevelRow& row : levels) {
            BOOST_TEST_CONTEXT(row.name << " where " << set.name << " is set") {
                const bool expected = row.level <= set.level;
                BOOST_TEST(is_logged(row.level) == expected);
                BOOST_TEST(logged(row.level, "x") == (expected ? "reelgate: " + std::string{row.name} + ": x\n" : ""));
            }
        }
    }
}

struct PriorityRow {
    LogLevel level = LogLevel::error;
    std::string_view expected;
};

/// The priorities of syslog(3).
constexpr PriorityRow priorities[] = {
    {.level = LogLevel::error, .expected = "<3>open x: why\n"},
    {.level = LogLevel::warning, .expected = "<4>open x: why\n"},
    {.level = LogLevel::notice, .expected = "<5>open x: why\n"},
    {.level = LogLevel::info, .expected = "<6>open x: why\n"},
    {.level = LogLevel::debug, .expected = "<7>open x: why\n"},
};

BOOST_AUTO_TEST_CASE(journal_gets_a_priority_instead_of_name_and_level) {
    set_log_form(LogForm::journal);
    set_log_level(LogLevel::debug);
    for (const PriorityRow& row : priorities) BOOST_TEST(logged(row.level, "open x: why") == row.expected);
    BOOST_TEST(logged(LogLevel::error, "a\n<6>forged") == "<3>a\\x0a<6>forged\n");
    const CapturedStderr captured;
    complain("--grace soon: needs a number");
    BOOST_TEST(captured.text() == "<3>--grace soon: needs a number\n");
}

BOOST_AUTO_TEST_CASE(journal_is_what_the_variable_says_it_is) {
    const TemporaryFolder folder;
    const posix::UniqueFd file{open(folder.write("log", "").c_str(), O_WRONLY | O_CLOEXEC)};
    struct stat status;
    BOOST_TEST_REQUIRE(fstat(file.get(), &status) == 0);
    const std::string device = std::to_string(status.st_dev), inode = std::to_string(status.st_ino);
    BOOST_TEST(leads_to_journal(file.get(), (device + ":" + inode).c_str()));
    for (const std::string& other : {std::string{}, device, device + ":", ":" + inode, device + ":" + inode + "0",
                                     device + "0:" + inode, inode + ":" + device, std::string{"x:y"}})
        BOOST_TEST_CONTEXT(other) { BOOST_TEST(!leads_to_journal(file.get(), other.c_str())); }
    BOOST_TEST(!leads_to_journal(file.get(), nullptr));
    BOOST_TEST(!leads_to_journal(-1, (device + ":" + inode).c_str()));
}

BOOST_AUTO_TEST_CASE(long_event_is_cut_off) {
    const std::string line = logged(LogLevel::error, std::string(100'000, '\n'));
    BOOST_TEST(line.size() < 4096u);
    BOOST_TEST(line.ends_with("...\n"));
    BOOST_TEST(logged(LogLevel::error, std::string(3000, 'x')).size() > 3000u);
}

BOOST_AUTO_TEST_CASE(cut_line_ends_with_a_whole_escape) {
    // The head has 17 bytes: four do not fit behind the others.
    const std::string line = logged(LogLevel::error, std::string(3980, 'x') + "\n");
    BOOST_TEST(line.ends_with("xxx...\n"), line.substr(3900));
}

BOOST_AUTO_TEST_CASE(parts_follow_one_another) {
    const std::string long_part(3000, 'x');
    const CapturedStderr captured;
    write(LogLevel::error, {"open ", std::string{"a\n"}, "", ": ", "cause"});
    write(LogLevel::error, {long_part, long_part, "never seen"});
    const std::string cut = "reelgate: error: " + std::string(3983, 'x') + "...\n";
    BOOST_TEST(captured.text() == "reelgate: error: open a\\x0a: cause\n" + cut);
}

/// Counted lines too: their summaries are made when the memory may be gone.
BOOST_AUTO_TEST_CASE(nothing_of_it_needs_the_heap) {
    // In a process of its own: repeated lines stay counted.
    const std::string written = in_child([] {
        const CapturedStderr captured;
        limit_repeated_lines();
        bool has_failed = true;
        {
            const FailingAllocations failing{0, std::numeric_limits<unsigned>::max()};
            write(LogLevel::error, {"open ", "/videos/a-film-with-a-long-name.mp4", ": ", "Cannot allocate memory"});
            for (int i = 0; i < 3; ++i) write(LogLevel::error, {"again and again, and longer than a short string"});
            complain("no memory for what the person wanted to have done");
            leads_to_journal(STDERR_FILENO, "123456789:123456789");
            tell_repeated_lines();
            has_failed = failing.has_failed();
        }
        return captured.text() + (has_failed ? "an allocation" : "no allocation");
    });
    BOOST_TEST(written ==
               "reelgate: error: open /videos/a-film-with-a-long-name.mp4: Cannot allocate memory\n"
               "reelgate: error: again and again, and longer than a short string\n"
               "reelgate: no memory for what the person wanted to have done\n"
               "reelgate: error: again and again, and longer than a short string: 2 more within 1 s\n"
               "no allocation");
}

std::size_t count_of(std::string_view text, std::string_view part) {
    std::size_t count = 0;
    for (auto at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1)) ++count;
    return count;
}

void refuse(int times) {
    for (int i = 0; i < times; ++i) log_refusal(0, "refused", "403", "film", "192.0.2.7", "not allowed");
}

constexpr std::string_view refusal_line = "reelgate: notice: refused: 403: film: 192.0.2.7: not allowed\n";

BOOST_AUTO_TEST_CASE(each_refusal_has_a_line_where_no_lines_are_counted) {
    const CapturedStderr captured;
    refuse(12);
    BOOST_TEST(count_of(captured.text(), refusal_line) == 12u);
}

/// Without the heap. More than ten have lines if the machine stood still for a second.
BOOST_AUTO_TEST_CASE(equal_refusals_have_lines_and_the_others_are_told) {
    const std::string written = in_child([] {
        const CapturedStderr captured;
        limit_repeated_lines();
        bool has_failed = true;
        {
            const FailingAllocations failing{0, std::numeric_limits<unsigned>::max()};
            refuse(1010);
            tell_rationed_lines();
            tell_repeated_lines();
            tell_repeated_lines();
            has_failed = failing.has_failed();
        }
        return captured.text() + (has_failed ? "an allocation" : "");
    });
    const std::size_t lines = count_of(written, refusal_line);
    BOOST_TEST(lines >= 10u);
    BOOST_TEST(lines < 1010u);
    BOOST_TEST(written.ends_with("\nreelgate: notice: refused: " + std::to_string(1010 - lines) +
                                 " more within a second\n"));
}

BOOST_AUTO_TEST_CASE(refusals_of_many_threads_are_all_told) {
    const std::string written = in_child([] {
        const CapturedStderr captured;
        limit_repeated_lines();
        std::vector<std::thread> threads;
        for (int i = 0; i < 8; ++i) threads.emplace_back([] {
            for (int k = 0; k < 2000; ++k) {
                refuse(1);
                tell_rationed_lines();
            }
        });
        for (std::thread& thread : threads) thread.join();
        tell_repeated_lines();
        return captured.text();
    });
    std::istringstream lines{written};
    std::size_t told = 0;
    for (std::string line; std::getline(lines, line);) {
        const auto more = line.find(" more within a second");
        constexpr std::string_view head = "reelgate: notice: refused: ";
        told += more == std::string::npos ? 1 : std::stoul(line.substr(head.size(), more - head.size()));
    }
    BOOST_TEST(told == 16'000u);
}

/// Fills a pipe, reads it, and gives what is written after that.
template <typename Function>
std::string written_after_loss(Function&& function) {
    return in_child([&] {
        const Pipe pipe;
        if (dup2(pipe.write_end.get(), STDERR_FILENO) < 0) fail_test("replace", "stderr");
        fcntl(pipe.read_end.get(), F_SETFL, O_NONBLOCK);
        fcntl(pipe.read_end.get(), F_SETPIPE_SZ, 4096);
        log_without_waiting();
        // With heads and newlines 4,086 bytes: neither these again nor their count fit behind them.
        const std::string line(2025, 'x');
        for (int i = 0; i < 4; ++i) write(LogLevel::error, {line});
        read_all(pipe.read_end.get());
        function();
        return read_all(pipe.read_end.get());
    });
}

BOOST_AUTO_TEST_CASE(lost_lines_are_told_before_the_next) {
    BOOST_TEST(written_after_loss([] { write(LogLevel::error, {"next"}); }) ==
               "reelgate: warning: log: 2 lines lost: standard error did not take them\nreelgate: error: next\n");
}

BOOST_AUTO_TEST_CASE(lost_lines_are_told_with_the_repeated_ones_once) {
    BOOST_TEST(written_after_loss([] {
                   tell_repeated_lines();
                   tell_repeated_lines();
               }) == "reelgate: warning: log: 2 lines lost: standard error did not take them\n");
}

BOOST_AUTO_TEST_CASE(lost_lines_are_told_whatever_the_level) {
    BOOST_TEST(written_after_loss([] {
                   set_log_level(LogLevel::error);
                   tell_repeated_lines();
               }) == "reelgate: warning: log: 2 lines lost: standard error did not take them\n");
}

BOOST_AUTO_TEST_CASE(long_complaint_is_one_whole_line) {
    const std::string text(10'000, 'x');
    const CapturedStderr captured;
    complain(text);
    BOOST_TEST((captured.text() == "reelgate: " + text + "\n"));
}

BOOST_AUTO_TEST_CASE(notice_unless_told_otherwise) {
    BOOST_TEST(is_logged(LogLevel::notice));
    BOOST_TEST(!is_logged(LogLevel::info));
}

BOOST_AUTO_TEST_CASE(levels_have_names) {
    for (const LevelRow& row : levels)
        BOOST_TEST_CONTEXT(row.name) { BOOST_TEST((log_level_named(row.name) == row.level)); }
    for (const std::string_view name : {"", "Notice", "NOTICE", "notices", "warn", "2"})
        BOOST_TEST_CONTEXT("\"" << name << "\"") { BOOST_TEST(!log_level_named(name)); }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace reelgate
