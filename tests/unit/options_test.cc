// Owns the tests of the options: where each value comes from, and which values are refused.
// Does not test what a command does with them.
// SPDX-License-Identifier: MIT
#include "options/sources.h"

#include <sys/stat.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>

#include "messages.h"
#include "options/description.h"
#include "options/table.h"
#include "temporary_folder.h"

namespace reelgate::options {
namespace {

using Words = std::vector<const char*>;

Arguments read(const Words& words, Words environment = {}, Scope scope = Scope::settings) {
    environment.push_back(nullptr);
    return read_arguments(words, environment.data(), scope);
}

std::string refusal(const Words& words, const Words& environment = {}, Scope scope = Scope::settings) {
    return message_of<posix::FailureError>([&] { settings_from(read(words, environment, scope)); });
}

/// Writes what was given for an option, one bar between two values.
std::string given(const Arguments& arguments, std::string_view name) {
    if (!arguments.has(name)) return "(absent)";
    std::string text;
    for (const std::string& value : arguments.values(name)) text.append(text.empty() ? "" : "|").append(value);
    return text;
}

/// A configuration file, and the words that name it.
struct ConfigFile {
    TemporaryFolder folder;
    std::string option;

    explicit ConfigFile(std::string_view content)
        : option("--config=" + folder.write("reelgate.conf", content).native()) {}

    Words with(Words words) const {
        words.push_back(option.c_str());
        return words;
    }
};

BOOST_AUTO_TEST_SUITE(options)

// Where a value comes from: command line, environment, file, default

struct PrecedenceRow {
    std::string_view name;
    bool on_command_line = false;
    bool in_environment = false;
    bool in_file = false;
    std::string_view expected;
};

constexpr PrecedenceRow precedences[] = {
    {.name = "nowhere", .expected = "/var/lib/reelgate"},
    {.name = "file", .in_file = true, .expected = "/from/file"},
    {.name = "environment", .in_environment = true, .expected = "/from/environment"},
    {.name = "environment_and_file", .in_environment = true, .in_file = true, .expected = "/from/environment"},
    {.name = "command_line", .on_command_line = true, .expected = "/from/line"},
    {.name = "command_line_and_file", .on_command_line = true, .in_file = true, .expected = "/from/line"},
    {.name = "command_line_and_environment", .on_command_line = true, .in_environment = true, .expected = "/from/line"},
    {.name = "everywhere", .on_command_line = true, .in_environment = true, .in_file = true, .expected = "/from/line"},
};

BOOST_AUTO_TEST_CASE(command_line_before_environment_before_file_before_default) {
    for (const PrecedenceRow& row : precedences) {
        BOOST_TEST_CONTEXT(row.name) {
            const ConfigFile file{row.in_file ? "data = /from/file\n" : "# nothing\n"};
            const Words words = row.on_command_line ? Words{"--data", "/from/line"} : Words{};
            const Words environment = row.in_environment ? Words{"REELGATE_DATA=/from/environment"} : Words{};
            const Settings settings = settings_from(read(file.with(words), environment));
            BOOST_TEST(settings.data.native() == row.expected);
            BOOST_TEST(settings.handler.places.database.native() == std::string{row.expected} + "/catalog.db");
            BOOST_TEST(settings.handler.places.videos.front().native() == std::string{row.expected} + "/videos");
        }
    }
}

BOOST_AUTO_TEST_CASE(each_option_from_its_own_source) {
    const ConfigFile file{"grace = 7\nready = from file\nsocket-mode = 0600\n"};
    const Settings settings = settings_from(
        read(file.with({"--grace=5"}), {"REELGATE_READY=from environment", "REELGATE_MAX_RANGES=9"}));
    BOOST_TEST(settings.engine.grace.count() == 5);
    BOOST_TEST(settings.handler.places.ready == "from environment");
    BOOST_TEST(settings.handler.policy.max_ranges == 9u);
    BOOST_TEST(settings.socket_mode == 0600u);
}

BOOST_AUTO_TEST_CASE(file_named_in_the_environment) {
    const ConfigFile file{"ready = done\n"};
    const std::string variable = "REELGATE_CONFIG=" + file.option.substr(sizeof "--config=" - 1);
    BOOST_TEST(settings_from(read({}, {variable.c_str()})).handler.places.ready == "done");
}

BOOST_AUTO_TEST_CASE(defaults_of_all_options) {
    const Settings settings = settings_from(read({}));
    BOOST_TEST(settings.handler.places.query == "");
    BOOST_TEST(settings.handler.places.ready == "complete");
    BOOST_TEST(settings.handler.places.prefix == "/api/stream/");
    BOOST_TEST(settings.handler.policy.max_ranges == 100u);
    BOOST_TEST(settings.handler.policy.cache_control == "private, no-cache");
    BOOST_TEST(settings.handler.policy.cors_origins.empty());
    BOOST_TEST(!settings.handler.policy.cors_credentials);
    BOOST_TEST(settings.listen == "");
    BOOST_TEST(settings.socket_mode == 0660u);
    BOOST_TEST(settings.engine.threads >= 4u);
    BOOST_TEST(settings.engine.grace.count() == 30);
    BOOST_TEST((settings.log_level == LogLevel::notice));
    BOOST_TEST((settings.handler.delivery.offload == Offload::none));
    BOOST_TEST(settings.handler.delivery.offload_prefixes == std::vector<std::string>{"/reelgate-internal/"});
    BOOST_TEST(settings.engine.status_path == "");
    BOOST_TEST(settings.engine.ping_path == "");
}

BOOST_AUTO_TEST_CASE(paths_apart_from_the_data_volume) {
    const Settings settings = settings_from(read({"--data=/d", "--database=/b/my.db", "--videos", "/v"}));
    BOOST_TEST(settings.handler.places.database.native() == "/b/my.db");
    BOOST_TEST(settings.handler.places.videos.front().native() == "/v");
}

// The command line

struct WordsRow {
    std::string_view name;
    Words words;
    Scope scope = Scope::settings;
    std::string_view option = "";
    std::string_view expected;  ///< values, or the message
};

const WordsRow words_rows[] = {
    {.name = "value_in_the_next_word", .words = {"--ready", "done"}, .option = "ready", .expected = "done"},
    {.name = "value_after_equals", .words = {"--ready=done"}, .option = "ready", .expected = "done"},
    {.name = "value_with_equals", .words = {"--query=SELECT a = b"}, .option = "query", .expected = "SELECT a = b"},
    {.name = "value_with_spaces", .words = {"--ready", "all done"}, .option = "ready", .expected = "all done"},
    {.name = "value_of_another_language", .words = {"--ready", "vollständig"}, .option = "ready",
     .expected = "vollständig"},
    {.name = "range_that_begins_with_a_hyphen", .words = {"--range", "-500"}, .scope = Scope::get, .option = "range",
     .expected = "-500"},
    {.name = "fields_are_repeatable", .words = {"--header", "A: 1", "--header=B: 2"}, .scope = Scope::get,
     .option = "header", .expected = "A: 1|B: 2"},
    {.name = "option_without_value", .words = {"--body-only"}, .scope = Scope::get, .option = "body-only",
     .expected = ""},
    {.name = "list_of_check", .words = {"--list", "SELECT slug FROM films"}, .scope = Scope::check, .option = "list",
     .expected = "SELECT slug FROM films"},
    {.name = "id_of_add", .words = {"--id", "abc"}, .scope = Scope::add, .option = "id", .expected = "abc"},
};

BOOST_AUTO_TEST_CASE(words_of_the_command_line) {
    for (const WordsRow& row : words_rows)
        BOOST_TEST_CONTEXT(row.name) { BOOST_TEST(given(read(row.words, {}, row.scope), row.option) == row.expected); }
}

BOOST_AUTO_TEST_CASE(operands_around_options) {
    const Arguments arguments = read({"one", "--ready", "done", "two"});
    BOOST_TEST(arguments.operands.size() == 2u);
    BOOST_TEST(arguments.operands.front() == "one");
    BOOST_TEST(arguments.operands.back() == "two");
    BOOST_TEST(read({"--", "--ready"}).operands.front() == "--ready");
}

const WordsRow refused_words[] = {
    {.name = "unknown_name", .words = {"--colour=red"}, .expected = "--colour=red: no such option"},
    {.name = "abbreviated_name", .words = {"--read=done"}, .expected = "--read=done: no such option; did you mean ready?"},
    {.name = "name_in_capitals", .words = {"--READY=done"}, .expected = "--READY=done: no such option; did you mean ready?"},
    {.name = "name_with_underscore", .words = {"--socket_mode=0600"},
     .expected = "--socket_mode=0600: no such option; did you mean socket-mode?"},
    {.name = "option_of_another_command", .words = {"--id=abc"}, .scope = Scope::get,
     .expected = "--id=abc: no such option"},
    {.name = "option_of_no_such_command", .words = {"--range=0-9"}, .expected = "--range=0-9: no such option"},
    {.name = "value_missing", .words = {"--ready"},
     .expected = "the required argument for option '--ready' is missing"},
    {.name = "value_where_there_is_none", .words = {"--body-only=yes"}, .scope = Scope::get,
     .expected = "option '--body-only' does not take any arguments"},
    {.name = "given_twice", .words = {"--ready=a", "--ready=b"},
     .expected = "--ready: given twice; which one is meant?"},
    {.name = "given_twice_alike", .words = {"--ready=a", "--ready=a"}, .expected = "--ready: given twice"},
};

BOOST_AUTO_TEST_CASE(words_that_are_refused) {
    for (const WordsRow& row : refused_words) {
        BOOST_TEST_CONTEXT(row.name) {
            const std::string message = refusal(row.words, {}, row.scope);
            BOOST_TEST(contains(message, row.expected), message);
        }
    }
}

BOOST_AUTO_TEST_CASE(empty_value_is_refused) {
    for (const char* const word : {"--ready=", "--data="}) {
        BOOST_TEST_CONTEXT(word) { BOOST_TEST(refusal({word}) != "nothing thrown"); }
    }
    BOOST_TEST(contains(refusal({"--ready", ""}), "--ready: the value is empty; leave the option out for its default"));
}

// The environment

struct EnvironmentRow {
    std::string_view name;
    Words environment;
    std::string_view expected;  ///< the value of socket-mode, or the message
};

const EnvironmentRow environments[] = {
    {.name = "dashes_as_underscores", .environment = {"REELGATE_SOCKET_MODE=0600"}, .expected = "0600"},
    {.name = "other_variables", .environment = {"PATH=/bin", "SOCKET_MODE=0644", "REELGATE_SOCKET_MODE=0600", "EMPTY="},
     .expected = "0600"},
    {.name = "without_equals", .environment = {"REELGATE_SOCKET_MODE"}, .expected = "(absent)"},
    {.name = "other_prefix", .environment = {"REELGATE=1", "XREELGATE_SOCKET_MODE=0600", "reelgate_socket_mode=0600"},
     .expected = "(absent)"},
};

BOOST_AUTO_TEST_CASE(variables_of_the_environment) {
    for (const EnvironmentRow& row : environments)
        BOOST_TEST_CONTEXT(row.name) { BOOST_TEST(given(read({}, row.environment), "socket-mode") == row.expected); }
}

const EnvironmentRow refused_environments[] = {
    {.name = "unknown_name", .environment = {"REELGATE_COLOUR=red"},
     .expected = "environment REELGATE_COLOUR: no such option; `reelgate --help` lists them"},
    {.name = "one_underscore_too_many", .environment = {"REELGATE__READY=done"},
     .expected = "environment REELGATE__READY: no such option; did you mean ready?"},
    {.name = "almost_a_name", .environment = {"REELGATE_MAX_VIEWER=3"},
     .expected = "environment REELGATE_MAX_VIEWER: no such option; did you mean max-viewers?"},
    {.name = "no_name", .environment = {"REELGATE_=red"}, .expected = "environment REELGATE_: no such option"},
    {.name = "option_of_a_command", .environment = {"REELGATE_RANGE=0-9"},
     .expected = "environment REELGATE_RANGE: no such option"},
    {.name = "given_twice", .environment = {"REELGATE_READY=a", "REELGATE_READY=b"}, .expected = "ready: given twice"},
    {.name = "empty", .environment = {"REELGATE_READY="},
     .expected = "environment REELGATE_READY: ready: the value is empty; leave the option out for its default"},
};

BOOST_AUTO_TEST_CASE(variables_that_are_refused) {
    for (const EnvironmentRow& row : refused_environments) {
        BOOST_TEST_CONTEXT(row.name) {
            const std::string message = refusal({}, row.environment);
            BOOST_TEST(contains(message, row.expected), message);
        }
    }
}

// The configuration file

struct FileRow {
    std::string_view name;
    std::string_view content;
    std::string_view expected;  ///< the value of ready, or the message
};

constexpr FileRow files[] = {
    {.name = "name_and_value", .content = "ready = done\n", .expected = "done"},
    {.name = "no_white_space", .content = "ready=done\n", .expected = "done"},
    {.name = "much_white_space", .content = "  ready\t=   all done \t\n", .expected = "all done"},
    {.name = "no_line_feed_at_the_end", .content = "ready = done", .expected = "done"},
    {.name = "comments_and_empty_lines", .content = "# ready = no\n\n   # more \\\nready = done\n\n",
     .expected = "done"},
    {.name = "hash_within_a_value", .content = "ready = a#b # c ; d\n", .expected = "a#b # c ; d"},
    {.name = "query_of_several_lines", .content = "ready = one \\\n  two\\\r\n# three\n",
     .expected = "one \n  two\n# three"},
    {.name = "backslash_at_the_end_of_the_file", .content = "ready = a\\", .expected = "a\\"},
    {.name = "line_ends_of_windows", .content = "# first\r\n\r\nready = done\r\n", .expected = "done"},
    {.name = "byte_order_mark", .content = "\xef\xbb\xbfready = done\n", .expected = "done"},
    {.name = "quotes_within_a_value", .content = "ready = 'a' || \"b\"\n", .expected = "'a' || \"b\""},
    {.name = "value_with_equals", .content = "ready = a = b\n", .expected = "a = b"},
    {.name = "empty_file", .content = "", .expected = "(absent)"},
    {.name = "comments_alone", .content = "# ready = done\n", .expected = "(absent)"},
};

BOOST_AUTO_TEST_CASE(lines_of_the_file) {
    for (const FileRow& row : files) {
        BOOST_TEST_CONTEXT(row.name) {
            const ConfigFile file{row.content};
            BOOST_TEST(given(read(file.with({})), "ready") == row.expected);
        }
    }
}

constexpr FileRow refused_files[] = {
    {.name = "unknown_name", .content = "\n# a\ncolour = red\n",
     .expected = "reelgate.conf:3: colour: no such option; `reelgate --help` lists them"},
    {.name = "almost_a_name", .content = "thread = 3\n",
     .expected = "reelgate.conf:1: thread: no such option; did you mean threads?"},
    {.name = "name_with_its_dashes", .content = "--grace = 3\n",
     .expected = "--grace: no such option; did you mean grace?"},
    {.name = "name_of_the_environment", .content = "MAX_RANGES = 3\n", .expected = "did you mean max-ranges?"},
    {.name = "line_after_one_of_three", .content = "ready = a\\\nb\\\nc\ncolour = red\n",
     .expected = "reelgate.conf:4: colour"},
    {.name = "option_of_a_command", .content = "range = 0-9\n", .expected = ":1: range: no such option"},
    {.name = "no_equals", .content = "ready done\n",
     .expected = "reelgate.conf:1: ready done: needs the form name = value"},
    {.name = "no_name", .content = "= done\n", .expected = "reelgate.conf:1: = done: a name is missing before ="},
    {.name = "quotes_around_a_value", .content = "ready = \"done\"\n",
     .expected = ":1: ready = \"done\": the quotes would be"},
    {.name = "single_quotes_around_a_value", .content = "ready = 'done'\n",
     .expected = "the quotes would be part of the value"},
    {.name = "comment_behind_a_number", .content = "grace = 3 # s\n",
     .expected = "reelgate.conf:1: grace = 3 # s: needs a number from 0 to 86400; a comment needs a line of its own"},
    {.name = "utf_16", .content = {"\xff\xfer\0e\0", 6},
     .expected = "reelgate.conf:1: control characters; is this a text file"},
    {.name = "given_twice", .content = "ready = a\n\nready = b\n",
     .expected = "reelgate.conf:3: ready: given twice, first in "},
    {.name = "empty_value", .content = "ready =\n", .expected = "ready: the value is empty"},
    {.name = "option_in_a_section", .content = "[reelgate]\nready = done\n",
     .expected = "reelgate.conf:1: [reelgate]: there are no sections; leave this line out"},
    {.name = "another_file", .content = "config = /etc/reelgate.conf\n",
     .expected = "reelgate.conf:1: cannot name another file with config"},
    {.name = "another_file_among_others", .content = "ready = done\nconfig = x\ngrace = 3\n",
     .expected = "reelgate.conf:2: cannot name another"},
    {.name = "bad_origin", .content = "cors-origin = a.example\n",
     .expected = "reelgate.conf:1: cors-origin = a.example: needs *"},
    {.name = "bad_value", .content = "grace = soon\n",
     .expected = "reelgate.conf:1: grace = soon: needs a number from 0 to 86400"},
};

BOOST_AUTO_TEST_CASE(lines_that_are_refused) {
    for (const FileRow& row : refused_files) {
        BOOST_TEST_CONTEXT(row.name) {
            const ConfigFile file{row.content};
            const std::string message = refusal(file.with({}));
            BOOST_TEST(contains(message, row.expected), message);
        }
    }
}

BOOST_AUTO_TEST_CASE(file_that_cannot_be_read) {
    const TemporaryFolder folder;
    for (const std::string& path : {(folder / "missing").native(), folder.path().native()}) {
        const std::string message = refusal({"--config", path.c_str()});
        BOOST_TEST(contains(message, "--config " + path + ": cannot be read"), message);
    }
}

BOOST_AUTO_TEST_CASE(fifo_is_not_waited_for) {
    const TemporaryFolder folder;
    const std::string path = (folder / "fifo").native();
    BOOST_REQUIRE(mkfifo(path.c_str(), 0600) == 0);
    const std::string message = refusal({"--config", path.c_str()});
    BOOST_TEST(contains(message, "--config " + path + ": cannot be read: is no regular file"), message);
}

// Everything that is wrong, and what is in force

BOOST_AUTO_TEST_CASE(all_problems_of_all_sources) {
    const ConfigFile file{"colour = red\ngrace = soon\n[x]\nthreads = 0\n"};
    Words environment{"REELGATE_COLOUR=red", "REELGATE_MAX_RANGES=0", nullptr};
    const Reading reading = examine_arguments(file.with({"--prefix=x"}), environment.data(), Scope::settings);
    std::string all;
    for (const posix::Failure& problem : reading.problems) all.append(text_of(problem)).append("\n");
    BOOST_TEST(reading.problems.size() == 7u, all);
    for (const char* const part : {"REELGATE_COLOUR: ", "REELGATE_MAX_RANGES: ", ":1: colour", ":2: grace", ":3: [x]",
                                   ":4: threads", "--prefix x: "})
        BOOST_TEST(contains(all, part), all);
    BOOST_TEST(!reading.is_partial);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_read_at_all) {
    const char* const environment[] = {nullptr};
    for (const Words& words : {Words{"--colour=red"}, Words{"--config=/nonexistent"}, Words{"--threads"}})
        BOOST_TEST_CONTEXT(words.front()) {
            const Reading reading = examine_arguments(words, environment, Scope::settings);
            BOOST_TEST(reading.is_partial);
            BOOST_TEST(reading.problems.size() == 1u);
        }
}

BOOST_AUTO_TEST_CASE(sources_of_what_is_in_force) {
    const ConfigFile file{"# first\ngrace = 7\n"};
    Words environment{"REELGATE_READY=done", nullptr};
    const Arguments arguments = read_arguments(file.with({"--data=/d"}), environment.data(), Scope::settings);
    const std::string text = describe_settings(arguments, settings_from(arguments));
    for (const char* const part :
         {"# command line\ndata = /d\n", "# default\ndatabase = /d/catalog.db\n", "reelgate.conf:2\ngrace = 7\n",
          "# environment REELGATE_READY\nready = done\n", "# default\nprefix = /api/stream/\n",
          "# default: the socket that systemd hands over, or the one on fd 0\n# listen = \n"})
        BOOST_TEST(contains(text, part), text);
}

BOOST_AUTO_TEST_CASE(what_is_in_force_is_a_file) {
    const Words words{"--query=SELECT status -- '#;\\\n FROM videos\nWHERE id = ?1", "--cors-origin=http://a.example",
                      "--cors-origin=http://b.example", "--cache-control=public, max-age=60", "--listen=unix:/s"};
    const Arguments arguments = read(words);
    const ConfigFile file{describe_settings(arguments, settings_from(arguments))};
    const Arguments again = read(file.with({}));
    for (const char* const name : {"query", "cors-origin", "cache-control", "listen"})
        BOOST_TEST(given(again, name) == given(arguments, name));
    BOOST_TEST(settings_from(again).handler.places.database.native() == "/var/lib/reelgate/catalog.db");
}

BOOST_AUTO_TEST_CASE(what_no_file_can_say_is_a_comment) {
    for (const char* const word : {"--ready= x", "--ready=x ", "--ready='x'", "--ready=x\\", "--ready=\x01"})
        BOOST_TEST_CONTEXT(word) {
            const Arguments arguments = read({word});
            const std::string text = describe_settings(arguments, settings_from(arguments));
            BOOST_TEST(contains(text, "\n# cannot be written in a file: ready = "), text);
            const ConfigFile file{text};
            BOOST_TEST(given(read(file.with({})), "ready") == "(absent)");
        }
}

BOOST_AUTO_TEST_CASE(default_stands_in_for_a_refused_value) {
    const char* const environment[] = {"REELGATE_DATABASE=", nullptr};
    const Words words{"--data=/d", "--grace=soon", "--threads=0", "--prefix=x"};
    const Reading reading = examine_arguments(words, environment, Scope::settings);
    BOOST_TEST(reading.settings.engine.grace.count() == 30);
    BOOST_TEST(reading.settings.engine.threads == engine::default_threads());
    BOOST_TEST(reading.settings.handler.places.prefix == "/api/stream/");
    BOOST_TEST(reading.settings.handler.places.database.native() == "/d/catalog.db");
}

// What a failure is made of

struct FailureRow {
    std::string_view name;
    Words words;
    Words environment;
    std::string_view content = "";  ///< of the configuration file
    posix::Failure expected;        ///< an operation that is a line of the file lacks the path
};

const FailureRow failures[] = {
    {.name = "value_on_the_command_line", .words = {"--grace=soon"},
     .expected = {.object = "--grace soon", .cause = "needs a number from 0 to 86400"}},
    {.name = "value_in_the_environment", .environment = {"REELGATE_GRACE=1 # s"},
     .expected = {.operation = "environment REELGATE_GRACE", .object = "grace = 1 # s",
                  .cause = "needs a number from 0 to 86400", .remedy = "a comment needs a line of its own"}},
    {.name = "value_in_the_file", .content = "\nping-path = /x\nstatus-path = /x\n",
     .expected = {.operation = "reelgate.conf:2", .object = "ping-path = /x", .cause = "is status-path as well",
                  .remedy = "which one is meant?"}},
    {.name = "unknown_word", .words = {"--thread=3"},
     .expected = {.object = "--thread=3", .cause = "no such option", .remedy = "did you mean threads?"}},
    {.name = "unknown_variable", .environment = {"REELGATE_COLOUR=red"},
     .expected = {.operation = "environment REELGATE_COLOUR", .cause = "no such option",
                  .remedy = "`reelgate --help` lists them"}},
    {.name = "unknown_name_in_the_file", .content = "grce = 3\n",
     .expected = {.operation = "reelgate.conf:1", .object = "grce", .cause = "no such option",
                  .remedy = "did you mean grace?"}},
    {.name = "line_without_an_assignment", .content = "[server]\n",
     .expected = {.operation = "reelgate.conf:1", .object = "[server]", .cause = "there are no sections",
                  .remedy = "leave this line out"}},
    {.name = "given_twice", .words = {"--ready=a", "--ready=b"},
     .expected = {.object = "--ready", .cause = "given twice", .remedy = "which one is meant?"}},
};

BOOST_AUTO_TEST_CASE(parts_of_a_failure) {
    for (const FailureRow& row : failures) {
        BOOST_TEST_CONTEXT(row.name) {
            const ConfigFile file{row.content};
            Words environment = row.environment;
            environment.push_back(nullptr);
            const Reading reading = examine_arguments(file.with(row.words), environment.data(), Scope::settings);
            BOOST_REQUIRE(reading.problems.size() == 1u);
            const posix::Failure& failure = reading.problems.front();
            BOOST_TEST(failure.operation.ends_with(row.expected.operation), failure.operation);
            BOOST_TEST(failure.operation.empty() == row.expected.operation.empty(), failure.operation);
            BOOST_TEST(failure.object == row.expected.object);
            BOOST_TEST(failure.cause == row.expected.cause);
            BOOST_TEST(failure.remedy == row.expected.remedy);
        }
    }
}

// Values

struct ValueRow {
    std::string_view name;
    Words words;
    std::string_view expected = "nothing thrown";
};

constexpr std::string_view octal = "needs an octal mode such as 0660";

const ValueRow values[] = {
    {.name = "prefix_of_the_root", .words = {"--prefix=/"}},
    {.name = "prefix_without_first_slash", .words = {"--prefix=api/"},
     .expected = "--prefix api/: has to begin and end with /"},
    {.name = "prefix_without_last_slash", .words = {"--prefix=/api"},
     .expected = "--prefix /api: has to begin and end with /"},
    {.name = "least_ranges", .words = {"--max-ranges=1"}},
    {.name = "most_ranges", .words = {"--max-ranges=10000"}},
    {.name = "no_ranges", .words = {"--max-ranges=0"}, .expected = "--max-ranges 0: needs a number from 1 to 10000"},
    {.name = "too_many_ranges", .words = {"--max-ranges=10001"}, .expected = "needs a number from 1 to 10000"},
    {.name = "negative", .words = {"--max-ranges=-1"}, .expected = "--max-ranges -1: needs a number"},
    {.name = "sign", .words = {"--max-ranges=+1"}, .expected = "--max-ranges +1: needs a number"},
    {.name = "fraction", .words = {"--max-ranges=1.5"}, .expected = "--max-ranges 1.5: needs a number"},
    {.name = "hexadecimal", .words = {"--max-ranges=0x10"}, .expected = "--max-ranges 0x10: needs a number"},
    {.name = "beyond_32_bits", .words = {"--max-ranges=4294967297"}, .expected = "needs a number"},
    {.name = "word", .words = {"--threads=many"}, .expected = "--threads many: needs a number from 1 to 1024"},
    {.name = "no_threads", .words = {"--threads=0"}, .expected = "--threads 0: needs a number from 1 to 1024"},
    {.name = "most_threads", .words = {"--threads=1024"}},
    {.name = "too_many_threads", .words = {"--threads=1025"}, .expected = "needs a number from 1 to 1024"},
    {.name = "no_grace", .words = {"--grace=0"}},
    {.name = "a_day_of_grace", .words = {"--grace=86400"}},
    {.name = "more_grace", .words = {"--grace=86401"}, .expected = "--grace 86401: needs a number from 0 to 86400"},
    {.name = "grace_with_unit", .words = {"--grace=30s"}, .expected = "--grace 30s: needs a number"},
    {.name = "offload_prefix_with_a_line_feed", .words = {"--offload-prefix=/a\n/"},
     .expected = "--offload-prefix /a\n/: must not contain control characters"},
    {.name = "mode_without_zero", .words = {"--socket-mode=777"}},
    {.name = "mode_with_bits_beyond", .words = {"--socket-mode=1777"}, .expected = octal},
    {.name = "mode_not_octal", .words = {"--socket-mode=0688"}, .expected = octal},
    {.name = "mode_in_letters", .words = {"--socket-mode=rw-"}, .expected = octal},
    {.name = "cache_control_with_commas", .words = {"--cache-control=public, max-age=60"}},
    {.name = "cache_control_of_two_lines", .words = {"--cache-control=private\r\nX: y"},
     .expected = "must not contain control characters"},
    {.name = "cache_control_with_delete", .words = {"--cache-control=\x7f"}, .expected = "must not contain control"},
    {.name = "offload_by_nobody", .words = {"--offload=none"}},
    {.name = "offload_by_lighttpd_or_apache", .words = {"--offload=x-sendfile"}},
    {.name = "offload_by_nginx", .words = {"--offload=x-accel-redirect"}},
    {.name = "offload_by_a_stranger", .words = {"--offload=X-Sendfile"},
     .expected = "--offload X-Sendfile: needs none, x-sendfile or x-accel-redirect"},
    {.name = "offload_prefix_without_first_slash", .words = {"--offload-prefix=films/"},
     .expected = "--offload-prefix films/: has to begin and end with /"},
    {.name = "offload_prefix_without_last_slash", .words = {"--offload-prefix=/films"},
     .expected = "--offload-prefix /films: has to begin and end with /"},
    {.name = "status_path", .words = {"--status-path=/status"}},
    {.name = "status_path_without_slash", .words = {"--status-path=status"},
     .expected = "--status-path status: has to begin with /"},
    {.name = "status_path_with_a_query", .words = {"--status-path=/status?json"},
     .expected = "--status-path /status?json: has to end before ? and #"},
    {.name = "auth_path_with_a_fragment", .words = {"--auth-path=/auth#film"},
     .expected = "--auth-path /auth#film: has to end before ? and #"},
    {.name = "ping_path_without_slash", .words = {"--ping-path=ping"},
     .expected = "--ping-path ping: has to begin with /"},
    {.name = "one_path_for_both_pages", .words = {"--ping-path=/x", "--status-path=/x"},
     .expected = "--ping-path /x: is status-path as well; which one is meant?"},
    {.name = "status_where_servers_ask_who_may_watch", .words = {"--auth-path=/x", "--status-path=/x"},
     .expected = "--status-path /x: is auth-path as well; which one is meant?"},
    {.name = "ping_where_servers_ask_who_may_watch", .words = {"--auth-path=/x", "--ping-path=/x"},
     .expected = "--ping-path /x: is auth-path as well; which one is meant?"},
    {.name = "a_path_for_each_page", .words = {"--ping-path=/x", "--status-path=/x/y"}},
    {.name = "log_level", .words = {"--log-level=debug"}},
    {.name = "log_level_in_capitals", .words = {"--log-level=DEBUG"},
     .expected = "--log-level DEBUG: needs error, warning, notice, info or debug"},
    {.name = "log_level_as_a_number", .words = {"--log-level=3"}, .expected = "--log-level 3: needs error, "},
};

BOOST_AUTO_TEST_CASE(value_in_its_bounds_or_refused) {
    for (const ValueRow& row : values) {
        BOOST_TEST_CONTEXT(row.name) {
            const std::string message = refusal(row.words);
            BOOST_TEST(contains(message, row.expected), message);
        }
    }
}

BOOST_AUTO_TEST_CASE(values_reach_the_settings) {
    const Settings settings = settings_from(
        read({"--query=SELECT 1", "--ready=done", "--prefix=/v/", "--listen=unix:/s", "--socket-mode=0606",
              "--threads=3", "--grace=4", "--max-ranges=5", "--cache-control=no-cache", "--log-level=warning",
              "--offload=x-accel-redirect", "--offload-prefix=/f/", "--status-path=/s", "--ping-path=/p"}));
    BOOST_TEST(settings.handler.places.query == "SELECT 1");
    BOOST_TEST(settings.handler.places.ready == "done");
    BOOST_TEST(settings.handler.places.prefix == "/v/");
    BOOST_TEST(settings.listen == "unix:/s");
    BOOST_TEST(settings.socket_mode == 0606u);
    BOOST_TEST(settings.engine.threads == 3u);
    BOOST_TEST(settings.engine.grace.count() == 4);
    BOOST_TEST(settings.handler.policy.max_ranges == 5u);
    BOOST_TEST(settings.handler.policy.cache_control == "no-cache");
    BOOST_TEST((settings.log_level == LogLevel::warning));
    BOOST_TEST((settings.handler.delivery.offload == Offload::x_accel_redirect));
    BOOST_TEST(settings.handler.delivery.offload_prefixes == std::vector<std::string>{"/f/"});
    BOOST_TEST(settings.engine.status_path == "/s");
    BOOST_TEST(settings.engine.ping_path == "/p");
}

// Origins: from any source, one or several to a value

struct OriginsRow {
    std::string_view name;
    Words words;
    Words environment;
    std::string_view content = "";  ///< of the configuration file
    std::string_view expected;      ///< the origins, one bar between two, or the message
};

const OriginsRow origins[] = {
    {.name = "nowhere", .expected = ""},
    {.name = "one", .words = {"--cors-origin", "https://a.example"}, .expected = "https://a.example"},
    {.name = "everybody", .words = {"--cors-origin=*"}, .expected = "*"},
    {.name = "repeated", .words = {"--cors-origin=https://a.example", "--cors-origin=http://localhost:5173"},
     .expected = "https://a.example|http://localhost:5173"},
    {.name = "list_in_a_word", .words = {"--cors-origin=https://a.example,http://b.example"},
     .expected = "https://a.example|http://b.example"},
    {.name = "one_in_the_environment", .environment = {"REELGATE_CORS_ORIGIN=https://a.example"},
     .expected = "https://a.example"},
    {.name = "list_in_the_environment",
     .environment = {"REELGATE_CORS_ORIGIN=https://a.example,http://b.example, https://c.example\thttp://[::1]:80"},
     .expected = "https://a.example|http://b.example|https://c.example|http://[::1]:80"},
    {.name = "empty_members", .environment = {"REELGATE_CORS_ORIGIN=, https://a.example,,http://b.example ,"},
     .expected = "https://a.example|http://b.example"},
    {.name = "everybody_in_the_environment", .environment = {"REELGATE_CORS_ORIGIN= * "}, .expected = "*"},
    {.name = "lines_of_the_file", .content = "cors-origin = https://a.example\ncors-origin = http://b.example\n",
     .expected = "https://a.example|http://b.example"},
    {.name = "first_source_counts_alone", .words = {"--cors-origin=https://a.example"},
     .environment = {"REELGATE_CORS_ORIGIN=https://b.example"}, .content = "cors-origin = https://c.example\n",
     .expected = "https://a.example"},
};

BOOST_AUTO_TEST_CASE(origins_of_all_sources) {
    for (const OriginsRow& row : origins) {
        BOOST_TEST_CONTEXT(row.name) {
            const ConfigFile file{row.content};
            std::string text;
            for (const std::string& origin :
                 settings_from(read(file.with(row.words), row.environment)).handler.policy.cors_origins)
                text.append(text.empty() ? "" : "|").append(origin);
            BOOST_TEST(text == row.expected);
        }
    }
}

const OriginsRow refused_origins[] = {
    {.name = "host_alone", .words = {"--cors-origin=a.example"}, .expected = "--cors-origin a.example: needs * or"},
    {.name = "slash_behind_it", .words = {"--cors-origin=https://a.example/"},
     .expected = "--cors-origin https://a.example/: needs * or scheme://host[:port], in lower case"},
    {.name = "separators_alone", .words = {"--cors-origin=, "}, .expected = "names no origin"},
    {.name = "pattern", .words = {"--cors-origin=https://*.example"}, .expected = "https://*.example: needs"},
    {.name = "opaque_origin", .words = {"--cors-origin=null"}, .expected = "null: needs"},
    {.name = "second_of_two_options", .words = {"--cors-origin=https://a.example", "--cors-origin=b"},
     .expected = "--cors-origin b: needs"},
    {.name = "second_of_a_list", .environment = {"REELGATE_CORS_ORIGIN=https://a.example, b"},
     .expected = "environment REELGATE_CORS_ORIGIN: cors-origin = b: needs"},
    {.name = "everybody_before_others", .words = {"--cors-origin=*", "--cors-origin=https://a.example"},
     .expected = "--cors-origin *: stands for every origin; leave the others out"},
    {.name = "everybody_behind_others", .environment = {"REELGATE_CORS_ORIGIN=https://a.example *"},
     .expected = "cors-origin = *: stands for every origin; leave the others out"},
    {.name = "empty", .words = {"--cors-origin="}, .expected = "cors-origin"},
};

BOOST_AUTO_TEST_CASE(origins_that_are_refused) {
    for (const OriginsRow& row : refused_origins) {
        BOOST_TEST_CONTEXT(row.name) {
            const std::string message = refusal(row.words, row.environment);
            BOOST_TEST(contains(message, row.expected), message);
        }
    }
}

// A switch: alone on the command line, and with a value everywhere

struct SwitchRow {
    std::string_view name;
    Words words;
    Words environment;
    std::string_view content = "";
    bool expected = false;
};

const SwitchRow switches[] = {
    {.name = "nowhere"},
    {.name = "alone", .words = {"--cors-credentials"}, .expected = true},
    {.name = "on", .words = {"--cors-credentials=on"}, .expected = true},
    {.name = "off", .words = {"--cors-credentials=off"}},
    {.name = "in_the_environment", .environment = {"REELGATE_CORS_CREDENTIALS=on"}, .expected = true},
    {.name = "in_the_file", .content = "cors-credentials = on\n", .expected = true},
    {.name = "off_again", .words = {"--cors-credentials=off"}, .environment = {"REELGATE_CORS_CREDENTIALS=on"},
     .content = "cors-credentials = on\n"},
    {.name = "with_origins", .words = {"--cors-credentials", "--cors-origin=https://a.example"}, .expected = true},
    {.name = "off_with_all_origins", .words = {"--cors-origin=*", "--cors-credentials=off"}},
};

BOOST_AUTO_TEST_CASE(switch_of_all_sources) {
    for (const SwitchRow& row : switches) {
        BOOST_TEST_CONTEXT(row.name) {
            const ConfigFile file{row.content};
            const Settings settings = settings_from(read(file.with(row.words), row.environment));
            BOOST_TEST(settings.handler.policy.cors_credentials == row.expected);
        }
    }
}

BOOST_AUTO_TEST_CASE(switch_does_not_take_the_next_word) {
    const Arguments arguments = read({"--cors-credentials", "on", "off"}, {}, Scope::get);
    BOOST_TEST(arguments.value("cors-credentials").value_or("") == "on");
    BOOST_TEST((arguments.operands == std::vector<std::string>{"on", "off"}));
    const Arguments operands = read({"--", "--cors-credentials"}, {}, Scope::get);
    BOOST_TEST((operands.operands == std::vector<std::string>{"--cors-credentials"}));
}

const OriginsRow refused_switches[] = {
    {.name = "another_word", .words = {"--cors-credentials=yes"},
     .expected = "--cors-credentials yes: needs on or off"},
    {.name = "empty", .environment = {"REELGATE_CORS_CREDENTIALS="}, .expected = "cors-credentials"},
    {.name = "twice", .words = {"--cors-credentials", "--cors-credentials"}, .expected = "given twice"},
    {.name = "with_everybody", .words = {"--cors-credentials", "--cors-origin=*"},
     .expected = "--cors-credentials on: cors-origin is *, and browsers refuse that pair; list the origins"},
    {.name = "with_everybody_in_the_environment", .words = {"--cors-origin=*"},
     .environment = {"REELGATE_CORS_CREDENTIALS=on"}, .expected = "browsers refuse that pair"},
};

BOOST_AUTO_TEST_CASE(switches_that_are_refused) {
    for (const OriginsRow& row : refused_switches) {
        BOOST_TEST_CONTEXT(row.name) {
            const std::string message = refusal(row.words, row.environment);
            BOOST_TEST(contains(message, row.expected), message);
        }
    }
}

// The table: what a row needs, and a line of --help for each

BOOST_AUTO_TEST_CASE(every_row_is_complete) {
    for (const Option& option : option_table()) {
        BOOST_TEST_CONTEXT(option.name) {
            const bool is_setting = option.scope == Scope::settings && option.name != "config";
            BOOST_TEST((option.set != nullptr) == is_setting);
            BOOST_TEST(!option.text.empty() == is_setting);
            // What the shipped file shows: the default, or an example.
            const bool has_value = !option.default_value.empty() || option.compute_default;
            if (is_setting) BOOST_TEST((has_value || !option.example.empty()));
            BOOST_TEST((option.default_value.empty() || option.default_in_words.empty()));
            BOOST_TEST((!option.compute_default || !option.default_in_words.empty()));
        }
    }
}

BOOST_AUTO_TEST_CASE(changes_that_need_a_restart) {
    const Settings before = settings_from(read({}));
    const Words words{"--listen=unix:/s", "--socket-mode=0600", "--threads=1", "--status-path=/s", "--ping-path=/p"};
    const auto needs_restart = [](const Option& option) { return option.agree != nullptr; };
    const auto table = option_table();
    BOOST_TEST(static_cast<std::size_t>(std::count_if(table.begin(), table.end(), needs_restart)) == words.size());
    for (const char* const word : words) {
        BOOST_TEST_CONTEXT(word) {
            const Settings after = settings_from(read({word}));
            std::string changed;
            for (const Option& option : table)
                if (needs_restart(option) && !option.agree(before, after))
                    changed.append("--").append(option.name).append("=");
            BOOST_TEST(!changed.empty());
            BOOST_TEST(std::string_view{word}.starts_with(changed), changed);
        }
    }
}

BOOST_AUTO_TEST_CASE(bounds_in_a_text_are_those_of_the_check) {
    for (const Option& option : option_table()) {
        if (option.argument != "N" && option.argument != "SECONDS") continue;
        // It has no bound that anybody meets.
        if (option.name == "max-viewers") continue;
        const std::string word = "--" + std::string{option.name} + "=many";
        std::string bounds = refusal({word.c_str()});
        bounds.erase(0, bounds.find(" from ") + 6);
        if (bounds.starts_with("0 to ")) bounds.replace(0, 1, "up");
        BOOST_TEST_CONTEXT(option.name << ": " << bounds) {
            BOOST_TEST((contains(option.text, bounds + ",") || contains(option.text, bounds + ".")));
        }
    }
}

BOOST_AUTO_TEST_CASE(every_example_is_valid) {
    for (const Option& option : option_table()) {
        if (option.example.empty()) continue;
        const std::string word = "--" + std::string{option.name} + "=" + std::string{option.example};
        // What is said of links needs their keys.
        std::vector<const char*> words{word.c_str()};
        if (option.name.starts_with("link") && option.name != "link-key") words.push_back("--link-key=/keys");
        BOOST_TEST_CONTEXT(word) { BOOST_TEST(refusal(words) == "nothing thrown"); }
    }
}

BOOST_AUTO_TEST_CASE(every_option_is_described) {
    for (const Option& option : option_table()) {
        BOOST_TEST_CONTEXT(option.name) {
            const std::string text = describe_options(option.scope);
            BOOST_TEST(contains(text, "  --" + std::string{option.name} + (option.is_switch ? "[=" : " ")));
            BOOST_TEST(contains(text, meaning_of(option)));
            BOOST_TEST(!option.meaning.empty());
            if (!option.default_value.empty())
                BOOST_TEST(contains(text, "(default: " + std::string{option.default_value} + ")"));
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace reelgate::options
