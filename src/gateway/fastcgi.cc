// Owns decoding FastCGI requests, with libfcgi: the only file that includes it.
// SPDX-License-Identifier: MIT
#include "gateway/fastcgi.h"

#include <fcgi_config.h>
#include <fcgiapp.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <stdexcept>

#include "gateway/meta_variables.h"
#include "gateway/record.h"
#include "posix/error.h"

namespace reelgate::gateway {

void initialise_fastcgi() {
    if (FCGX_Init() != 0) throw std::runtime_error{"start FastCGI: libfcgi refused to initialise"};
}

namespace {

/// Bytes that the file in memory has to begin with. A request is some KiB.
constexpr std::size_t usual_length = std::size_t{64} << 10;

}  // namespace

// libfcgi reads from a descriptor, and blocks there until a request is whole. A file in memory never blocks, takes a
// request of any size, and does not mind that it is no socket.
RequestDecoder::RequestDecoder() : file_(memfd_create("request", MFD_CLOEXEC)) {
    if (!file_) posix::throw_errno("create", "file in memory");
    map(usual_length);
}

void UnmapMemory::operator()(char* memory) const { munmap(memory, length); }

/// Makes the file so long, and gets its memory: what is written there, libfcgi reads, without a system call of ours.
void RequestDecoder::map(std::size_t length) {
    if (ftruncate(file_.get(), static_cast<off_t>(length)) != 0) posix::throw_errno("extend", "file in memory");
    void* const memory = mmap(nullptr, length, PROT_READ | PROT_WRITE, MAP_SHARED, file_.get(), 0);
    if (memory == MAP_FAILED) posix::throw_errno("map", "file in memory");
    memory_ = {static_cast<char*>(memory), UnmapMemory{length}};
}

std::optional<http::Request> RequestDecoder::decode(std::string_view params) {
    // libfcgi adds the lengths up as ints and ends the process when that overflows: it gets none that lie.
    if (!are_name_value_pairs(params)) return std::nullopt;
    if (!file_) *this = RequestDecoder{};  // it was lost, and could not be had anew
    // The records as libfcgi wants to read them.
    records_.clear();
    append_request(records_, params);
    if (records_.size() > memory_.get_deleter().length) map(records_.size());
    // What an earlier, longer request left behind the end of this one is never reached: the last record ends it.
    std::copy(records_.begin(), records_.end(), memory_.get());
    if (lseek(file_.get(), 0, SEEK_SET) != 0) posix::throw_errno("rewind", "file in memory");

    FCGX_Request request;
    // No listening socket: libfcgi would accept on it by itself after a protocol error.
    FCGX_InitRequest(&request, -1, 0);
    request.ipcFd = file_.get();
    // FCGX_Accept_r first ends the previous request, and closes its connection unless that is to be kept.
    request.keepConnection = 1;
    if (FCGX_Accept_r(&request) != 0) {
        // It has closed the descriptor, which was not its to close.
        file_.release();
        *this = RequestDecoder{};
        return std::nullopt;
    }
    auto decoded = request_from(request.envp);
    FCGX_Free(&request, 0);
    return decoded;
}

std::string_view libfcgi_version() { return PACKAGE_VERSION; }

}  // namespace reelgate::gateway
