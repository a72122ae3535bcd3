// Owns the reader of the catalogue: one connection and one prepared query for each thread.
// SPDX-License-Identifier: MIT
#include "catalog/reader.h"

#include <algorithm>
#include <new>
#include <utility>

#include "catalog/diagnosis.h"
#include "catalog/own.h"

namespace reelgate::catalog {

namespace {

using sqlite::Code;
using sqlite::Result;

constexpr Result no_memory{static_cast<int>(Code::no_memory)};

/// Resets a statement at the end of a scope, unless it was finalised meanwhile, so that its read lock and parameters
/// end with the row, even after an exception.
struct ResetAtEnd {
    sqlite::Statement& statement;
    ~ResetAtEnd() {
        if (statement) statement.reset();
    }
};

std::string looking_up(std::string_view id) { return posix::operation_of("look-up", id); }

}  // namespace

Reader::Reader(std::filesystem::path database, std::string query, HadAllow had_allow)
    : database_(std::move(database)), given_query_(std::move(query)), query_(given_query_),
      columns_(std::move(had_allow)) {
    open_readers().add(*this);
}

Reader::~Reader() { open_readers().remove(*this); }

void Reader::close() noexcept {
    const std::lock_guard lock{mutex_};
    forget();
}

void Reader::forget() noexcept {
    cache_.forget();
    statement_.finalize();
    connection_.close();
}

std::chrono::milliseconds Reader::waiting_time() const {
    return when_locked_ == WhenLocked::wait ? lock_patience : std::chrono::milliseconds{0};
}

/// Returns whether SQLite's words for an error may quote the request. They do if, for example, a function rejects the
/// value of a cookie; not if the query cannot be prepared any more, which names the schema alone.
bool Reader::may_quote_request() const {
    sqlite::Statement again;
    return statement_ && !parameters_.ask_id_alone() && again.prepare(connection_, query_).is_ok();
}

void Reader::fail(std::string operation, Result result) {
    if (result.code() == Code::busy && when_locked_ == WhenLocked::come_again) throw CatalogBusy{};
    const bool may_quote = result.code() == Code::error && may_quote_request();
    // The cause may be repaired at the same path: reopen next time, even without memory for the message. A lock is no
    // reason to reopen.
    sqlite::Connection failed;
    if (result.code() != Code::busy) {
        cache_.forget();
        statement_.finalize();
        std::swap(failed, connection_);
    }
    posix::Failure failure = diagnose(std::move(operation), database_, failed ? failed : connection_, result,
                                      sqlite::Access::read);
    if (may_quote) failure.cause = "a function of the query does not take what the request has";
    if (result.code() == Code::error || result.code() == Code::interrupted)
        failure.add_remedy("the query is \"" + query_ + "\", see --query");
    throw CatalogError{std::move(failure)};
}

void Reader::check_query() {
    std::string wrong;
    if (const char* const excess = statement_.excess())
        wrong = excess;
    else
        wrong = parameters_.read(statement_);
    if (wrong.empty()) wrong = columns_.flaw();
    if (wrong.empty()) return;
    forget();
    throw CatalogError{posix::failure_of("query-wrong", query_, wrong)};
}

/// Sets the query that is in force for the database that is open.
Result Reader::choose_query() {
    if (!given_query_.empty()) return {};
    std::int64_t id = 0;
    const Result result = connection_.read_number("PRAGMA application_id", id);
    if (result.is_ok()) query_ = id == own_application_id ? own_query : plain_query;
    return result;
}

/// Returns whether the database has become one of ours, or is none any more, since the query was chosen.
bool Reader::is_other_query_due() {
    const std::string before = query_;
    return choose_query().is_ok() && query_ != before;
}

void Reader::connect() {
    identity_.note_file(database_, Clock::now());
    Result result = connection_.open(database_, sqlite::Access::read, waiting_time());
    if (result.is_ok()) result = connection_.execute("PRAGMA query_only = 1");
    if (result.is_ok()) result = connection_.add_functions();
    if (!result.is_ok()) fail(posix::operation_of("open-catalogue"), result);
    connection_.limit_time(latest_);
    connection_.record_uses();
}

/// Prepares the query. A connection that found the catalogue locked stays: to make a new one each time takes longer
/// than all the rest of finding it locked again.
void Reader::open() {
    latest_ = Clock::now() + max_look_up;
    if (!connection_) connect();
    Result result = choose_query();
    if (result.is_ok()) result = statement_.prepare(connection_, query_, sqlite::Use::again_and_again);
    if (!result.is_ok()) fail(posix::operation_of("prepare-query"), result);
    if (!columns_.find(statement_)) fail(posix::operation_of("prepare-query"), no_memory);
    check_query();
    // Preparing has read the schema: in WAL mode the shared memory exists by now.
    identity_.note_shared_memory(database_);
}

/// Releases the lock meanwhile: the lock of all readers comes first.
void Reader::reopen_if_replaced(std::unique_lock<std::mutex>& lock) {
    if (!identity_.is_replaced(database_, Clock::now())) return;
    lock.unlock();
    open_readers().close_all();
    lock.lock();
}

void Reader::wait_for_locks_as(WhenLocked when_locked) {
    if (std::exchange(when_locked_, when_locked) != when_locked && connection_)
        connection_.set_busy_timeout(waiting_time());
}

/// Finds the columns after a change of the schema: SQLite has prepared the query again by itself, and "SELECT *" may
/// have other columns.
void Reader::find_columns_anew(std::string_view id) {
    cache_.judge_anew();
    if (!columns_.find(statement_)) fail(looking_up(id), no_memory);
    const std::string flaw = columns_.flaw();
    if (flaw.empty()) return;
    forget();
    throw CatalogError{posix::failure_of("look-up-columns", id, database_.native(), flaw)};
}

/// Looks up with the query that is in force. Finalises it if another one is due.
std::optional<Row> Reader::look_up(const Question& question) {
    const std::string_view id = question.id;
    const ResetAtEnd reset{statement_};
    Result result = parameters_.bind(statement_, question);
    if (result.is_ok()) result = statement_.step();
    if (statement_.was_reprepared()) {
        if (is_other_query_due()) {
            cache_.forget();
            statement_.finalize();
            return std::nullopt;
        }
        find_columns_anew(id);
    }
    if (result.code() == Code::done) return std::nullopt;
    if (result.code() != Code::row) fail(looking_up(id), result);
    return columns_.read(statement_);
}

/// Returns the answer to a question, one that is remembered if possible. Throws std::bad_alloc, too.
std::optional<Row> Reader::remember_or_look_up(const Question& question, WhenLocked when_locked) {
    if (auto known = cache_.find(question.id)) return *std::move(known);
    latest_ = Clock::now() + max_look_up;
    wait_for_locks_as(when_locked);
    if (!statement_) open();
    cache_.begin(connection_);
    std::optional<Row> row = look_up(question);
    while (!statement_) {
        open();
        cache_.begin(connection_);
        row = look_up(question);
    }
    if (parameters_.ask_id_alone()) cache_.keep(question.id, row, connection_, statement_);
    return row;
}

http::Dependence Reader::dependence() {
    const std::lock_guard lock{mutex_};
    return parameters_.dependence();
}

std::optional<Row> Reader::find(const Question& question, WhenLocked when_locked) {
    std::unique_lock lock{mutex_};
    reopen_if_replaced(lock);
    try {
        return remember_or_look_up(question, when_locked);
    } catch (const std::bad_alloc&) {
        forget();  // even if there is no memory for the message, either
        fail(looking_up(question.id), no_memory);
    }
}

void Reader::check() {
    const std::lock_guard lock{mutex_};
    forget();
    try {
        open();
    } catch (const CatalogError&) {
        if (!connection_) throw;
        forget();
    }
}

std::optional<posix::Failure> Reader::warning() {
    const std::lock_guard lock{mutex_};
    const auto& unknown = columns_.unknown();
    if (!unknown) return std::nullopt;
    return posix::failure_of("column-unknown", unknown->name, unknown->like);
}

}  // namespace reelgate::catalog
