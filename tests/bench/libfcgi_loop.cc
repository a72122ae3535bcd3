// Owns the peer that libfcgi's own documentation teaches: threads in a loop of FCGX_Accept_r, read and FCGX_PutStr.
// Does not look at preconditions, nor at more than one range: libfcgi_loop SOCKET THREADS DATA
// SPDX-License-Identifier: MIT
#include <fcgiapp.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <mutex>
#include <thread>
#include <vector>

#include "wire.h"

namespace {

constexpr std::size_t read_length = std::size_t{1} << 20;
constexpr int backlog = 4096;
constexpr int lock_timeout_ms = 250;
constexpr std::string_view prefix = "/api/stream/";

/// The look-up in the catalogue; each thread has its own.
class Catalog {
public:
    explicit Catalog(const std::string& data) {
        if (sqlite3_open_v2((data + "/catalog.db").c_str(), &connection_, SQLITE_OPEN_READONLY, nullptr) != SQLITE_OK ||
            sqlite3_busy_timeout(connection_, lock_timeout_ms) != SQLITE_OK ||
            sqlite3_prepare_v3(connection_, "SELECT status FROM videos WHERE id = ?1", -1, SQLITE_PREPARE_PERSISTENT,
                               &statement_, nullptr) != SQLITE_OK)
            throw std::runtime_error{sqlite3_errmsg(connection_)};
    }

    bool is_ready(std::string_view id) {
        sqlite3_bind_text(statement_, 1, id.data(), static_cast<int>(id.size()), SQLITE_STATIC);
        const bool is_ready = sqlite3_step(statement_) == SQLITE_ROW &&
                              reinterpret_cast<const char*>(sqlite3_column_text(statement_, 0)) ==
                                  std::string_view{"complete"};
        sqlite3_reset(statement_);
        return is_ready;
    }

private:
    sqlite3* connection_ = nullptr;
    sqlite3_stmt* statement_ = nullptr;
};

void send_file(FCGX_Request& request, int fd, std::vector<char>& buffer) {
    struct stat status;
    fstat(fd, &status);
    const auto length = static_cast<std::uint64_t>(status.st_size);
    std::uint64_t first = 0;
    std::uint64_t last = length - 1;
    const bool is_partial = bench::read_range(FCGX_GetParam("HTTP_RANGE", request.envp), first, last);
    const std::string head = bench::header_block(is_partial, first, last, length);
    FCGX_PutStr(head.data(), static_cast<int>(head.size()), request.out);
    while (first <= last) {
        const std::size_t want = std::min<std::uint64_t>(buffer.size(), last - first + 1);
        const ssize_t n = pread(fd, buffer.data(), want, static_cast<off_t>(first));
        if (n <= 0 || FCGX_PutStr(buffer.data(), static_cast<int>(n), request.out) < 0) break;
        first += static_cast<std::uint64_t>(n);
    }
}

void serve(int listener, const std::string& data) {
    static std::mutex accepting;
    Catalog catalog{data};
    std::vector<char> buffer(read_length);
    FCGX_Request request;
    FCGX_InitRequest(&request, listener, 0);
    while (true) {
        {
            const std::lock_guard lock{accepting};
            if (FCGX_Accept_r(&request) < 0) return;
        }
        std::string_view uri = FCGX_GetParam("REQUEST_URI", request.envp);
        uri.remove_prefix(prefix.size());
        const int fd = catalog.is_ready(uri) ? open((data + "/videos/" + std::string{uri} + ".mp4").c_str(), O_RDONLY)
                                             : -1;
        if (fd >= 0)
            send_file(request, fd, buffer);
        else
            FCGX_PutS("Status: 404 Not Found\r\nContent-Length: 0\r\n\r\n", request.out);
        if (fd >= 0) close(fd);
        FCGX_Finish_r(&request);
    }
}

}  // namespace

int main(int count, char** words) {
    if (count != 4) {
        std::fputs("usage: libfcgi_loop SOCKET THREADS DATA\n", stderr);
        return 2;
    }
    FCGX_Init();
    // libfcgi takes SIGTERM for an order to finish the present request, and then waits for it.
    std::signal(SIGTERM, SIG_DFL);
    const int listener = FCGX_OpenSocket(words[1], backlog);
    if (listener < 0) bench::fail("listen");
    std::vector<std::thread> threads;
    for (int i = std::stoi(words[2]); i > 0; --i) threads.emplace_back(serve, listener, std::string{words[3]});
    for (std::thread& thread : threads) thread.join();
}
