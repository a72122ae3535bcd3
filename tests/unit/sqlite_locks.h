// Owns counting the locks that SQLite asks the kernel for: a look-up in a file takes some, one that is remembered none.
// Does not stand in for anything: the locks are taken.
// SPDX-License-Identifier: MIT
#pragma once

#include <fcntl.h>
#include <sqlite3.h>

#include <cstdarg>
#include <cstddef>

namespace reelgate {

/// Locks that SQLite has asked for in this thread, since count_sqlite_locks().
inline thread_local std::size_t sqlite_locks = 0;

inline int count_lock(int fd, int command, ...) {
    va_list arguments;
    va_start(arguments, command);
    void* const argument = va_arg(arguments, void*);
    va_end(arguments);
    if (command == F_SETLK) ++sqlite_locks;
    return fcntl(fd, command, argument);
}

/// Has all threads of this process count, from now on. Returns false if SQLite does not let it.
inline bool count_sqlite_locks() {
    sqlite3_vfs* const vfs = sqlite3_vfs_find(nullptr);
    return vfs && vfs->xSetSystemCall(vfs, "fcntl", reinterpret_cast<sqlite3_syscall_ptr>(count_lock)) == SQLITE_OK;
}

}  // namespace reelgate
