// Owns the discovery that another catalogue is at the path of an open one, and its consequence.
// SPDX-License-Identifier: MIT
#include "catalog/replacement.h"

namespace reelgate::catalog {

namespace {

/// Interval between checks that the path still leads to the open file. A stat costs a microsecond; a restored catalogue
/// may wait.
constexpr std::chrono::seconds look_interval{1};

std::optional<posix::FileId> shared_memory_of(const std::filesystem::path& database) {
    return posix::file_id_of((database.native() + "-shm").c_str());
}

}  // namespace

void Identity::note_file(const std::filesystem::path& database, Clock::time_point now) {
    file_ = posix::file_id_of(database.c_str());
    shared_memory_.reset();
    looked_ = now;
}

void Identity::note_shared_memory(const std::filesystem::path& database) {
    shared_memory_ = shared_memory_of(database);
}

bool Identity::is_replaced(const std::filesystem::path& database, Clock::time_point now) {
    if (!file_ || now - looked_ < look_interval) return false;
    looked_ = now;
    if (posix::file_id_of(database.c_str()) != file_) return true;
    const auto shared_memory = shared_memory_of(database);
    if (!shared_memory_) shared_memory_ = shared_memory;  // it may have come with a change to WAL mode
    return shared_memory != shared_memory_;
}

void OpenReaders::add(Closable& reader) {
    const std::lock_guard lock{mutex_};
    readers_.insert(&reader);
}

void OpenReaders::remove(Closable& reader) noexcept {
    const std::lock_guard lock{mutex_};
    readers_.erase(&reader);
}

void OpenReaders::close_all() noexcept {
    const std::lock_guard lock{mutex_};
    for (Closable* const reader : readers_) reader->close();
}

OpenReaders& open_readers() {
    static OpenReaders all;
    return all;
}

}  // namespace reelgate::catalog
