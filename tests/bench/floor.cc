// Owns the floor: a responder that sends framed records from memory. What it takes, nobody who speaks FastCGI can save.
// Does not open a file, nor a catalogue, nor check what it is asked: floor SOCKET THREADS LENGTH once|whole
//
// "once" has the content of one record, which it sends over and over: it never leaves the processor's cache. "whole"
// has as much memory as the file is long, and sends from the place that is asked for: what a file in memory takes.
//
// It is built as reelgate is: one epoll set, equal threads, each descriptor armed for one event at a time.
// SPDX-License-Identifier: MIT
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <thread>
#include <vector>

#include "wire.h"

namespace {

/// As much as fits into one record and is a multiple of eight (FastCGI 1.0 §3.3 recommends that).
constexpr std::size_t most_content = 65528;
constexpr std::size_t whole_record = bench::header_length + most_content;

/// More records at a time than a socket takes.
constexpr std::size_t records_at_a_time = 8;

constexpr std::size_t read_length = 16384;
constexpr int backlog = 4096;

/// What is sent: as long as the file, or as one record's content.
std::vector<char> memory;
std::uint64_t file_length = 0;

const char* content_at(std::uint64_t position) {
    return memory.data() + (memory.size() == file_length ? position : 0);
}

/// What is asked for in a whole request.
struct Request {
    bool keeps_connection = false;
    bool is_partial = false;
    std::uint64_t first = 0;
    std::uint64_t last = 0;
};

/// Looks for HTTP_RANGE among name-value pairs (FastCGI 1.0 §3.4).
void read_params(std::string_view pairs, Request& request) {
    const auto take_length = [&]() -> std::size_t {
        const auto byte = [&](std::size_t i) { return std::size_t{static_cast<unsigned char>(pairs.at(i))}; };
        const bool is_long = byte(0) >= 128;
        const std::size_t length =
            is_long ? (byte(0) & 127U) << 24U | byte(1) << 16U | byte(2) << 8U | byte(3) : byte(0);
        pairs.remove_prefix(is_long ? 4 : 1);
        return length;
    };
    while (!pairs.empty()) {
        const std::size_t name = take_length();
        const std::size_t value = take_length();
        if (pairs.substr(0, name) == "HTTP_RANGE")
            request.is_partial =
                bench::read_range(std::string{pairs.substr(name, value)}.c_str(), request.first, request.last);
        pairs.remove_prefix(name + value);
    }
}

/// Takes a whole request off the front of `bytes`; false where it is not there yet.
bool take_request(std::string& bytes, Request& request) {
    std::string_view rest = bytes;
    request = {.last = file_length - 1};
    while (rest.size() >= bench::header_length) {
        const bench::RecordHeader header = bench::read_header(rest);
        const std::size_t length = bench::header_length + header.content + header.padding;
        if (rest.size() < length) return false;
        const std::string_view content = rest.substr(bench::header_length, header.content);
        rest.remove_prefix(length);
        if (header.type == bench::begin_request) request.keeps_connection = content.at(2) != 0;
        if (header.type == bench::params) read_params(content, request);
        if (header.type == bench::std_in && header.content == 0) {
            bytes.erase(0, bytes.size() - rest.size());
            return true;
        }
    }
    return false;
}

class Connection {
public:
    explicit Connection(int fd) : fd_(fd) {}
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;
    ~Connection() { close(fd_); }

    int fd() const { return fd_; }

    /// Goes on until it would have to wait: the events to wait for, 0 when it is over.
    std::uint32_t proceed() {
        while (true) {
            if (done_ < length_) {
                if (!send_some()) return errno == EAGAIN ? EPOLLOUT : 0U;
                if (done_ == length_ && !request_.keeps_connection) return 0;
            } else if (take_request(in_, request_)) {
                begin();
            } else {
                std::array<char, read_length> buffer;
                const ssize_t n = recv(fd_, buffer.data(), buffer.size(), MSG_DONTWAIT);
                if (n <= 0) return n < 0 && errno == EAGAIN ? EPOLLIN : 0U;
                in_.append(buffer.data(), static_cast<std::size_t>(n));
            }
        }
    }

private:
    void begin() {
        const std::uint64_t content = request_.last - request_.first + 1;
        head_ = bench::record(bench::std_out, bench::header_block(request_.is_partial, request_.first, request_.last,
                                                                  file_length));
        whole_records_ = content / most_content;
        last_content_ = content % most_content;
        first_ = request_.first;
        last_header_ = last_content_ > 0 ? bench::record_header(bench::std_out, last_content_) : "";
        done_ = 0;
        length_ = head_.size() + whole_records_ * whole_record + last_header_.size() + last_content_ + end().size();
    }

    static const std::string& end() {
        static const std::string records =
            bench::record(bench::std_out, "") + bench::record(bench::end_request, std::string(8, '\0'));
        return records;
    }

    /// Sends as much as one call takes of what is left. False when nothing could be sent.
    bool send_some() {
        std::array<iovec, 2 * records_at_a_time + 4> parts;
        std::size_t count = 0;
        std::uint64_t skip = done_;
        const auto add = [&](const char* bytes, std::size_t length) {
            if (skip < length) parts[count++] = {const_cast<char*>(bytes) + skip, length - static_cast<std::size_t>(skip)};
            skip -= std::min<std::uint64_t>(skip, length);
        };
        static const std::string whole_header = bench::record_header(bench::std_out, most_content);
        add(head_.data(), head_.size());
        const std::uint64_t gone = std::min(skip / whole_record, whole_records_);
        skip -= gone * whole_record;
        const std::uint64_t records = std::min<std::uint64_t>(whole_records_ - gone, records_at_a_time);
        for (std::uint64_t i = gone; i < gone + records; ++i) {
            add(whole_header.data(), whole_header.size());
            add(content_at(first_ + i * most_content), most_content);
        }
        if (gone + records == whole_records_) {
            add(last_header_.data(), last_header_.size());
            add(content_at(first_ + whole_records_ * most_content), last_content_);
            add(end().data(), end().size());
        }
        msghdr message{};
        message.msg_iov = parts.data();
        message.msg_iovlen = count;
        const ssize_t n = sendmsg(fd_, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n > 0) done_ += static_cast<std::uint64_t>(n);
        return n > 0;
    }

    int fd_;
    std::string in_;
    Request request_;
    std::string head_, last_header_;
    std::uint64_t first_ = 0;
    std::uint64_t whole_records_ = 0;
    std::size_t last_content_ = 0;
    std::uint64_t done_ = 0, length_ = 0;
};

void arm(int epoll, int operation, int fd, std::uint32_t events, void* what) {
    epoll_event event{events | EPOLLONESHOT, {what}};
    if (epoll_ctl(epoll, operation, fd, &event) != 0) bench::fail("watch descriptor");
}

void serve(int epoll, int listener) {
    while (true) {
        epoll_event event;
        if (epoll_wait(epoll, &event, 1, -1) < 1) continue;
        auto* connection = static_cast<Connection*>(event.data.ptr);
        const int operation = connection ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
        if (!connection) {
            const int fd = accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
            arm(epoll, EPOLL_CTL_MOD, listener, EPOLLIN, nullptr);
            if (fd < 0) continue;
            connection = new Connection{fd};
        }
        if (const std::uint32_t events = connection->proceed())
            arm(epoll, operation, connection->fd(), events, connection);
        else
            delete connection;
    }
}

int listen_on(const char* path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path, sizeof address.sun_path - 1);
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 || listen(fd, backlog) != 0)
        bench::fail("listen");
    return fd;
}

}  // namespace

int main(int count, char** words) {
    if (count != 5) {
        std::fputs("usage: floor SOCKET THREADS LENGTH once|whole\n", stderr);
        return 2;
    }
    std::signal(SIGPIPE, SIG_IGN);
    file_length = std::stoull(words[3]);
    memory.assign(std::string_view{words[4]} == "whole" ? file_length : most_content, 'x');
    const int listener = listen_on(words[1]);
    const int epoll = epoll_create1(EPOLL_CLOEXEC);
    arm(epoll, EPOLL_CTL_ADD, listener, EPOLLIN, nullptr);
    std::vector<std::thread> threads;
    for (int i = std::stoi(words[2]); i > 0; --i) threads.emplace_back(serve, epoll, listener);
    for (std::thread& thread : threads) thread.join();
}
