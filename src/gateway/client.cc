// Owns asking a FastCGI responder, as a web server would: one request, one answer, for commands.
// SPDX-License-Identifier: MIT
#include "gateway/client.h"

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <charconv>
#include <memory>

#include "gateway/record.h"
#include "gateway/socket_name.h"
#include "posix/failure.h"

namespace reelgate::gateway {

namespace {

using Clock = std::chrono::steady_clock;

/// Limit on the bytes of an answer: a responder that never ends must not fill the memory.
constexpr std::size_t max_answer = std::size_t{16} << 20;

/// One request: its connection, its address and its deadline.
class Inquiry {
public:
    Inquiry(const Address& address, std::chrono::milliseconds timeout)
        : text_(format_address(address)), end_(Clock::now() + timeout) {}

    /// Fails with a message whose first value is the address.
    template <typename... Values>
    [[noreturn]] void fail(std::type_identity_t<messages::Named<sizeof...(Values) + 1>> name,
                           const Values&... values) const {
        posix::fail(name, text_, values...);
    }

    /// Fails with what `error` means for a connection to reelgate.
    [[noreturn]] void fail_to_connect(int error) const {
        switch (error) {
            case ENOENT:
            case ECONNREFUSED: fail("ask-nobody");
            case EACCES: fail("ask-forbidden");
            case EAGAIN: fail("ask-full");
            case ETIMEDOUT: fail("ask-silent");
            default: fail("ask", posix::cause(error));
        }
    }

    /// Waits until the connection is readable or writable. Fails at the deadline.
    void wait(short events) const {
        pollfd what{fd.get(), events, 0};
        int ready = 0;
        do {
            const auto left = std::chrono::ceil<std::chrono::milliseconds>(end_ - Clock::now()).count();
            ready = poll(&what, 1, static_cast<int>(std::max<decltype(left)>(left, 0)));
        } while (ready < 0 && errno == EINTR);
        if (ready == 0) fail("ask-late");
    }

    posix::UniqueFd fd;

private:
    std::string text_;
    Clock::time_point end_;
};

void connect_to(Inquiry& inquiry, const sockaddr* address, socklen_t length) {
    inquiry.fd = posix::UniqueFd{socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    if (!inquiry.fd) inquiry.fail_to_connect(errno);
    if (connect(inquiry.fd.get(), address, length) == 0) return;
    if (errno != EINPROGRESS) inquiry.fail_to_connect(errno);
    inquiry.wait(POLLOUT);
    int error = 0;
    length = sizeof error;
    getsockopt(inquiry.fd.get(), SOL_SOCKET, SO_ERROR, &error, &length);
    if (error != 0) inquiry.fail_to_connect(error);
}

void connect_to(Inquiry& inquiry, const UnixAddress& address) {
    const auto name = socket_name(address.path);
    if (!name) inquiry.fail("ask-too-long", messages::Number{max_socket_name});
    connect_to(inquiry, name->address(), name->length);
}

void connect_to(Inquiry& inquiry, const InternetAddress& address) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_NUMERICSERV;
    addrinfo* raw = nullptr;
    const int code = getaddrinfo(address.host.c_str(), address.port.c_str(), &hints, &raw);
    if (code != 0) inquiry.fail("ask", gai_strerror(code));
    const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> candidates{raw, freeaddrinfo};
    connect_to(inquiry, raw->ai_addr, raw->ai_addrlen);
}

void send_all(const Inquiry& inquiry, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t n = send(inquiry.fd.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (n >= 0)
            bytes.remove_prefix(static_cast<std::size_t>(n));
        else if (errno == EAGAIN)
            inquiry.wait(POLLOUT);
        else if (errno != EINTR)
            inquiry.fail("ask-closes", posix::cause(errno));
    }
}

/// Receives and appends at least one byte. Fails if the peer closes the connection.
void receive_some(const Inquiry& inquiry, std::string& bytes) {
    char buffer[16384];
    while (true) {
        const ssize_t n = recv(inquiry.fd.get(), buffer, sizeof buffer, 0);
        if (n > 0) {
            bytes.append(buffer, static_cast<std::size_t>(n));
            return;
        }
        if (n == 0 || errno == ECONNRESET) inquiry.fail("ask-closes-early");
        if (errno == EAGAIN)
            inquiry.wait(POLLIN);
        else if (errno != EINTR)
            inquiry.fail("ask", posix::cause(errno));
    }
}

/// Returns the content of STDOUT up to the end of the request.
std::string receive_answer(const Inquiry& inquiry) {
    std::string bytes, out;
    while (out.size() < max_answer) {
        // The first byte is enough: a peer with another protocol may send less than a header, and then wait.
        if (bytes.empty()) receive_some(inquiry, bytes);
        if (static_cast<unsigned char>(bytes.front()) != fcgi_version) inquiry.fail("ask-no-fastcgi");
        while (bytes.size() < record_header_length) receive_some(inquiry, bytes);
        unsigned char raw[record_header_length];
        std::copy_n(bytes.begin(), record_header_length, raw);
        const RecordHeader header = parse_record_header(raw);
        const std::size_t length = record_header_length + header.content_length + header.padding_length;
        while (bytes.size() < length) receive_some(inquiry, bytes);
        const std::string_view content{bytes.data() + record_header_length, header.content_length};
        if (header.type == RecordType::std_out) out.append(content);
        if (header.type == RecordType::end_request) {
            if (content.size() > 4 && content[4] != 0) inquiry.fail("ask-refuses");
            return out;
        }
        bytes.erase(0, length);
    }
    inquiry.fail("ask-endless");
}

/// Parses a document response (RFC 3875 §6.2.1).
Reply parse_reply(const Inquiry& inquiry, const std::string& response) {
    constexpr std::string_view begin = "Status: ";
    const auto head_end = response.find("\r\n\r\n");
    Reply reply;
    const char* const number = response.data() + begin.size();
    if (head_end == std::string::npos || !response.starts_with(begin) ||
        std::from_chars(number, response.data() + head_end, reply.status).ec != std::errc{})
        inquiry.fail("ask-no-status");
    reply.content = response.substr(head_end + 4);
    return reply;
}

}  // namespace

std::string format_address(const Address& address) {
    if (const auto* local = std::get_if<UnixAddress>(&address)) return "unix:" + local->path;
    const auto& internet = std::get<InternetAddress>(address);
    const bool is_v6 = internet.host.find(':') != std::string::npos;
    return (is_v6 ? "[" + internet.host + "]" : internet.host) + ":" + internet.port;
}

Reply get_from(const Address& address, const std::string& target, std::chrono::milliseconds timeout) {
    Inquiry inquiry{address, timeout};
    std::visit([&](const auto& known) { connect_to(inquiry, known); }, address);
    std::string params, request;
    append_name_value(params, "REQUEST_METHOD", "GET");
    append_name_value(params, "REQUEST_URI", target);
    append_request(request, params);
    send_all(inquiry, request);
    return parse_reply(inquiry, receive_answer(inquiry));
}

}  // namespace reelgate::gateway
