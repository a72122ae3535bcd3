// Owns FastCGI 1.0: requests from a connection, responses into it. The only file with libfcgi.
// Does not accept connections, and does not know threads.
// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "gateway/sender.h"
#include "http/request.h"
#include "posix/unique_fd.h"

namespace reelgate::gateway {

/// Prepares libfcgi. To be called once, before the first connection; it installs signal handlers of its own
/// (SIGTERM, SIGUSR1, SIGPIPE), so whoever owns signals does that afterwards. Throws std::runtime_error.
void initialise_fastcgi();

/// A connection from a web server: requests come one after another. Blocking.
class FastcgiConnection {
public:
    /// Takes an accepted, blocking connection.
    explicit FastcgiConnection(posix::UniqueFd connection);
    ~FastcgiConnection();

    /// Reads the next request, its content included, which is thrown away: no method that we answer has any.
    /// Nothing when the peer has gone or does not speak FastCGI; then the connection is closed.
    std::optional<http::Request> read_request();

    /// Answers the request that was read, and closes the connection unless the web server wants to keep it
    /// (FCGI_KEEP_CONN) and the response was complete. After a broken transfer the web server gets no
    /// FCGI_END_REQUEST but a record of a version that does not exist, so that it cuts its client off at once: a
    /// reply that ends in order looks whole, however short it is.
    Transfer respond(const http::Response& response, int content);

    /// The descriptor, to be waited on; -1 once it is closed.
    int fd() const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

/// Gives the version of libfcgi that this program was built with.
std::string_view libfcgi_version();

}  // namespace reelgate::gateway
