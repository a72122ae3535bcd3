// Owns decoding FastCGI requests, with libfcgi: the only file that includes it.
// SPDX-License-Identifier: MIT
#include "gateway/fastcgi.h"

#include <fcgi_config.h>
#include <fcgiapp.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>

#include "gateway/meta_variables.h"
#include "gateway/record.h"
#include "posix/failure.h"

namespace reelgate::gateway {

void initialise_fastcgi() {
    if (FCGX_Init() != 0) posix::fail("start-fastcgi");
}

namespace {

/// Bytes that the file in memory has at first. A request has a few KiB.
constexpr std::size_t usual_length = std::size_t{64} << 10;

}  // namespace

// libfcgi reads from a descriptor, which need not be a socket, and blocks until a request is whole. A file in memory
// never blocks, and holds a request of any size.
RequestDecoder::RequestDecoder() : file_(memfd_create("request", MFD_CLOEXEC)) {
    if (!file_) posix::throw_errno("create-memory");
    map(usual_length);
}

void UnmapMemory::operator()(char* memory) const { munmap(memory, length); }

/// Sets the length of the file, and maps it: libfcgi then reads what we write to memory, without a system call of ours.
void RequestDecoder::map(std::size_t length) {
    if (ftruncate(file_.get(), static_cast<off_t>(length)) != 0) posix::throw_errno("extend-memory");
    void* const memory = mmap(nullptr, length, PROT_READ | PROT_WRITE, MAP_SHARED, file_.get(), 0);
    if (memory == MAP_FAILED) posix::throw_errno("map-memory");
    memory_ = {static_cast<char*>(memory), UnmapMemory{length}};
}

std::optional<http::Request> RequestDecoder::decode(std::string_view params) {
    // libfcgi adds up the lengths as ints, and ends the process on overflow: it must not get false lengths.
    if (!are_name_value_pairs(params)) return std::nullopt;
    if (!file_) *this = RequestDecoder{};  // it was lost, and could not be made again
    // The records that libfcgi expects.
    records_.clear();
    append_request(records_, params);
    if (records_.size() > memory_.get_deleter().length) map(records_.size());
    // The rest of an earlier, longer request is never reached: the last record ends this one.
    std::copy(records_.begin(), records_.end(), memory_.get());
    if (lseek(file_.get(), 0, SEEK_SET) != 0) posix::throw_errno("rewind-memory");

    FCGX_Request request;
    // No listening socket: after a protocol error libfcgi would accept on it by itself.
    FCGX_InitRequest(&request, -1, 0);
    request.ipcFd = file_.get();
    // FCGX_Accept_r first ends the previous request, and closes its connection unless this is set.
    request.keepConnection = 1;
    if (FCGX_Accept_r(&request) != 0) {
        // It has closed the descriptor, which was not its to close.
        file_.forget();
        *this = RequestDecoder{};
        return std::nullopt;
    }
    auto decoded = request_from(request.envp);
    FCGX_Free(&request, 0);
    return decoded;
}

std::string_view libfcgi_version() { return PACKAGE_VERSION; }

}  // namespace reelgate::gateway
