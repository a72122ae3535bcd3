// Owns what a test has happen when sockets are read, written and accepted: a peer that is as fast as we are, calls that
// fail.
// SPDX-License-Identifier: MIT
#include "socket_calls.h"

#include <dlfcn.h>
#include <sys/sendfile.h>
#include <sys/socket.h>

#include <cerrno>
#include <utility>

namespace {

thread_local std::function<void()> before_reading, before_writing;
thread_local int socket_error = 0, copy_error = 0;

/// Tells whether a call has to fail, and sets errno then.
bool is_failing(int error) {
    if (error != 0) errno = error;
    return error != 0;
}

/// Finds what would have been called without this file: C's library, or a sanitizer before it.
template <typename Function>
Function* next(const char* name) {
    return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

}  // namespace

extern "C" ssize_t recv(int socket, void* buffer, size_t length, int flags) {
    static const auto original = next<ssize_t(int, void*, size_t, int)>("recv");
    if (before_reading) before_reading();
    return is_failing(socket_error) ? -1 : original(socket, buffer, length, flags);
}

extern "C" ssize_t send(int socket, const void* buffer, size_t length, int flags) {
    static const auto original = next<ssize_t(int, const void*, size_t, int)>("send");
    if (before_writing) before_writing();
    return is_failing(socket_error) ? -1 : original(socket, buffer, length, flags);
}

extern "C" ssize_t sendfile(int out, int in, off_t* offset, size_t count) noexcept {
    static const auto original = next<ssize_t(int, int, off_t*, size_t)>("sendfile");
    if (before_writing) before_writing();
    return is_failing(socket_error != 0 ? socket_error : copy_error) ? -1 : original(out, in, offset, count);
}

extern "C" int accept4(int socket, sockaddr* address, socklen_t* length, int flags) {
    static const auto original = next<int(int, sockaddr*, socklen_t*, int)>("accept4");
    return is_failing(socket_error) ? -1 : original(socket, address, length, flags);
}

namespace reelgate {

WatchedSocketCalls::WatchedSocketCalls(std::function<void()> reading, std::function<void()> writing) {
    before_reading = std::move(reading);
    before_writing = std::move(writing);
}

WatchedSocketCalls::~WatchedSocketCalls() { before_reading = before_writing = nullptr; }

FailingSocketCalls::FailingSocketCalls(int error) { socket_error = error; }

FailingSocketCalls::~FailingSocketCalls() { socket_error = 0; }

FailingCopies::FailingCopies(int error) { copy_error = error; }

FailingCopies::~FailingCopies() { copy_error = 0; }

}  // namespace reelgate
