// Owns decoding FastCGI requests, with libfcgi: the only file that includes it.
// Does not know sockets: it takes the params of a whole request as bytes.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/meta_variables.h"
#include "posix/unique_fd.h"

namespace reelgate::gateway {

/// Prepares libfcgi. Call it once, before the first request, and set up signals after it: libfcgi installs handlers of
/// its own (SIGTERM, SIGUSR1, SIGPIPE). Throws posix::FailureError.
void initialise_fastcgi();

struct UnmapMemory {
    std::size_t length = 0;
    void operator()(char* memory) const;
};

/// Decodes requests, for one thread.
class RequestDecoder {
public:
    /// Throws posix::FailureError.
    RequestDecoder();

    /// Decodes the params of one request. Returns nothing if they are not whole name-value pairs. Throws
    /// posix::FailureError.
    std::optional<http::Request> decode(std::string_view params, Keep keep = Keep::none);

private:
    void map(std::size_t length);
    std::size_t place_for(std::size_t length);
    void learn_step(std::size_t length);

    posix::UniqueFd file_;
    std::unique_ptr<char, UnmapMemory> memory_;  ///< of the file
    std::size_t next_ = 0;  ///< position of the file, where libfcgi reads on, as far as it is known
    std::size_t step_ = 0;  ///< bytes that libfcgi reads at a time; 0: unknown
    std::string records_;   ///< a member only to reuse its memory
};

/// Returns the version of libfcgi that this program was built with.
std::string_view libfcgi_version();

}  // namespace reelgate::gateway
