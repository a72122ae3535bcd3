// Owns decoding FastCGI requests, with libfcgi: the only file that includes it.
// libfcgi costs a system call and most of the allocations of a request, about 2 of its 45 microseconds. It stays, since
// what parses bytes of a peer should be what many have tried, and since distributions mend it for all that use it.
// SPDX-License-Identifier: MIT
#include "gateway/fastcgi.h"

#include <fcgi_config.h>
#include <fcgiapp.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "gateway/record.h"
#include "posix/failure.h"

namespace reelgate::gateway {

void initialise_fastcgi() {
    if (FCGX_Init() != 0) posix::fail("start-fastcgi");
}

namespace {

/// Bytes that the file in memory has at first: four requests of usual size, each in a place of its own.
constexpr std::size_t usual_length = std::size_t{32} << 10;

/// Bytes that libfcgi certainly takes in one read.
constexpr std::size_t small_request = 1024;

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

/// Returns where in the file to put records of this length: where libfcgi reads on, which saves a system call, or else
/// at the beginning.
std::size_t RequestDecoder::place_for(std::size_t length) {
    const bool is_step_known = step_ > 0 && length <= step_;
    if (is_step_known && next_ + step_ <= usual_length) return std::exchange(next_, next_ + step_);
    if (lseek(file_.get(), 0, SEEK_SET) != 0) posix::throw_errno("rewind-memory");
    next_ = is_step_known ? step_ : usual_length;
    return 0;
}

/// Finds out how much libfcgi reads at a time, from a request that was short and at the beginning of the file.
void RequestDecoder::learn_step(std::size_t length) {
    if (step_ > 0 || length > small_request) return;
    const off_t position = lseek(file_.get(), 0, SEEK_CUR);
    if (position >= static_cast<off_t>(small_request)) next_ = step_ = static_cast<std::size_t>(position);
}

std::optional<http::Request> RequestDecoder::decode(std::string_view params, Keep keep) {
    // libfcgi adds up the lengths as ints, and ends the process on overflow: it must not get false lengths.
    if (!are_name_value_pairs(params)) return std::nullopt;
    if (!file_) *this = RequestDecoder{};  // it was lost, and could not be made again
    // The records that libfcgi expects.
    records_.clear();
    append_request(records_, params);
    if (records_.size() > memory_.get_deleter().length) map(records_.size());
    // The rest of an earlier, longer request is never reached: the last record ends this one.
    std::copy(records_.begin(), records_.end(), memory_.get() + place_for(records_.size()));

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
    auto decoded = request_from(request.envp, keep);
    FCGX_Free(&request, 0);
    learn_step(records_.size());
    return decoded;
}

std::string_view libfcgi_version() { return PACKAGE_VERSION; }

}  // namespace reelgate::gateway
