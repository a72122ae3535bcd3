// Owns FastCGI 1.0: requests from a connection, responses into it. The only file with libfcgi.
// SPDX-License-Identifier: MIT
#include "gateway/fastcgi.h"

#include <fcgi_config.h>
#include <fcgiapp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <stdexcept>

#include "gateway/meta_variables.h"

namespace reelgate::gateway {

namespace {

/// Sends into the STDOUT stream of a request, through libfcgi's writer.
class StreamSender : public Sender {
public:
    explicit StreamSender(FCGX_Stream* out) : out_(out) {}

    Ending send_text(std::string_view text) override {
        const int n = FCGX_PutStr(text.data(), static_cast<int>(text.size()), out_);
        return n == static_cast<int>(text.size()) ? Ending::complete : Ending::aborted;
    }

    Ending send_file(int content, http::ByteRange range, std::uint64_t& sent) override {
        std::array<char, 65536> buffer;
        std::uint64_t position = range.first_pos;
        while (position <= range.last_pos) {
            const auto want = std::min<std::uint64_t>(range.last_pos - position + 1, buffer.size());
            const ssize_t n = pread(content, buffer.data(), want, static_cast<off_t>(position));
            if (n < 0 && errno == EINTR) continue;
            if (n <= 0) return Ending::broken;  // 0: shorter than it was when the answer was planned
            const Ending ending = send_text({buffer.data(), static_cast<std::size_t>(n)});
            if (ending != Ending::complete) return ending;
            position += static_cast<std::uint64_t>(n);
            sent += static_cast<std::uint64_t>(n);
        }
        return Ending::complete;
    }

private:
    FCGX_Stream* out_;
};

void drain(FCGX_Stream* in) {
    std::array<char, 8192> buffer;
    while (FCGX_GetStr(buffer.data(), buffer.size(), in) > 0) {
    }
}

}  // namespace

struct FastcgiConnection::State {
    FCGX_Request request{};
};

void initialise_fastcgi() {
    if (FCGX_Init() != 0) throw std::runtime_error{"start FastCGI: libfcgi refused to initialise"};
}

FastcgiConnection::FastcgiConnection(posix::UniqueFd connection) : state_(std::make_unique<State>()) {
    // No listening socket: libfcgi would accept on it by itself after a protocol error.
    FCGX_InitRequest(&state_->request, -1, 0);
    state_->request.ipcFd = connection.release();
}

FastcgiConnection::~FastcgiConnection() { FCGX_Free(&state_->request, 1); }

int FastcgiConnection::fd() const { return state_->request.ipcFd; }

std::optional<http::Request> FastcgiConnection::read_request() {
    // FCGX_Accept_r closes a connection that is not to be kept before it reads from it; the request's own
    // FCGI_BEGIN_REQUEST sets the flag anew.
    state_->request.keepConnection = 1;
    if (FCGX_Accept_r(&state_->request) != 0) return std::nullopt;
    drain(state_->request.in);
    return request_from(state_->request.envp);
}

Transfer FastcgiConnection::respond(const http::Response& response, int content) {
    StreamSender sender{state_->request.out};
    const Transfer transfer = send_response(response, content, sender);
    switch (transfer.ending) {
        case Ending::complete: FCGX_Finish_r(&state_->request); break;
        case Ending::broken: {
            constexpr std::array<char, 8> no_valid_record{};
            [[maybe_unused]] const auto ignored =
                send(state_->request.ipcFd, no_valid_record.data(), no_valid_record.size(), MSG_NOSIGNAL);
            [[fallthrough]];
        }
        case Ending::aborted: FCGX_Free(&state_->request, 1); break;
    }
    return transfer;
}

std::string_view libfcgi_version() { return PACKAGE_VERSION; }

}  // namespace reelgate::gateway
