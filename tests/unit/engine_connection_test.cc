// Owns the tests of one connection from a web server: the table phase x event -> phase, row by row.
// Does not know threads, nor how a connection is made, called and asked: the fixture does.
// SPDX-License-Identifier: MIT
#include <boost/test/unit_test.hpp>
#include <cerrno>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "connection_fixture.h"
#include "log.h"
#include "messages.h"
#include "socket_calls.h"

namespace reelgate::engine {
namespace {

using gateway::begin;
using gateway::body;
using gateway::keep;
using gateway::management;
using gateway::params;
using gateway::record;
using gateway::RecordType;
using gateway::rest;

// What can happen to a connection

using Event = std::function<void(Fixture&)>;

/// The peer says something, and the connection proceeds.
Event says(std::string bytes) {
    return [bytes = std::move(bytes)](Fixture& fixture) {
        fixture.say(bytes);
        fixture.let_proceed();
    };
}

/// Says something, and ends its side at once.
Event says_and_ends(std::string bytes) {
    return [bytes = std::move(bytes)](Fixture& fixture) {
        fixture.say(bytes);
        fixture.end();
        fixture.let_proceed();
    };
}

/// Says something, or ends its side, while the connection waits for storage: the watch has it looked at.
Event is_heard_saying(std::string bytes) {
    return [bytes = std::move(bytes)](Fixture& fixture) {
        fixture.say(bytes);
        fixture.proceed_as_readable();
    };
}

void is_heard_ending(Fixture& fixture) {
    fixture.end();
    fixture.proceed_as_readable();
}

void takes_some(Fixture& fixture) {
    fixture.take();
    fixture.let_proceed();
}

void takes_all(Fixture& fixture) { fixture.take_all(); }

/// Something happens while the film's file cannot be read.
Event while_unreadable(Event event) {
    return [event = std::move(event)](Fixture& fixture) {
        const FailingCopies failing{EIO};
        event(fixture);
    };
}

/// Something happens while the system has no memory for sockets.
Event without_memory(Event event) {
    return [event = std::move(event)](Fixture& fixture) {
        const FailingSocketCalls failing{ENOMEM};
        event(fixture);
    };
}

void ends(Fixture& fixture) {
    fixture.end();
    fixture.let_proceed();
}

void leaves(Fixture& fixture) {
    fixture.leave();
    fixture.let_proceed();
}

void resets(Fixture& fixture) {
    fixture.reset();
    fixture.let_proceed();
}

void catalogue_is_locked(Fixture& fixture) { fixture.set_catalogue(Catalogue::locked); }

void catalogue_is_free(Fixture& fixture) { fixture.set_catalogue(Catalogue::free); }

void film_is_not_in_the_catalogue(Fixture& fixture) { fixture.set_catalogue(Catalogue::without_film); }

void others_have_all_seats(Fixture& fixture) { fixture.take_last_seat(); }

void catalogue_fails(Fixture& fixture) { fixture.set_catalogue(Catalogue::failing); }

void storage_is_slow(Fixture& fixture) { fixture.set_storage(StorageState::slow); }

void storage_is_well(Fixture& fixture) { fixture.set_storage(StorageState::well); }

void storage_hangs(Fixture& fixture) { fixture.set_storage(StorageState::hung); }

void is_turned_away(Fixture& fixture) { fixture.turn_away(); }

void folder_is_on_slow_storage(Fixture& fixture) { fixture.serve_in_other_lane(); }

void storage_timeout_is_over(Fixture& fixture) { fixture.take_all_patience(); }

void its_thread_is_lost(Fixture& fixture) { fixture.lose_thread(); }

void film_is_cut(Fixture& fixture) { fixture.set_file_length(0); }

void film_has_grown(Fixture& fixture) { fixture.set_file_length(reel_length + 1); }

void its_turn_comes(Fixture& fixture) { fixture.let_proceed(); }

void is_readable_all_the_same(Fixture& fixture) { fixture.proceed_as_readable(); }

void is_asked_for_the_last_time(Fixture& fixture) { fixture.wait_for_last_try(); }

void is_looked_at(Fixture& fixture) { fixture.look_at_peer(); }

void stalls(Fixture& fixture) { fixture.cut_off_as_stalled(); }

void we_fail(Fixture& fixture) { fixture.give_up(); }

/// It is gone.
constexpr std::nullopt_t closed = std::nullopt;

// What a web server says

constexpr std::uint16_t one = 1, two = 2;
constexpr unsigned char not_kept = 0;
constexpr unsigned filter_role = 3;

const std::string ping = request("/ping"), second_ping = request("/ping", two);
const std::string last_ping = request("/ping", one, not_kept);
const std::string page_request = request("/page"), last_page = request("/page", one, not_kept);
const std::string clip = request("/clip"), second_clip = request("/clip", two);
const std::string last_clip = request("/clip", one, not_kept);
const std::string film = request("/film"), last_film = request("/film", one, not_kept);
const std::string whole_reel = request("/reel"), last_reel = request("/reel", one, not_kept);
const std::string abort = gateway::abort();
const std::string values = record(RecordType::get_values, "", 0);
const std::string no_fastcgi = "GET / HTTP/1.1\r\n\r\n";
const std::string params_cut_off = begin(one, keep) + rest("\x05");

std::string times(int count, std::string_view bytes) {
    std::string all;
    for (int i = 0; i < count; ++i) all += bytes;
    return all;
}

/// Draws more replies than are kept for a peer that does not take them.
const std::string flood = times(1000, management(42));

/// Fills a narrow socket with replies; what is answered next has to wait.
const std::string full_socket = times(300, management(42));
const std::string refusal = begin(one, not_kept, filter_role);

const std::string_view does_not_answer = ": does not answer: its films get 503 until it does";

// The table

struct Row {
    std::string_view name;
    Transport transport = Transport::unix_socket;
    Socket socket = Socket::narrow;
    std::vector<Event> before = {};  ///< what has happened
    Event event;
    std::optional<Phase> phase;  ///< after it; nothing: closed
    Wait wait = Wait::nothing;   ///< for what it waits then
    std::string_view taken;      ///< what the peer has got so far, and what is there for it
    std::string_view counted = "";
    std::size_t viewers = 0;
    std::string_view logged = "";  ///< part of it
};

constexpr Transport tcp = Transport::internet;

const Row reading[] = {
    // Nothing whole has come
    {.name = "part_of_a_header", .event = says(ping.substr(0, 5)),
     .phase = Phase::reading, .wait = Wait::readable, .taken = ""},
    {.name = "part_of_a_request", .event = says(ping.substr(0, 40)),
     .phase = Phase::reading, .wait = Wait::readable, .taken = ""},
    {.name = "rest_of_a_request", .before = {says(ping.substr(0, 40))}, .event = says(ping.substr(40)),
     .phase = Phase::reading, .wait = Wait::readable, .taken = "answer 1: pong", .counted = "monitoring"},
    {.name = "peer_ends_before_it_says_anything", .event = ends, .phase = closed, .taken = "EOF"},
    {.name = "peer_ends_within_a_request", .before = {says(ping.substr(0, 40))}, .event = ends,
     .phase = closed, .taken = "EOF"},
    {.name = "storage_is_slow", .before = {storage_is_slow}, .event = says(clip),
     .phase = Phase::asking, .wait = Wait::storage, .taken = "", .viewers = 1},
    {.name = "storage_holds_the_thread", .before = {its_thread_is_lost}, .event = says(clip),
     .phase = Phase::asking, .wait = Wait::lost, .taken = "", .viewers = 1},
    {.name = "memory_is_short", .event = without_memory(says(ping)), .phase = closed, .taken = "reset",
     .logged = "read request: connection: Cannot allocate memory: closed"},
    {.name = "peer_leaves", .event = leaves, .phase = closed, .taken = ""},
    {.name = "peer_leaves_over_tcp", .transport = tcp, .event = leaves, .phase = closed, .taken = ""},
    {.name = "peer_resets", .transport = tcp, .before = {says(ping.substr(0, 40))}, .event = resets,
     .phase = closed, .taken = ""},
    {.name = "peer_stalls_within_a_request", .before = {says(ping.substr(0, 40))}, .event = stalls,
     .phase = closed, .taken = "EOF"},
    {.name = "we_fail_before_a_request", .before = {says(ping.substr(0, 40))}, .event = we_fail,
     .phase = closed, .taken = "EOF"},

    // A request is whole
    {.name = "request_of_ours", .event = says(ping),
     .phase = Phase::reading, .wait = Wait::readable, .taken = "answer 1: pong", .counted = "monitoring"},
    {.name = "request_of_ours_on_the_last_connection", .event = says(last_ping),
     .phase = closed, .taken = "answer 1: pong; EOF", .counted = "monitoring"},
    {.name = "request_of_ours_on_the_last_connection_over_tcp", .transport = tcp, .event = says(last_ping),
     .phase = Phase::lingering, .wait = Wait::readable, .taken = "answer 1: pong; EOF", .counted = "monitoring"},
    {.name = "request_for_a_clip", .event = says(clip),
     .phase = Phase::reading, .wait = Wait::readable, .taken = "answer 1: clip", .counted = "complete"},
    {.name = "request_for_the_last_clip", .event = says(last_clip),
     .phase = closed, .taken = "answer 1: clip; EOF", .counted = "complete"},
    {.name = "request_for_the_last_clip_over_tcp", .transport = tcp, .event = says(last_clip),
     .phase = Phase::lingering, .wait = Wait::readable, .taken = "answer 1: clip; EOF", .counted = "complete"},
    {.name = "request_for_more_than_the_socket_takes", .event = says(film),
     .phase = Phase::answering, .wait = Wait::writable, .taken = "answer 1 begins", .viewers = 1},
    {.name = "request_of_ours_for_more_than_the_socket_takes", .event = says(page_request),
     .phase = Phase::answering, .wait = Wait::writable, .taken = "answer 1 begins", .counted = "monitoring"},
    {.name = "request_while_the_catalogue_is_locked", .before = {catalogue_is_locked}, .event = says(clip),
     .phase = Phase::asking, .wait = Wait::a_moment, .taken = "", .viewers = 1},
    {.name = "request_of_ours_while_the_catalogue_is_locked", .before = {catalogue_is_locked}, .event = says(ping),
     .phase = Phase::reading, .wait = Wait::readable, .taken = "answer 1: pong", .counted = "monitoring"},
    {.name = "request_while_others_have_all_seats", .before = {others_have_all_seats}, .event = says(clip),
     .phase = Phase::reading, .wait = Wait::readable, .taken = R"(answer 1: 503 {"detail":"Too many viewers"})",
     .counted = "complete", .viewers = 1},
    {.name = "request_of_ours_while_others_have_all_seats", .before = {others_have_all_seats}, .event = says(ping),
     .phase = Phase::reading, .wait = Wait::readable, .taken = "answer 1: pong", .counted = "monitoring",
     .viewers = 1},
    {.name = "request_whose_answer_fails", .before = {catalogue_fails}, .event = says(clip),
     .phase = closed, .taken = "EOF"},
    {.name = "request_and_end", .event = says_and_ends(clip),
     .phase = Phase::reading, .wait = Wait::readable, .taken = "answer 1: clip", .counted = "complete"},
    {.name = "end_after_an_answer", .before = {says_and_ends(clip)}, .event = its_turn_comes,
     .phase = closed, .taken = "answer 1: clip; EOF", .counted = "complete"},
    {.name = "two_requests_at_once", .event = says(ping + second_clip),
     .phase = Phase::reading, .wait = Wait::readable, .taken = "answer 1: pong; answer 2: clip",
     .counted = "complete; monitoring"},
    {.name = "request_and_part_of_the_next", .event = says(ping + second_ping.substr(0, 40)),
     .phase = Phase::reading, .wait = Wait::readable, .taken = "answer 1: pong", .counted = "monitoring"},
    {.name = "rest_of_the_next_request", .before = {says(ping + second_ping.substr(0, 40))},
     .event = says(second_ping.substr(40)),
     .phase = Phase::reading, .wait = Wait::readable, .taken = "answer 1: pong; answer 2: pong",
     .counted = "2 times monitoring"},
    {.name = "last_request_and_one_behind_it", .event = says(last_ping + second_ping),
     .phase = closed, .taken = "answer 1: pong; EOF", .counted = "monitoring"},
    {.name = "abort_behind_a_request_comes_in_time", .event = says(clip + abort),
     .phase = Phase::reading, .wait = Wait::readable, .taken = "answer 1: nothing", .counted = "aborted"},
    {.name = "abort_after_the_answer_means_nothing", .before = {says(clip)}, .event = says(abort + second_clip),
     .phase = Phase::reading, .wait = Wait::readable, .taken = "answer 1: clip; answer 2: clip",
     .counted = "2 times complete"},
    {.name = "abort_of_the_request_before_means_nothing_to_the_next",
     .before = {says(whole_reel), says(abort), takes_all}, .event = says(second_clip),
     .phase = Phase::reading, .wait = Wait::readable, .taken = "answer 1: part of the reel; answer 2: clip",
     .counted = "complete; aborted"},
    {.name = "input_is_open_again_for_the_next",
     .before = {says(film), says(request("/film", two)), takes_all}, .event = says(film),
     .phase = Phase::answering, .wait = Wait::writable,
     .taken = "answer 1: film; answer 2: film; answer 1 begins", .counted = "2 times complete", .viewers = 1},
    {.name = "no_fastcgi_behind_a_request", .event = says(clip + no_fastcgi),
     .phase = closed, .taken = "answer 1: clip; EOF", .counted = "complete",
     .logged = "not valid FastCGI"},

    // A request is aborted before it is whole
    {.name = "abort", .event = says(begin(one, keep) + abort),
     .phase = Phase::reading, .wait = Wait::readable, .taken = "end 1: complete"},
    {.name = "abort_on_the_last_connection", .event = says(begin(one, not_kept) + abort),
     .phase = closed, .taken = "end 1: complete; EOF"},
    {.name = "abort_on_the_last_connection_over_tcp", .transport = tcp, .event = says(begin(one, not_kept) + abort),
     .phase = Phase::lingering, .wait = Wait::readable, .taken = "end 1: complete; EOF"},
    {.name = "abort_and_the_next_request", .event = says(begin(one, keep) + abort + second_ping),
     .phase = Phase::reading, .wait = Wait::readable, .taken = "end 1: complete; answer 2: pong",
     .counted = "monitoring"},

    // It is no request for us
    {.name = "other_role", .event = says(begin(one, keep, filter_role)),
     .phase = Phase::reading, .wait = Wait::readable, .taken = "end 1: unknown role"},
    {.name = "other_role_on_the_last_connection", .event = says(begin(one, not_kept, filter_role)),
     .phase = closed, .taken = "end 1: unknown role; EOF"},
    {.name = "other_role_on_the_last_connection_over_tcp", .transport = tcp,
     .event = says(begin(one, not_kept, filter_role)),
     .phase = Phase::lingering, .wait = Wait::readable, .taken = "end 1: unknown role; EOF"},
    {.name = "another_begins_within", .event = says(begin(one, keep) + begin(two, keep)),
     .phase = Phase::reading, .wait = Wait::readable, .taken = "end 2: one at a time"},
    {.name = "the_same_begins_within", .event = says(begin(one, keep) + begin(one, keep)),
     .phase = closed, .taken = "EOF", .logged = "not valid FastCGI"},
    {.name = "params_cut_off", .event = says(params_cut_off),
     .phase = closed, .taken = "EOF", .logged = "params are cut off"},
    {.name = "replies_before_params_cut_off", .event = says(values + params_cut_off),
     .phase = closed, .taken = "values; EOF", .logged = "params are cut off"},
    {.name = "params_cut_off_over_tcp", .transport = tcp, .event = says(params_cut_off),
     .phase = Phase::lingering, .wait = Wait::readable, .taken = "EOF", .logged = "params are cut off"},
    {.name = "no_fastcgi", .event = says(no_fastcgi),
     .phase = closed, .taken = "EOF", .logged = "not valid FastCGI"},
    {.name = "no_fastcgi_over_tcp", .transport = tcp, .event = says(no_fastcgi),
     .phase = Phase::lingering, .wait = Wait::readable, .taken = "EOF", .logged = "not valid FastCGI"},

    // Management records
    {.name = "values", .event = says(values), .phase = Phase::reading, .wait = Wait::readable, .taken = "values"},
    {.name = "unknown_type", .event = says(management(42)),
     .phase = Phase::reading, .wait = Wait::readable, .taken = "unknown type 42"},
    {.name = "values_within_a_request", .before = {says(ping.substr(0, 16))}, .event = says(values + ping.substr(16)),
     .phase = Phase::reading, .wait = Wait::readable, .taken = "values; answer 1: pong", .counted = "monitoring"},
    {.name = "too_many_replies", .event = says(flood),
     .phase = Phase::reading, .wait = Wait::writable_only, .taken = "256 times unknown type 42"},
    {.name = "too_many_replies_and_a_request", .before = {says(flood)}, .event = says(ping),
     .phase = Phase::reading, .wait = Wait::writable_only, .taken = "256 times unknown type 42"},
    {.name = "too_many_replies_are_taken", .before = {says(flood), says(ping)}, .event = takes_all,
     .phase = Phase::reading, .wait = Wait::readable, .taken = "1000 times unknown type 42; answer 1: pong",
     .counted = "monitoring"},
    {.name = "too_many_replies_that_came_with_a_request_are_taken",
     .before = {catalogue_is_locked, says(clip + flood), catalogue_is_free, its_turn_comes}, .event = takes_all,
     .phase = Phase::reading, .wait = Wait::readable,
     .taken = "256 times unknown type 42; answer 1: clip; 744 times unknown type 42", .counted = "complete"},
    {.name = "too_many_replies_and_peer_leaves", .before = {says(flood)}, .event = leaves,
     .phase = closed, .taken = ""},
    {.name = "too_many_replies_and_peer_stalls", .before = {says(flood)}, .event = stalls,
     .phase = closed, .taken = "256 times unknown type 42; EOF"},
    {.name = "full_socket_and_other_role", .event = says(full_socket + begin(one, keep, filter_role)),
     .phase = Phase::reading, .wait = Wait::writable_only, .taken = "256 times unknown type 42"},
    {.name = "full_socket_and_other_role_on_the_last_connection", .event = says(full_socket + refusal),
     .phase = Phase::draining, .wait = Wait::writable_only, .taken = "256 times unknown type 42"},
    {.name = "full_socket_and_abort", .event = says(full_socket + begin(one, keep) + abort),
     .phase = Phase::reading, .wait = Wait::writable_only, .taken = "256 times unknown type 42"},
    {.name = "full_socket_and_abort_on_the_last_connection", .event = says(full_socket + begin(one, not_kept) + abort),
     .phase = Phase::draining, .wait = Wait::writable_only, .taken = "256 times unknown type 42"},
    {.name = "full_socket_and_no_fastcgi", .event = says(full_socket + no_fastcgi),
     .phase = Phase::draining, .wait = Wait::writable_only, .taken = "256 times unknown type 42",
     .logged = "not valid FastCGI"},
    {.name = "full_socket_and_params_cut_off", .event = says(full_socket + params_cut_off),
     .phase = Phase::draining, .wait = Wait::writable_only, .taken = "256 times unknown type 42",
     .logged = "params are cut off"},
    {.name = "full_socket_and_a_request", .event = says(full_socket + clip),
     .phase = Phase::answering, .wait = Wait::writable, .taken = "256 times unknown type 42", .viewers = 1},

    // The turn is used up
    {.name = "seventeen_requests_at_once", .socket = Socket::wide, .event = says(times(17, ping)),
     .phase = Phase::reading, .wait = Wait::writable_only, .taken = "16 times answer 1: pong",
     .counted = "16 times monitoring"},
    {.name = "seventeenth_request", .socket = Socket::wide, .before = {says(times(17, ping))}, .event = its_turn_comes,
     .phase = Phase::reading, .wait = Wait::readable, .taken = "17 times answer 1: pong",
     .counted = "17 times monitoring"},
    {.name = "sixteen_requests_and_no_fastcgi", .socket = Socket::wide, .event = says(times(16, ping) + no_fastcgi),
     .phase = closed, .taken = "16 times answer 1: pong; EOF", .counted = "16 times monitoring",
     .logged = "not valid FastCGI"},
    {.name = "sixteen_requests_at_once", .socket = Socket::wide, .event = says(times(16, ping)),
     .phase = Phase::reading, .wait = Wait::readable, .taken = "16 times answer 1: pong",
     .counted = "16 times monitoring"},
};

const Row asking[] = {
    {.name = "still_locked", .before = {catalogue_is_locked, says(clip)}, .event = its_turn_comes,
     .phase = Phase::asking, .wait = Wait::a_moment, .taken = "", .viewers = 1},
    {.name = "free", .before = {catalogue_is_locked, says(clip), catalogue_is_free}, .event = its_turn_comes,
     .phase = Phase::reading, .wait = Wait::readable, .taken = "answer 1: clip", .counted = "complete"},
    {.name = "free_on_the_last_connection", .before = {catalogue_is_locked, says(last_clip), catalogue_is_free},
     .event = its_turn_comes, .phase = closed, .taken = "answer 1: clip; EOF", .counted = "complete"},
    {.name = "free_on_the_last_connection_over_tcp", .transport = tcp,
     .before = {catalogue_is_locked, says(last_clip), catalogue_is_free}, .event = its_turn_comes,
     .phase = Phase::lingering, .wait = Wait::readable, .taken = "answer 1: clip; EOF", .counted = "complete"},
    {.name = "free_and_the_socket_is_full", .before = {catalogue_is_locked, says(film), catalogue_is_free},
     .event = its_turn_comes,
     .phase = Phase::answering, .wait = Wait::writable, .taken = "answer 1 begins", .viewers = 1},
    {.name = "locked_for_too_long", .before = {catalogue_is_locked, says(clip)}, .event = is_asked_for_the_last_time,
     .phase = Phase::reading, .wait = Wait::readable, .taken = "answer 1: 503 nothing", .counted = "complete"},
    {.name = "free_and_there_is_no_film",
     .before = {catalogue_is_locked, says(clip), film_is_not_in_the_catalogue}, .event = its_turn_comes,
     .phase = Phase::reading, .wait = Wait::readable, .taken = "answer 1: 404 nothing", .counted = "complete"},
    {.name = "asking_fails", .before = {catalogue_is_locked, says(clip), catalogue_fails}, .event = its_turn_comes,
     .phase = closed, .taken = "EOF"},
    {.name = "we_fail_while_asking", .before = {catalogue_is_locked, says(clip)}, .event = we_fail,
     .phase = closed, .taken = "EOF"},

    // The storage of its film
    {.name = "storage_is_still_slow", .before = {storage_is_slow, says(clip)}, .event = its_turn_comes,
     .phase = Phase::asking, .wait = Wait::storage, .taken = "", .viewers = 1},
    {.name = "storage_is_well_again", .before = {storage_is_slow, says(clip), storage_is_well}, .event = its_turn_comes,
     .phase = Phase::reading, .wait = Wait::readable, .taken = "answer 1: clip", .counted = "complete"},
    {.name = "storage_hangs", .before = {storage_is_slow, says(clip), storage_hangs}, .event = its_turn_comes,
     .phase = Phase::reading, .wait = Wait::readable,
     .taken = R"(answer 1: 503 {"detail":"Video storage does not answer"})", .counted = "complete",
     .logged = does_not_answer},
    {.name = "storage_is_slow_for_too_long", .before = {storage_is_slow, says(clip)}, .event = is_turned_away,
     .phase = Phase::reading, .wait = Wait::readable,
     .taken = R"(answer 1: 503 {"detail":"Video storage does not answer"})", .counted = "complete"},

    {.name = "storage_is_slow_for_the_request_after_one_that_was_turned_away",
     .before = {storage_is_slow, says(clip), is_turned_away, says(second_clip)}, .event = its_turn_comes,
     .phase = Phase::asking, .wait = Wait::storage,
     .taken = R"(answer 1: 503 {"detail":"Video storage does not answer"})", .counted = "complete", .viewers = 1},
    {.name = "storage_holds_the_thread", .before = {storage_is_slow, says(clip), its_thread_is_lost},
     .event = its_turn_comes, .phase = Phase::asking, .wait = Wait::lost, .taken = "", .viewers = 1},
    {.name = "storage_has_held_the_thread_for_too_long",
     .before = {storage_is_slow, says(clip), its_thread_is_lost, its_turn_comes}, .event = is_turned_away,
     .phase = Phase::reading, .wait = Wait::readable,
     .taken = R"(answer 1: 503 {"detail":"Video storage does not answer"})", .counted = "complete"},
    {.name = "storage_of_film_and_folder_is_slow",
     .before = {storage_is_slow, says(clip), folder_is_on_slow_storage}, .event = its_turn_comes,
     .phase = Phase::asking, .wait = Wait::a_moment, .taken = "", .viewers = 1},
    {.name = "storage_of_film_and_folder_is_slow_for_too_long",
     .before = {storage_is_slow, says(clip), folder_is_on_slow_storage, storage_timeout_is_over},
     .event = its_turn_comes, .phase = Phase::reading, .wait = Wait::readable,
     .taken = R"(answer 1: 503 {"detail":"Video storage does not answer"})", .counted = "complete"},
    {.name = "storage_is_slow_and_the_peer_says_more", .before = {storage_is_slow, says(clip)}, .event = says(values),
     .phase = Phase::asking, .wait = Wait::storage, .taken = "", .viewers = 1},
    {.name = "storage_is_slow_and_the_peer_leaves", .before = {storage_is_slow, says(clip)}, .event = leaves,
     .phase = Phase::asking, .wait = Wait::storage, .taken = "", .viewers = 1},

    // What the peer does meanwhile waits with it
    {.name = "abort_is_not_read", .before = {catalogue_is_locked, says(clip)}, .event = says(abort),
     .phase = Phase::asking, .wait = Wait::a_moment, .taken = "", .viewers = 1},
    {.name = "abort_that_was_not_read_comes_too_late",
     .before = {catalogue_is_locked, says(clip), says(abort), catalogue_is_free}, .event = its_turn_comes,
     .phase = Phase::reading, .wait = Wait::readable, .taken = "answer 1: clip", .counted = "complete"},
    {.name = "abort_came_with_the_request", .before = {catalogue_is_locked, says(clip + abort), catalogue_is_free},
     .event = its_turn_comes,
     .phase = Phase::reading, .wait = Wait::readable, .taken = "answer 1: nothing", .counted = "aborted"},
    {.name = "abort_came_with_the_last_request",
     .before = {catalogue_is_locked, says(last_clip + abort), catalogue_is_free}, .event = its_turn_comes,
     .phase = closed, .taken = "answer 1: nothing; EOF", .counted = "aborted"},
    {.name = "next_request_came_with_it", .before = {catalogue_is_locked, says(clip + second_clip), catalogue_is_free},
     .event = its_turn_comes,
     .phase = Phase::reading, .wait = Wait::readable, .taken = "answer 1: clip; answer 2: clip",
     .counted = "2 times complete"},
    {.name = "values_came_with_it", .before = {catalogue_is_locked, says(clip + values)}, .event = its_turn_comes,
     .phase = Phase::asking, .wait = Wait::a_moment, .taken = "", .viewers = 1},
    {.name = "values_are_answered_with_it", .before = {catalogue_is_locked, says(clip + values), catalogue_is_free},
     .event = its_turn_comes,
     .phase = Phase::reading, .wait = Wait::readable, .taken = "values; answer 1: clip", .counted = "complete"},
    {.name = "too_many_replies_came_with_it", .before = {catalogue_is_locked, says(clip + flood), catalogue_is_free},
     .event = its_turn_comes,
     .phase = Phase::reading, .wait = Wait::writable_only, .taken = "256 times unknown type 42; answer 1: clip",
     .counted = "complete"},
    {.name = "no_fastcgi_came_with_it", .before = {catalogue_is_locked, says(clip + no_fastcgi), catalogue_is_free},
     .event = its_turn_comes, .phase = closed, .taken = "answer 1: clip; EOF", .counted = "complete",
     .logged = "not valid FastCGI"},
    {.name = "peer_ends", .before = {catalogue_is_locked, says(clip)}, .event = ends,
     .phase = Phase::asking, .wait = Wait::a_moment, .taken = "", .viewers = 1},
    {.name = "peer_has_ended", .before = {catalogue_is_locked, says(clip), ends, catalogue_is_free},
     .event = its_turn_comes, .phase = closed, .taken = "answer 1: clip; EOF", .counted = "complete"},
    {.name = "peer_leaves", .before = {catalogue_is_locked, says(clip)}, .event = leaves,
     .phase = Phase::asking, .wait = Wait::a_moment, .taken = "", .viewers = 1},
    {.name = "peer_has_left", .before = {catalogue_is_locked, says(clip), leaves, catalogue_is_free},
     .event = its_turn_comes, .phase = closed, .taken = "", .counted = "aborted"},
    {.name = "peer_has_reset", .transport = tcp, .before = {catalogue_is_locked, says(clip), resets, catalogue_is_free},
     .event = its_turn_comes, .phase = closed, .taken = "", .counted = "aborted"},
};

const Row answering[] = {
    {.name = "memory_is_short", .before = {says(film)}, .event = without_memory(takes_some), .phase = closed,
     .taken = "answer 1 begins; EOF", .counted = "broken", .logged = "/film: Cannot allocate memory: cut off"},
    {.name = "memory_is_short_for_what_the_peer_says", .before = {says(film)}, .event = without_memory(says(values)),
     .phase = closed, .taken = "answer 1 begins; reset", .counted = "broken",
     .logged = "read request: connection: Cannot allocate memory: closed"},
    {.name = "storage_is_slow", .before = {says(film), storage_is_slow}, .event = takes_all,
     .phase = Phase::answering, .wait = Wait::storage, .taken = "answer 1 begins", .viewers = 1},
    {.name = "storage_is_well_again", .before = {says(film), storage_is_slow, takes_all, storage_is_well},
     .event = its_turn_comes,
     .phase = Phase::answering, .wait = Wait::writable, .taken = "answer 1 begins", .viewers = 1},
    {.name = "storage_hangs", .before = {says(film), storage_hangs}, .event = takes_all,
     .phase = Phase::answering, .wait = Wait::storage, .taken = "answer 1 begins", .viewers = 1,
     .logged = does_not_answer},
    {.name = "storage_is_slow_and_the_peer_that_waits_has_gone", .before = {says(film), storage_is_slow, takes_all},
     .event = leaves, .phase = closed, .taken = "answer 1 begins", .counted = "aborted"},
    {.name = "storage_is_slow_and_the_peer_that_waits_aborts", .before = {says(film), storage_is_slow, takes_all},
     .event = is_heard_saying(abort),
     .phase = Phase::answering, .wait = Wait::storage, .taken = "answer 1 begins", .viewers = 1},
    {.name = "storage_is_well_again_after_an_abort",
     .before = {says(whole_reel), storage_is_slow, takes_all, is_heard_saying(abort), storage_is_well, its_turn_comes},
     .event = takes_all,
     .phase = Phase::reading, .wait = Wait::readable, .taken = "answer 1: part of the reel", .counted = "aborted"},
    {.name = "storage_hangs_and_the_peer_that_waits_aborts", .before = {says(film), storage_hangs, takes_all},
     .event = is_heard_saying(abort), .phase = closed, .taken = "answer 1 begins; EOF", .counted = "aborted",
     .logged = does_not_answer},
    {.name = "storage_hangs_after_an_abort",
     .before = {says(film), storage_is_slow, takes_all, is_heard_saying(abort), storage_hangs},
     .event = its_turn_comes, .phase = closed, .taken = "answer 1 begins; EOF", .counted = "aborted",
     .logged = does_not_answer},
    {.name = "storage_is_slow_and_the_peer_that_waits_ends_its_side",
     .before = {says(film), storage_is_slow, takes_all}, .event = is_heard_ending,
     .phase = Phase::answering, .wait = Wait::storage, .taken = "answer 1 begins", .viewers = 1},
    {.name = "storage_is_well_again_after_the_peer_has_ended_its_side",
     .before = {says(film), storage_is_slow, takes_all, is_heard_ending, storage_is_well, its_turn_comes},
     .event = takes_all,
     .phase = closed, .taken = "answer 1: film; EOF", .counted = "complete"},
    {.name = "storage_hangs_and_the_peer_that_waits_ends_its_side",
     .before = {says(film), storage_hangs, takes_all}, .event = is_heard_ending,
     .phase = closed, .taken = "answer 1 begins; EOF", .counted = "aborted", .logged = does_not_answer},
    {.name = "storage_is_slow_and_the_peer_that_waits_says_something_else",
     .before = {says(film), storage_is_slow, takes_all}, .event = is_heard_saying(values),
     .phase = Phase::answering, .wait = Wait::storage, .taken = "answer 1 begins", .viewers = 1},
    {.name = "storage_is_slow_and_the_peer_that_waits_stalls", .before = {says(film), storage_is_slow, takes_all},
     .event = stalls, .phase = closed, .taken = "answer 1 begins; EOF", .counted = "stalled"},
    {.name = "film_cannot_be_read", .before = {says(film)}, .event = while_unreadable(takes_some),
     .phase = closed, .taken = "answer 1 begins; EOF", .counted = "broken",
     .logged = "send /film: Input/output error: cut off"},
    {.name = "storage_is_slow_and_the_peer_has_gone", .before = {says(film), storage_is_slow}, .event = leaves,
     .phase = closed, .taken = "", .counted = "aborted"},
    // The peer takes what it gets
    {.name = "socket_stays_full", .before = {says(film)}, .event = its_turn_comes,
     .phase = Phase::answering, .wait = Wait::writable, .taken = "answer 1 begins", .viewers = 1},
    {.name = "some_is_taken", .before = {says(film)}, .event = takes_some,
     .phase = Phase::answering, .wait = Wait::writable, .taken = "answer 1 begins", .viewers = 1},
    {.name = "all_is_taken", .before = {says(film)}, .event = takes_all,
     .phase = Phase::reading, .wait = Wait::readable, .taken = "answer 1: film", .counted = "complete"},
    {.name = "all_is_taken_on_the_last_connection", .before = {says(last_film)}, .event = takes_all,
     .phase = closed, .taken = "answer 1: film; EOF", .counted = "complete"},
    {.name = "all_is_taken_on_the_last_connection_over_tcp", .transport = tcp, .before = {says(last_film)},
     .event = takes_all,
     .phase = Phase::lingering, .wait = Wait::readable, .taken = "answer 1: film; EOF", .counted = "complete"},
    {.name = "all_of_ours_is_taken", .before = {says(page_request)}, .event = takes_all,
     .phase = Phase::reading, .wait = Wait::readable, .taken = "answer 1: page", .counted = "monitoring"},

    // It aborts, goes, or does nothing
    {.name = "abort", .before = {says(film)}, .event = says(abort),
     .phase = Phase::answering, .wait = Wait::writable, .taken = "answer 1 begins", .viewers = 1},
    {.name = "all_is_taken_after_an_abort", .before = {says(whole_reel), says(abort)}, .event = takes_all,
     .phase = Phase::reading, .wait = Wait::readable, .taken = "answer 1: part of the reel", .counted = "aborted"},
    {.name = "all_is_taken_after_an_abort_on_the_last_connection", .before = {says(last_reel), says(abort)},
     .event = takes_all, .phase = closed, .taken = "answer 1: part of the reel; EOF", .counted = "aborted"},
    {.name = "part_of_an_abort", .before = {says(film), says(abort.substr(0, 4))}, .event = takes_all,
     .phase = Phase::reading, .wait = Wait::readable, .taken = "answer 1: film", .counted = "complete"},
    {.name = "rest_of_an_abort", .before = {says(whole_reel), says(abort.substr(0, 4)), says(abort.substr(4))},
     .event = takes_all,
     .phase = Phase::reading, .wait = Wait::readable, .taken = "answer 1: part of the reel", .counted = "aborted"},
    {.name = "abort_of_another", .before = {says(film), says(gateway::abort(two))}, .event = takes_all,
     .phase = Phase::reading, .wait = Wait::readable, .taken = "answer 1: film", .counted = "complete"},
    {.name = "abort_of_ours", .before = {says(page_request), says(abort)}, .event = takes_all,
     .phase = Phase::reading, .wait = Wait::readable, .taken = "answer 1: page", .counted = "monitoring"},
    {.name = "peer_leaves", .before = {says(film)}, .event = leaves,
     .phase = closed, .taken = "", .counted = "aborted"},
    {.name = "peer_leaves_an_answer_of_ours", .before = {says(page_request)}, .event = leaves,
     .phase = closed, .taken = "", .counted = "monitoring"},
    {.name = "peer_resets", .transport = tcp, .before = {says(film)}, .event = resets,
     .phase = closed, .taken = "", .counted = "aborted"},
    {.name = "peer_stalls", .before = {says(film)}, .event = stalls,
     .phase = closed, .taken = "answer 1 begins; EOF", .counted = "stalled"},
    {.name = "we_fail", .before = {says(film)}, .event = we_fail,
     .phase = closed, .taken = "answer 1 begins; EOF", .counted = "aborted"},

    // The file is not what it was
    {.name = "film_is_cut", .before = {says(film), film_is_cut}, .event = takes_all,
     .phase = closed, .taken = "answer 1 begins; EOF", .counted = "broken",
     .logged = "send /film: the file is shorter than it was"},
    {.name = "film_has_grown", .before = {says(film), film_has_grown}, .event = takes_all,
     .phase = closed, .taken = "answer 1 begins; cut off; EOF", .counted = "broken",
     .logged = "send /film: the file was changed meanwhile"},

    // Input: open
    {.name = "values", .before = {says(film)}, .event = says(values),
     .phase = Phase::answering, .wait = Wait::writable, .taken = "answer 1 begins", .viewers = 1},
    {.name = "values_and_all_is_taken", .before = {says(film), says(values)}, .event = takes_all,
     .phase = Phase::reading, .wait = Wait::readable, .taken = "values; answer 1: film", .counted = "complete"},
    {.name = "unknown_type_and_all_is_taken", .before = {says(film), says(management(42))}, .event = takes_all,
     .phase = Phase::reading, .wait = Wait::readable, .taken = "unknown type 42; answer 1: film",
     .counted = "complete"},
    {.name = "late_content_means_nothing", .before = {says(film), says(body("late") + body(""))}, .event = takes_all,
     .phase = Phase::reading, .wait = Wait::readable, .taken = "answer 1: film", .counted = "complete"},

    // Input: held
    {.name = "next_request_begins", .before = {says(film)}, .event = says(second_clip),
     .phase = Phase::answering, .wait = Wait::writable_only, .taken = "answer 1 begins", .viewers = 1},
    {.name = "next_request_is_not_for_us", .before = {says(film)}, .event = says(begin(two, keep, filter_role)),
     .phase = Phase::answering, .wait = Wait::writable_only, .taken = "answer 1 begins", .viewers = 1},
    {.name = "next_request_waits_its_turn", .before = {says(film), says(second_clip)}, .event = takes_all,
     .phase = Phase::reading, .wait = Wait::readable, .taken = "answer 1: film; answer 2: clip",
     .counted = "2 times complete"},
    {.name = "next_request_comes_in_parts",
     .before = {says(film), says(second_clip.substr(0, 20)), says(second_clip.substr(20))}, .event = takes_all,
     .phase = Phase::reading, .wait = Wait::readable, .taken = "answer 1: film; answer 2: clip",
     .counted = "2 times complete"},
    {.name = "nothing_is_read_behind_the_next_request",
     .before = {says(film), says(second_clip), says(ping), is_readable_all_the_same}, .event = takes_all,
     .phase = Phase::reading, .wait = Wait::readable, .taken = "answer 1: film; answer 2: clip; answer 1: pong",
     .counted = "2 times complete; monitoring"},
    {.name = "abort_behind_the_next_request_is_not_for_this_one",
     .before = {says(film), says(begin(two, keep)), says(abort)}, .event = takes_all,
     .phase = Phase::reading, .wait = Wait::readable, .taken = "answer 1: film", .counted = "complete"},
    {.name = "peer_ends_behind_its_next_request", .before = {says(film), says(second_clip), ends}, .event = takes_all,
     .phase = closed, .taken = "answer 1: film; answer 2: clip; EOF", .counted = "2 times complete"},
    {.name = "peer_leaves_behind_its_next_request", .before = {says(film), says(second_clip)}, .event = leaves,
     .phase = closed, .taken = "", .counted = "aborted"},

    // Input: full
    {.name = "too_many_replies", .before = {says(film)}, .event = says(flood),
     .phase = Phase::answering, .wait = Wait::writable_only, .taken = "answer 1 begins", .viewers = 1},
    {.name = "replies_become_too_many", .before = {says(film), says(times(200, management(42)))},
     .event = says(times(200, management(42))),
     .phase = Phase::answering, .wait = Wait::writable_only, .taken = "answer 1 begins", .viewers = 1},
    {.name = "too_many_replies_and_all_is_taken", .before = {says(whole_reel), says(flood)}, .event = takes_all,
     .phase = Phase::reading, .wait = Wait::readable, .taken = "1000 times unknown type 42; answer 1: reel",
     .counted = "complete"},
    {.name = "too_many_replies_and_an_abort", .before = {says(whole_reel), says(flood + abort)}, .event = takes_all,
     .phase = Phase::reading, .wait = Wait::readable,
     .taken = "1000 times unknown type 42; answer 1: part of the reel", .counted = "aborted"},

    // Input: ended
    {.name = "no_fastcgi", .before = {says(film)}, .event = says(no_fastcgi),
     .phase = Phase::answering, .wait = Wait::writable_only, .taken = "answer 1 begins", .viewers = 1,
     .logged = "not valid FastCGI"},
    {.name = "no_fastcgi_and_all_is_taken", .before = {says(film), says(no_fastcgi)}, .event = takes_all,
     .phase = closed, .taken = "answer 1: film; EOF", .counted = "complete",
     .logged = "not valid FastCGI"},
    {.name = "peer_ends", .before = {says(film)}, .event = ends,
     .phase = Phase::answering, .wait = Wait::writable_only, .taken = "answer 1 begins", .viewers = 1},
    {.name = "peer_ends_and_takes_all", .before = {says(film), ends}, .event = takes_all,
     .phase = closed, .taken = "answer 1: film; EOF", .counted = "complete"},
    {.name = "peer_ends_and_takes_all_over_tcp", .transport = tcp, .before = {says(film), ends}, .event = takes_all,
     .phase = closed, .taken = "answer 1: film; EOF", .counted = "complete"},
};

const Row draining[] = {
    {.name = "socket_stays_full", .before = {says(full_socket + refusal)}, .event = its_turn_comes,
     .phase = Phase::draining, .wait = Wait::writable_only, .taken = "256 times unknown type 42"},
    {.name = "all_is_taken", .before = {says(full_socket + refusal)}, .event = takes_all,
     .phase = closed, .taken = "300 times unknown type 42; end 1: unknown role; EOF"},
    {.name = "all_is_taken_over_tcp", .transport = tcp, .before = {says(full_socket + refusal)}, .event = takes_all,
     .phase = Phase::lingering, .wait = Wait::readable,
     .taken = "300 times unknown type 42; end 1: unknown role; EOF"},
    {.name = "all_is_taken_after_an_abort", .before = {says(full_socket + begin(one, not_kept) + abort)},
     .event = takes_all, .phase = closed, .taken = "300 times unknown type 42; end 1: complete; EOF"},
    {.name = "all_is_taken_after_no_fastcgi", .before = {says(full_socket + no_fastcgi)}, .event = takes_all,
     .phase = closed, .taken = "300 times unknown type 42; EOF", .logged = "not valid FastCGI"},
    {.name = "peer_says_more", .before = {says(full_socket + refusal)}, .event = says(ping),
     .phase = Phase::draining, .wait = Wait::writable_only, .taken = "256 times unknown type 42"},
    {.name = "peer_has_said_more_and_takes_all", .before = {says(full_socket + refusal), says(ping)},
     .event = takes_all, .phase = closed, .taken = "300 times unknown type 42; end 1: unknown role; reset"},
    {.name = "peer_ends", .before = {says(full_socket + refusal)}, .event = ends,
     .phase = Phase::draining, .wait = Wait::writable_only, .taken = "256 times unknown type 42"},
    {.name = "peer_leaves", .before = {says(full_socket + refusal)}, .event = leaves, .phase = closed, .taken = ""},
    {.name = "peer_resets", .transport = tcp, .before = {says(full_socket + refusal)}, .event = resets,
     .phase = closed, .taken = ""},
    {.name = "peer_stalls", .before = {says(full_socket + refusal)}, .event = stalls,
     .phase = closed, .taken = "256 times unknown type 42; EOF"},
    {.name = "memory_is_short", .before = {says(full_socket + refusal)}, .event = without_memory(takes_some),
     .phase = closed, .taken = "256 times unknown type 42; EOF",
     .logged = "send replies: connection: Cannot allocate memory: closed"},
    {.name = "we_fail", .before = {says(full_socket + refusal)}, .event = we_fail,
     .phase = closed, .taken = "256 times unknown type 42; EOF"},
};

const Row lingering[] = {
    {.name = "peer_says_more", .transport = tcp, .before = {says(last_ping)}, .event = says(ping + no_fastcgi),
     .phase = Phase::lingering, .wait = Wait::readable, .taken = "answer 1: pong; EOF", .counted = "monitoring"},
    {.name = "peer_ends", .transport = tcp, .before = {says(last_ping), takes_all}, .event = ends,
     .phase = closed, .taken = "answer 1: pong; EOF", .counted = "monitoring"},
    {.name = "peer_ends_behind_what_it_says", .transport = tcp, .before = {says(last_ping), takes_all},
     .event = says_and_ends(ping), .phase = closed, .taken = "answer 1: pong; EOF", .counted = "monitoring"},
    {.name = "peer_leaves", .transport = tcp, .before = {says(last_ping), takes_all}, .event = leaves,
     .phase = closed, .taken = "answer 1: pong; EOF", .counted = "monitoring"},
    {.name = "peer_resets", .transport = tcp, .before = {says(last_ping)}, .event = resets,
     .phase = closed, .taken = "", .counted = "monitoring"},
    {.name = "memory_is_short", .transport = tcp, .before = {says(last_ping), takes_all},
     .event = without_memory(says(ping)), .phase = closed, .taken = "answer 1: pong; EOF", .counted = "monitoring"},
    {.name = "we_fail", .transport = tcp, .before = {says(last_ping)}, .event = we_fail,
     .phase = closed, .taken = "answer 1: pong; EOF", .counted = "monitoring"},
    {.name = "peer_does_not_end", .transport = tcp, .before = {says(last_ping)}, .event = stalls,
     .phase = closed, .taken = "answer 1: pong; EOF", .counted = "monitoring"},
};

void check(Phase phase, std::span<const Row> rows) {
    for (const Row& row : rows) {
        BOOST_TEST_CONTEXT(row.name) {
            const CapturedStderr captured;
            Fixture fixture{row.transport, row.socket};
            for (const Event& event : row.before) event(fixture);
            BOOST_TEST(describe(fixture.phase()) == describe(phase));
            row.event(fixture);
            BOOST_TEST(describe(fixture.phase()) == describe(row.phase));
            BOOST_TEST(describe(fixture.wait()) == describe(row.wait));
            BOOST_TEST(fixture.viewers() == row.viewers);
            BOOST_TEST(fixture.taken() == row.taken);
            BOOST_TEST(fixture.counted() == row.counted);
            BOOST_TEST(contains(captured.text(), row.logged));
            BOOST_TEST(captured.text().empty() == row.logged.empty());
            fixture.close();
            BOOST_TEST(fixture.viewers() == 0u);
        }
    }
}

BOOST_AUTO_TEST_SUITE(engine_connection)

BOOST_AUTO_TEST_CASE(while_reading) { check(Phase::reading, reading); }
BOOST_AUTO_TEST_CASE(while_asking) { check(Phase::asking, asking); }
BOOST_AUTO_TEST_CASE(while_answering) { check(Phase::answering, answering); }
BOOST_AUTO_TEST_CASE(while_draining) { check(Phase::draining, draining); }
BOOST_AUTO_TEST_CASE(while_lingering) { check(Phase::lingering, lingering); }

// A turn

/// Bytes after which a connection lets others go first, and how many more that may become: a record, or a read.
constexpr std::size_t turn = std::size_t{1} << 20, more_than_a_turn = std::size_t{128} << 10;

BOOST_AUTO_TEST_CASE(peer_that_takes_as_fast_as_we_write_ends_a_turn) {
    Fixture fixture;
    fixture.say(whole_reel);
    {
        const WatchedSocketCalls watched{nullptr, [&] { fixture.take(); }};
        fixture.let_proceed();
        BOOST_TEST(describe(fixture.phase().value()) == "answering");
        BOOST_TEST(describe(fixture.wait()) == "writable");
        fixture.take();
        BOOST_TEST(fixture.taken_bytes() >= turn);
        BOOST_TEST(fixture.taken_bytes() <= turn + more_than_a_turn);
    }
    fixture.take_all();
    BOOST_TEST(fixture.taken() == "answer 1: reel");
}

BOOST_AUTO_TEST_CASE(turn_in_a_thread_of_a_device_is_short) {
    Fixture fixture;
    fixture.serve_in_lane();
    fixture.say(whole_reel);
    const WatchedSocketCalls watched{nullptr, [&] { fixture.take(); }};
    fixture.let_proceed();
    BOOST_TEST(describe(fixture.wait()) == "writable");
    fixture.take();
    BOOST_TEST(fixture.taken_bytes() >= Turn::max_lane_bytes);
    BOOST_TEST(fixture.taken_bytes() < turn);
}

struct TalkRow {
    std::string_view name;
    Transport transport = Transport::unix_socket;
    std::string first;  ///< what the peer says
    std::string again;  ///< and again and again
    Phase phase;
};

const TalkRow talks[] = {
    {.name = "content_without_end", .first = begin() + params(""), .again = body(std::string(16'000, 'b')),
     .phase = Phase::reading},
    {.name = "talk_after_the_end", .transport = tcp, .first = last_ping, .again = std::string(16'000, 't'),
     .phase = Phase::lingering},
};

BOOST_AUTO_TEST_CASE(peer_that_talks_as_fast_as_we_read_ends_a_turn) {
    for (const TalkRow& row : talks) {
        BOOST_TEST_CONTEXT(row.name) {
            Fixture fixture{row.transport};
            std::size_t said = 0;
            fixture.say(row.first);
            fixture.let_proceed();
            const auto talk = [&] {
                if (said < 4 * turn) fixture.say(row.again), said += row.again.size();
            };
            const WatchedSocketCalls watched{talk, nullptr};
            for (const std::size_t turns : {1, 2}) {
                talk();
                fixture.let_proceed();
                BOOST_TEST(describe(fixture.phase().value()) == describe(row.phase));
                BOOST_TEST(describe(fixture.wait()) == "readable");
                BOOST_TEST(said >= turns * (turn - more_than_a_turn));
                BOOST_TEST(said <= turns * (turn + more_than_a_turn));
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(nothing_is_read_that_has_not_come) {
    Fixture fixture;
    says(film)(fixture);
    fixture.take();
    std::size_t reads = 0;
    const WatchedSocketCalls watched{[&] { ++reads; }, nullptr};
    BOOST_TEST(fixture.let_proceed());
    BOOST_TEST(reads == 0u);
}

// What any thread may know

struct ViewRow {
    std::string_view name;
    Transport transport = Transport::unix_socket;
    Socket socket = Socket::narrow;
    std::vector<Event> before = {};
    std::string_view view;
};

/// Takes bit by bit, until the rest is in the socket.
void takes_until_all_is_written(Fixture& fixture) {
    while (fixture.phase() == Phase::answering) takes_some(fixture);
}

const ViewRow views[] = {
    {.name = "nothing_has_come", .view = "fresh"},
    {.name = "part_of_a_header", .before = {says(ping.substr(0, 5))}, .view = "waiting; its peer is waited for"},
    {.name = "part_of_a_request", .before = {says(ping.substr(0, 40))}, .view = "waiting; its peer is waited for"},
    {.name = "request_was_answered", .before = {says(ping)}, .view = "idle"},
    {.name = "request_was_aborted", .before = {says(begin(one, keep) + abort)}, .view = "idle"},
    {.name = "request_and_part_of_the_next", .before = {says(ping + ping.substr(0, 5))},
     .view = "waiting; its peer is waited for"},
    {.name = "values_were_answered", .before = {says(values)}, .view = "idle"},
    {.name = "seventeenth_request_is_left", .socket = Socket::wide, .before = {says(times(17, ping))},
     .view = "waiting; its peer is waited for"},
    {.name = "replies_are_left", .before = {says(full_socket)}, .view = "waiting; its peer is waited for"},
    {.name = "catalogue_is_locked", .before = {catalogue_is_locked, says(clip)}, .view = "parked"},
    {.name = "storage_is_slow", .before = {storage_is_slow, says(clip)}, .view = "parked"},
    {.name = "storage_is_slow_within_an_answer", .before = {says(film), storage_is_slow, takes_all},
     .view = "parked"},
    {.name = "socket_is_full", .before = {says(film)}, .view = "waiting; its peer is waited for"},
    {.name = "refused", .before = {says(full_socket + refusal)}, .view = "waiting; its peer is waited for"},
    {.name = "all_was_written_over_tcp", .transport = tcp, .before = {says(last_page), takes_until_all_is_written},
     .view = "lingering; its peer is waited for"},
    {.name = "all_was_taken_over_tcp", .transport = tcp, .before = {says(last_ping), takes_all, is_looked_at},
     .view = "lingering; its peer is waited for; nothing is left to take"},
};

BOOST_AUTO_TEST_CASE(other_threads_see_what_it_waits_for) {
    for (const ViewRow& row : views) {
        BOOST_TEST_CONTEXT(row.name) {
            Fixture fixture{row.transport, row.socket};
            for (const Event& event : row.before) event(fixture);
            BOOST_TEST(fixture.view() == row.view);
        }
    }
}

struct NewsRow {
    std::string_view name;
    Event event;
    bool is_news = false;             ///< while the storage is slow
    bool is_news_once_it_hangs = false;
};

/// What a connection that waits for slow storage has to be looked at for.
const NewsRow news[] = {
    {.name = "nothing", .event = its_turn_comes},
    {.name = "abort", .event = is_heard_saying(abort), .is_news_once_it_hangs = true},
    {.name = "end_of_its_side", .event = is_heard_ending, .is_news_once_it_hangs = true},
    {.name = "something_else", .event = is_heard_saying(values)},
    {.name = "bytes_that_nobody_has_read_yet", .event = [](Fixture& fixture) { fixture.say(abort); }, .is_news = true,
     .is_news_once_it_hangs = true},
};

BOOST_AUTO_TEST_CASE(what_is_news_while_storage_is_slow) {
    for (const NewsRow& row : news) {
        BOOST_TEST_CONTEXT(row.name) {
            Fixture fixture;
            for (const Event& event : {says(film), Event{storage_is_slow}, Event{takes_all}}) event(fixture);
            row.event(fixture);
            BOOST_TEST(fixture.has_news(false) == row.is_news);
            BOOST_TEST(fixture.has_news(true) == row.is_news_once_it_hangs);
        }
    }
}

BOOST_AUTO_TEST_CASE(nothing_is_waited_for_while_a_thread_has_it) {
    const std::vector<Event> ways[] = {{says(ping)}, {says(ping.substr(0, 40)), says(ping.substr(40))}};
    for (const auto& events : ways) {
        Fixture fixture;
        for (const Event& event : events) event(fixture);
        BOOST_TEST(fixture.view_meanwhile() == "busy");
    }
}

struct ProgressRow {
    std::string_view name;
    Transport transport = Transport::unix_socket;
    std::vector<Event> before = {};
    Event event;
    bool is_progress = false;
};

/// Takes what is there, which is not enough for the socket to be writable.
void takes_little(Fixture& fixture) { fixture.take(); }

const ProgressRow progress[] = {
    {.name = "nothing_happens", .before = {says(film)}, .event = its_turn_comes, .is_progress = false},
    {.name = "some_is_taken", .before = {says(film)}, .event = takes_little, .is_progress = true},
    {.name = "some_is_taken_and_more_is_written", .before = {says(film)}, .event = takes_some, .is_progress = true},
    {.name = "peer_talks_and_takes_nothing", .before = {says(film)}, .event = says(values), .is_progress = false},
    {.name = "next_request_comes_and_nothing_is_taken", .before = {says(film)}, .event = says(second_clip),
     .is_progress = false},
    {.name = "request_goes_on", .before = {says(ping.substr(0, 10))}, .event = says(ping.substr(10, 20)),
     .is_progress = false},
    {.name = "values_are_answered_within_a_request", .before = {says(ping.substr(0, 16))}, .event = says(values),
     .is_progress = false},
    {.name = "next_request_begins", .before = {says(ping)}, .event = says(second_ping.substr(0, 10)),
     .is_progress = true},
    {.name = "catalogue_has_taken_its_time",
     .before = {catalogue_is_locked, says(full_socket + clip), catalogue_is_free}, .event = its_turn_comes,
     .is_progress = true},
    {.name = "answer_begins", .before = {says(film.substr(0, 10))}, .event = says(film.substr(10)),
     .is_progress = true},
    {.name = "replies_are_taken", .before = {says(flood)}, .event = takes_little, .is_progress = true},
    {.name = "end_was_written", .transport = tcp, .before = {says(last_ping.substr(0, 10))},
     .event = says(last_ping.substr(10)), .is_progress = true},
    {.name = "end_without_an_answer", .transport = tcp, .before = {says(params_cut_off.substr(0, 10))},
     .event = says(params_cut_off.substr(10)), .is_progress = true},
    {.name = "peer_talks_after_the_end", .transport = tcp, .before = {says(last_ping), takes_all},
     .event = says(ping), .is_progress = false},
};

BOOST_AUTO_TEST_CASE(progress_is_what_the_peer_takes_or_begins) {
    for (const ProgressRow& row : progress) {
        BOOST_TEST_CONTEXT(row.name) {
            const CapturedStderr captured;
            Fixture fixture{row.transport};
            for (const Event& event : row.before) event(fixture);
            fixture.look_at_peer();
            const Clock::duration before = Clock::now().time_since_epoch();
            row.event(fixture);
            BOOST_TEST((fixture.progress() >= before) == row.is_progress);
        }
    }
}

// What the log says of an answer that has ended

struct EndingRow {
    std::string_view name;
    std::vector<Event> events;
    std::string_view beginning, end;  ///< of the line
};

const EndingRow endings[] = {
    {.name = "complete", .events = {says(film), takes_all},
     .beginning = "reelgate: info: response 1: film: GET -: 200 -: 400000 of 400000 bytes in ",
     .end = " s: complete\n"},
    {.name = "aborted", .events = {says(film), leaves},
     .beginning = "reelgate: info: response 1: film: GET -: 200 -: ", .end = " s: aborted: Broken pipe\n"},
    {.name = "aborted_in_order", .events = {says(film), says(abort), takes_all},
     .beginning = "reelgate: info: response 1: film: GET -: 200 -: ", .end = " s: aborted\n"},
    {.name = "stalled", .events = {says(film), stalls},
     .beginning = "reelgate: info: response 1: film: GET -: 200 -: ", .end = " s: stalled\n"},
    {.name = "broken", .events = {says(film), film_is_cut, takes_all},
     .beginning = "reelgate: warning: send /film: ", .end = " s: broken\n"},
    {.name = "given_up", .events = {says(film), we_fail},
     .beginning = "reelgate: info: response 1: film: GET -: 200 -: ", .end = " s: aborted\n"},
    {.name = "of_ours", .events = {says(ping)}, .beginning = "", .end = ""},
};

struct WithInfo {
    WithInfo() { set_log_level(LogLevel::info); }
    ~WithInfo() { set_log_level(LogLevel::notice); }
};

BOOST_FIXTURE_TEST_CASE(log_says_how_an_answer_ended, WithInfo) {
    for (const EndingRow& row : endings) {
        BOOST_TEST_CONTEXT(row.name) {
            const CapturedStderr captured;
            Fixture fixture;
            for (const Event& event : row.events) event(fixture);
            const std::string text = captured.text();
            BOOST_TEST_CONTEXT(text) {
                BOOST_TEST(text.starts_with(row.beginning));
                BOOST_TEST(text.ends_with(row.end));
                BOOST_TEST(text.empty() == row.end.empty());
            }
        }
    }
}

/// Bytes of a film in one record: fifteen pages.
constexpr std::uint64_t record_length = 61'440;

struct BytesRow {
    std::string_view name;
    std::vector<Event> events;
    std::uint64_t least, most;
};

const BytesRow bytes[] = {
    {.name = "of_a_film", .events = {says(film), takes_all}, .least = film_length, .most = film_length},
    {.name = "of_two", .events = {says(film + second_clip), takes_all},
     .least = film_length + clip_length, .most = film_length + clip_length},
    {.name = "as_it_goes", .events = {says(film)}, .least = 1, .most = film_length - 1},
    {.name = "when_the_peer_has_gone", .events = {says(film), leaves}, .least = 1, .most = film_length - 1},
    // The abort is read after the replies are written, which are written with the beginning of the second record.
    {.name = "aborted_behind_too_many_replies",
     .events = {says(whole_reel), says(times(256, management(42)) + abort), takes_all},
     .least = 2 * record_length, .most = 3 * record_length},
    {.name = "of_ours", .events = {says(page_request), takes_all}, .least = 0, .most = 0},
};

BOOST_AUTO_TEST_CASE(bytes_are_counted_as_viewers_get_them) {
    for (const BytesRow& row : bytes) {
        BOOST_TEST_CONTEXT(row.name) {
            Fixture fixture;
            for (const Event& event : row.events) event(fixture);
            BOOST_TEST(fixture.counted_bytes() >= row.least);
            BOOST_TEST(fixture.counted_bytes() <= row.most);
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace reelgate::engine
