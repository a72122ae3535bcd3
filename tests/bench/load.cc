// Owns the viewers: asks a web server, or a FastCGI socket itself, for random ranges or whole files, and counts every
// byte of the answers. One thread, so that it takes as little as possible of the machine that it measures.
// Does not judge: it prints what it measured, and ends with 1 at the first answer that is not the one asked for.
//
//   load ask NAME=VALUE...    prints "requests bytes seconds p50 p99", the last two in microseconds
//   load park NAME=VALUE...   parks viewers in the middle of a file, prints "parked", and lets them go when stdin ends
//
// SPDX-License-Identifier: MIT
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <chrono>
#include <cstring>
#include <map>
#include <memory>
#include <random>
#include <vector>

#include "answer_reader.h"

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t buffer_length = std::size_t{256} << 10;

/// Seconds without a byte after which an answer counts as never coming.
constexpr timeval patience{20, 0};

/// Bytes that a viewer takes before he is parked: the header block, and a little of the film.
constexpr std::size_t taken_before_parking = 1000;

struct Settings {
    std::string to;                   ///< the path of a Unix socket, or a port of the loopback interface
    bool is_fastcgi = false;          ///< FastCGI, or else HTTP
    bool keeps = true;                ///< a connection is used again
    std::uint64_t videos = 1;         ///< how many ids there are: v0000000, v0000001, ...
    std::uint64_t file_length = 0;    ///< of each
    std::uint64_t range_length = 0;   ///< of what is asked for; 0: whole files
    std::uint64_t connections = 1;
    std::uint64_t requests = 1;       ///< at the most
    double seconds = 3600;            ///< after these no more requests are made
};

Settings read_settings(int count, char** words) {
    std::map<std::string, std::string, std::less<>> values;
    for (int i = 0; i < count; ++i) {
        const std::string_view word = words[i];
        const std::size_t equals = word.find('=');
        if (equals == std::string_view::npos) throw std::runtime_error{std::string{word} + ": no NAME=VALUE"};
        values[std::string{word.substr(0, equals)}] = word.substr(equals + 1);
    }
    Settings settings;
    const auto number = [&](const char* name, auto& value) {
        if (values.contains(name)) value = static_cast<std::decay_t<decltype(value)>>(std::stod(values[name]));
    };
    settings.to = values["to"];
    settings.is_fastcgi = values["protocol"] == "fastcgi";
    number("keep", settings.keeps);
    number("videos", settings.videos);
    number("file_length", settings.file_length);
    number("range_length", settings.range_length);
    number("connections", settings.connections);
    number("requests", settings.requests);
    number("seconds", settings.seconds);
    return settings;
}

int connect_to(const std::string& where) {
    sockaddr_un path{};
    sockaddr_in port{};
    const bool is_path = where.starts_with('/');
    path.sun_family = AF_UNIX;
    std::strncpy(path.sun_path, where.c_str(), sizeof path.sun_path - 1);
    port.sin_family = AF_INET;
    port.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (!is_path) port.sin_port = htons(static_cast<std::uint16_t>(std::stoi(where)));
    const auto* address =
        is_path ? reinterpret_cast<const sockaddr*>(&path) : reinterpret_cast<const sockaddr*>(&port);
    const int fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) != 0 ||
        connect(fd, address, is_path ? sizeof path : sizeof port) != 0)
        bench::fail("connect " + where);
    const int on = 1;
    if (!is_path) setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return fd;
}

/// The params that nginx sends, with its fastcgi_params (FastCGI 1.0 §3.4).
std::string fastcgi_request(const std::string& uri, const std::string& range, bool keeps) {
    std::string pairs;
    const auto add = [&](std::string_view name, std::string_view value) {
        pairs += static_cast<char>(name.size());
        pairs += static_cast<char>(value.size());
        pairs.append(name).append(value);
    };
    add("QUERY_STRING", ""), add("REQUEST_METHOD", "GET"), add("CONTENT_TYPE", ""), add("CONTENT_LENGTH", "");
    add("SCRIPT_NAME", uri), add("REQUEST_URI", uri), add("DOCUMENT_URI", uri), add("DOCUMENT_ROOT", "/var/www/html");
    add("SERVER_PROTOCOL", "HTTP/1.1"), add("REQUEST_SCHEME", "http"), add("GATEWAY_INTERFACE", "CGI/1.1");
    add("SERVER_SOFTWARE", "nginx/1.22.1"), add("REMOTE_ADDR", "127.0.0.1"), add("REMOTE_PORT", "50000");
    add("SERVER_ADDR", "127.0.0.1"), add("SERVER_PORT", "8080"), add("SERVER_NAME", "localhost");
    add("REDIRECT_STATUS", "200"), add("HTTP_HOST", "127.0.0.1");
    if (!range.empty()) add("HTTP_RANGE", range);
    const char begin[8] = {0, 1, static_cast<char>(keeps), 0, 0, 0, 0, 0};
    return bench::record(bench::begin_request, {begin, sizeof begin}) + bench::record(bench::params, pairs) +
           bench::record(bench::params, "") + bench::record(bench::std_in, "");
}

std::string request_for(const Settings& settings, const std::string& uri, const std::string& range) {
    if (settings.is_fastcgi) return fastcgi_request(uri, range, settings.keeps);
    const std::string field = range.empty() ? "" : "Range: " + range + "\r\n";
    return "GET " + uri + " HTTP/1.1\r\nHost: 127.0.0.1\r\n" + field + "\r\n";
}

void send_all(int fd, std::string_view bytes) {
    if (send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(bytes.size())) bench::fail("send");
}

/// One connection: asks, reads, asks again.
class Viewer {
public:
    explicit Viewer(const Settings& settings) : settings_(settings) {}
    Viewer(const Viewer&) = delete;
    Viewer& operator=(const Viewer&) = delete;
    ~Viewer() { hang_up(); }

    int fd() const { return fd_; }
    Clock::time_point asked_at() const { return asked_at_; }

    void ask(std::mt19937_64& random) {
        char uri[64];
        const unsigned long long video = random() % settings_.videos;
        std::snprintf(uri, sizeof uri, "/api/stream/v%07llu", video);
        const std::uint64_t wanted = settings_.range_length;
        std::string range;
        if (wanted > 0) {
            const std::uint64_t first = random() % (settings_.file_length - wanted + 1);
            range = "bytes=" + std::to_string(first) + "-" + std::to_string(first + wanted - 1);
        }
        const std::string request = request_for(settings_, uri, range);
        document_.begin(std::string{settings_.is_fastcgi ? "Status: " : "HTTP/1.1 "} + (wanted > 0 ? "206" : "200"),
                        wanted > 0 ? wanted : settings_.file_length);
        records_.begin();
        asked_at_ = Clock::now();
        if (fd_ < 0) fd_ = connect_to(settings_.to);
        send_all(fd_, request);
    }

    /// Reads once. True when the answer is whole; whoever does not keep connections has hung up then.
    bool read_some(std::vector<char>& buffer) {
        const ssize_t n = recv(fd_, buffer.data(), buffer.size(), 0);
        if (n < 0) bench::fail("receive");
        if (n == 0) throw std::runtime_error{"the connection ended within an answer"};
        const std::string_view bytes{buffer.data(), static_cast<std::size_t>(n)};
        if (settings_.is_fastcgi)
            records_.take(bytes, document_);
        else
            document_.take(bytes);
        if (!(settings_.is_fastcgi ? records_.is_ended() : document_.is_whole())) return false;
        if (!document_.is_whole()) throw std::runtime_error{"the answer ended before its content did"};
        if (!settings_.keeps || document_.says_close()) hang_up();
        return true;
    }

private:
    void hang_up() {
        if (fd_ >= 0) close(fd_);
        fd_ = -1;
    }

    const Settings& settings_;
    int fd_ = -1;
    bench::Document document_;
    bench::Records records_;
    Clock::time_point asked_at_;
};

/// Who can be read from next. A viewer by himself is simply read from: recv waits.
class Crowd {
public:
    Crowd(const Settings& settings) : epoll_(epoll_create1(EPOLL_CLOEXEC)) {
        for (std::uint64_t i = 0; i < settings.connections; ++i) viewers_.push_back(std::make_unique<Viewer>(settings));
    }
    ~Crowd() { close(epoll_); }
    Crowd(const Crowd&) = delete;
    Crowd& operator=(const Crowd&) = delete;

    const std::vector<std::unique_ptr<Viewer>>& viewers() const { return viewers_; }

    void let_ask(Viewer& viewer, std::mt19937_64& random) {
        const int before = viewer.fd();
        viewer.ask(random);
        if (before >= 0 || viewers_.size() == 1) return;
        epoll_event event{EPOLLIN, {&viewer}};
        if (epoll_ctl(epoll_, EPOLL_CTL_ADD, viewer.fd(), &event) != 0) bench::fail("watch");
    }

    Viewer& next() {
        if (viewers_.size() == 1) return *viewers_.front();
        epoll_event event;
        while (epoll_wait(epoll_, &event, 1, -1) < 1) {
        }
        return *static_cast<Viewer*>(event.data.ptr);
    }

private:
    int epoll_;
    std::vector<std::unique_ptr<Viewer>> viewers_;
};

double seconds_since(Clock::time_point begin) { return std::chrono::duration<double>(Clock::now() - begin).count(); }

double quantile(std::vector<double>& values, double part) {
    const auto place = values.begin() + static_cast<std::ptrdiff_t>(part * static_cast<double>(values.size() - 1));
    std::nth_element(values.begin(), place, values.end());
    return *place;
}

void ask(const Settings& settings) {
    std::mt19937_64 random{std::random_device{}()};
    std::vector<char> buffer(buffer_length);
    std::vector<double> times;
    Crowd crowd{settings};
    std::uint64_t asked = 0;
    const auto begin = Clock::now();
    for (const auto& viewer : crowd.viewers()) {
        if (asked == settings.requests) break;
        crowd.let_ask(*viewer, random);
        ++asked;
    }
    while (times.size() < asked) {
        Viewer& viewer = crowd.next();
        if (!viewer.read_some(buffer)) continue;
        times.push_back(seconds_since(viewer.asked_at()) * 1e6);
        if (asked == settings.requests || seconds_since(begin) > settings.seconds) continue;
        crowd.let_ask(viewer, random);
        ++asked;
    }
    const double seconds = seconds_since(begin);
    const std::uint64_t each = settings.range_length > 0 ? settings.range_length : settings.file_length;
    const unsigned long long bytes = times.size() * each;
    std::printf("%zu %llu %.6f %.1f %.1f\n", times.size(), bytes, seconds, quantile(times, 0.5), quantile(times, 0.99));
}

void park(const Settings& settings) {
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    std::vector<int> fds;
    const std::string range = "bytes=" + std::to_string(settings.file_length / 2) + "-";
    for (std::uint64_t i = 0; i < settings.connections; ++i) {
        fds.push_back(connect_to(settings.to));
        send_all(fds.back(), fastcgi_request("/api/stream/v0000000", range, true));
    }
    for (const int fd : fds) {
        char bytes[taken_before_parking];
        if (recv(fd, bytes, sizeof bytes, MSG_WAITALL) != sizeof bytes ||
            std::string_view{bytes, sizeof bytes}.find("Status: 206") == std::string_view::npos)
            throw std::runtime_error{"a viewer could not be parked"};
    }
    std::puts("parked");
    std::fflush(stdout);
    char byte = 0;
    while (read(STDIN_FILENO, &byte, 1) > 0) {
    }
    for (const int fd : fds) close(fd);
}

}  // namespace

int main(int count, char** words) {
    try {
        const std::string_view what = count > 1 ? words[1] : "";
        if (what == "ask")
            ask(read_settings(count - 2, words + 2));
        else if (what == "park")
            park(read_settings(count - 2, words + 2));
        else
            throw std::runtime_error{"usage: load ask|park NAME=VALUE..."};
    } catch (const std::exception& failure) {
        std::fprintf(stderr, "load: %s\n", failure.what());
        return 1;
    }
}
