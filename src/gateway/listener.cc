// Owns the listening socket: parses its address, creates it, and recognises an inherited one.
// SPDX-License-Identifier: MIT
#include "gateway/listener.h"

#include <fcntl.h>
#include <netdb.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <charconv>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>

#include "gateway/socket_name.h"
#include "posix/access.h"
#include "posix/failure.h"
#include "posix/folder_lock.h"

namespace reelgate::gateway {

namespace {

/// Connections that may wait to be accepted; the kernel limits it to net.core.somaxconn. With a short queue, the web
/// server sees EAGAIN as soon as some tens of viewers seek at once.
constexpr int backlog = 4096;

using Candidates = std::unique_ptr<addrinfo, decltype(&freeaddrinfo)>;

SocketName socket_name_of(const std::string& path) {
    if (const auto name = socket_name(path)) return *name;
    posix::fail("listen-too-long", path, messages::Number{max_socket_name});
}

/// How long to wait for the lock on the folder of a socket. A process holds it for a moment when it starts or stops.
constexpr std::chrono::seconds max_lock_wait{5};

std::filesystem::path folder_of(const std::string& path) { return std::filesystem::path{path}.parent_path(); }

/// What occupies the path of a socket.
struct Occupant {
    enum class Kind { nobody, gone, living } kind = Kind::nobody;
    pid_t process = 0;  ///< of a living one
};

[[noreturn]] void fail_at(const posix::Obstacle& obstacle, const std::string& path) {
    throw posix::FailureError{obstacle.failure(posix::operation_of("listen-in-folder", path), {})};
}

/// Reports a socket that this user may not connect to. Mostly it is systemd's, and its mode is right.
[[noreturn]] void fail_as_closed(const std::string& path) {
    const auto obstacle = posix::find_obstacle(path, W_OK);
    if (!obstacle) posix::throw_error(EACCES, "listen", path);
    if (obstacle->path != path) fail_at(*obstacle, path);
    posix::fail("listen-closed", path, obstacle->why);
}

/// Reports why no socket can be created at a path; for a missing permission, with the owner of the folder.
[[noreturn]] void fail_to_make(const std::string& path, int error) {
    const std::filesystem::path folder = folder_of(path);
    if (error == EACCES || error == EROFS)
        if (const auto obstacle = posix::find_obstacle(folder, W_OK | X_OK)) fail_at(*obstacle, path);
    posix::throw_error(error, "listen-make", path, folder.native());
}

/// Finds what occupies a path. A socket that refuses connections has lost its process.
Occupant occupant_of(const std::string& path, const SocketName& name) {
    struct stat status;
    if (lstat(path.c_str(), &status) != 0) return {};
    if (!S_ISSOCK(status.st_mode))
        posix::fail("listen-no-socket", path);
    const posix::UniqueFd probe{socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    if (!probe) posix::throw_errno("listen", path);
    const bool answered = connect(probe.get(), name.address(), name.length) == 0;
    if (!answered && errno == ECONNREFUSED) return {Occupant::Kind::gone};
    if (!answered && errno == EACCES) fail_as_closed(path);
    if (!answered && errno != EAGAIN) posix::throw_errno("listen", path);
    ucred peer{};
    socklen_t length = sizeof peer;
    // Only after a connection: a full queue tells no process.
    if (answered) getsockopt(probe.get(), SOL_SOCKET, SO_PEERCRED, &peer, &length);
    return {Occupant::Kind::living, peer.pid};
}

/// Returns whether a process runs this program, in any version.
bool is_own_kind(pid_t process) {
    const auto name_of = [](const std::string& id) {
        std::ifstream file{"/proc/" + id + "/comm"};
        std::string name;
        std::getline(file, name);
        return name;
    };
    const std::string name = name_of(std::to_string(process));
    return !name.empty() && name == name_of("self");
}

[[noreturn]] void fail_as_taken(const std::string& path, pid_t process) {
    if (process == 1 && !is_own_kind(process)) posix::fail("listen-systemd", path);
    posix::fail("listen-taken", path);
}

posix::UniqueFd listen_unix(const std::string& path, mode_t mode) {
    const SocketName name = socket_name_of(path);
    const Occupant occupant = occupant_of(path, name);
    if (occupant.kind == Occupant::Kind::living) fail_as_taken(path, occupant.process);
    if (occupant.kind == Occupant::Kind::gone) unlink(path.c_str());
    posix::UniqueFd fd{socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    if (!fd) posix::throw_errno("listen", path);
    // bind then creates the file with this mode: no other user can connect before a chmod.
    const mode_t previous = umask(0777 & ~mode);
    const int bound = bind(fd.get(), name.address(), name.length);
    const int error = errno;
    umask(previous);
    if (bound != 0) fail_to_make(path, error);
    return fd;
}

posix::UniqueFd listen_internet(const InternetAddress& address) {
    const std::string text = address.host + " port " + address.port;
    addrinfo hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
    addrinfo* raw = nullptr;
    const int code = getaddrinfo(address.host.c_str(), address.port.c_str(), &hints, &raw);
    if (code != 0) posix::fail("listen", text, gai_strerror(code));
    const Candidates candidates{raw, freeaddrinfo};
    posix::UniqueFd fd{socket(raw->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    const int on = 1;
    // A restart must not wait for the last connections' TIME_WAIT.
    if (!fd || setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
        bind(fd.get(), raw->ai_addr, raw->ai_addrlen) != 0)
        posix::throw_errno("listen", text);
    return fd;
}

}  // namespace

std::variant<Address, AddressFlaw> parse_address(std::string_view text) {
    constexpr std::string_view scheme = "unix:";
    if (text.starts_with(scheme)) {
        text.remove_prefix(scheme.size());
        if (!text.starts_with('/')) return AddressFlaw{"the path after unix: has to begin with /"};
        return Address{UnixAddress{std::string{text}}};
    }
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos) return AddressFlaw{"needs unix:/path, host:port or [v6]:port"};
    std::string_view host = text.substr(0, colon);
    const std::string_view port = text.substr(colon + 1);
    unsigned number = 0;
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
    if (error != std::errc{} || end != port.data() + port.size() || number < 1 || number > 65535)
        return AddressFlaw{"the port has to be a number from 1 to 65535"};
    if (host.starts_with('[') && host.ends_with(']'))
        host = host.substr(1, host.size() - 2);
    else if (host.find(':') != std::string_view::npos)
        return AddressFlaw{"an IPv6 address has to stand in brackets, [v6]:port"};
    if (host.empty()) return AddressFlaw{"the host is missing", "127.0.0.1 keeps strangers out"};
    return Address{InternetAddress{std::string{host}, std::string{port}}};
}

Listener::Listener(const Address& address, mode_t mode) {
    std::string text;
    const auto* const local = std::get_if<UnixAddress>(&address);
    if (local) folder_ = posix::UniqueFd{open(folder_of(local->path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    // Held until it listens: a socket that is bound but not yet listening looks like that of a dead process, and two
    // processes that start at once would replace each other's.
    const posix::FolderLock lock{folder_.get(), max_lock_wait};
    if (lock.is_refused())
        posix::fail("listen-locked", local->path, folder_of(local->path).native(),
                    messages::Number{max_lock_wait.count()});
    if (local) {
        fd_ = listen_unix(local->path, mode);
        text = path_ = local->path;
        struct stat status {};
        lstat(path_.c_str(), &status);
        file_ = posix::file_id_of(status);
    } else {
        const auto& internet = std::get<InternetAddress>(address);
        fd_ = listen_internet(internet);
        text = internet.host + " port " + internet.port;
    }
    if (listen(fd_.get(), backlog) != 0) {
        const int error = errno;
        remove_own_socket();
        posix::throw_error(error, "listen", text);
    }
}

std::optional<pid_t> check_address(const Address& address) {
    const auto* local = std::get_if<UnixAddress>(&address);
    if (!local) {
        // Binding finds every obstacle; the socket is closed before it listens.
        listen_internet(std::get<InternetAddress>(address));
        return std::nullopt;
    }
    const std::filesystem::path folder = folder_of(local->path);
    const Occupant occupant = occupant_of(local->path, socket_name_of(local->path));
    const bool is_living = occupant.kind == Occupant::Kind::living;
    if (is_living && !is_own_kind(occupant.process)) fail_as_taken(local->path, occupant.process);
    const posix::UniqueFd fd{open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)};
    if (!fd || faccessat(fd.get(), ".", W_OK | X_OK, AT_EACCESS) != 0) fail_to_make(local->path, errno);
    return is_living ? std::optional{occupant.process} : std::nullopt;
}

Listener::~Listener() {
    // No other process may put its socket there between the check and the removal. Without the lock, tries anyway.
    const posix::FolderLock lock{folder_.get(), max_lock_wait};
    remove_own_socket();
}

void Listener::remove_own_socket() const noexcept {
    // Another process may have taken over the path meanwhile: remove only our own file.
    struct stat status;
    if (!path_.empty() && lstat(path_.c_str(), &status) == 0 && posix::file_id_of(status) == file_)
        unlink(path_.c_str());
}

bool is_listening_socket(int fd) {
    int listening = 0, type = 0;
    socklen_t length = sizeof listening;
    if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &length) != 0 || !listening) return false;
    length = sizeof type;
    return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &length) == 0 && type == SOCK_STREAM;
}

}  // namespace reelgate::gateway
