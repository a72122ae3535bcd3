// Owns the other processes that tests need: this program as an ordinary user, and SQLite's shell.
// Does not leave any behind: each ends with the scope that began it.
// SPDX-License-Identifier: MIT
#pragma once

#include <fcntl.h>
#include <grp.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <spawn.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <ctime>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>

#include "fail_test.h"
#include "posix/unique_fd.h"

namespace reelgate {

/// Seconds after which a child is ended: nothing that it does here should take one.
inline constexpr unsigned child_timeout = 20;

/// The user and group "nobody", whom Linux has everywhere under this number.
inline constexpr unsigned nobody = 65534;

struct Pipe {
    posix::UniqueFd read_end;
    posix::UniqueFd write_end;

    Pipe() {
        int ends[2];
        if (pipe2(ends, O_CLOEXEC) != 0) fail_test("create", "pipe");
        read_end = posix::UniqueFd{ends[0]};
        write_end = posix::UniqueFd{ends[1]};
    }
};

inline void write_all(int fd, std::string_view text) {
    while (!text.empty()) {
        const ssize_t n = write(fd, text.data(), text.size());
        if (n < 0) fail_test("write", "pipe");
        text.remove_prefix(static_cast<std::size_t>(n));
    }
}

/// Reads to the end.
inline std::string read_all(int fd) {
    std::string text;
    std::array<char, 4096> buffer;
    ssize_t n;
    while ((n = read(fd, buffer.data(), buffer.size())) > 0) text.append(buffer.data(), static_cast<std::size_t>(n));
    return text;
}

inline void become_ordinary_user() {
    if (geteuid() != 0) return;
    if (setgroups(0, nullptr) != 0 || setgid(nobody) != 0 || setuid(nobody) != 0)
        fail_test("become", "nobody");
}

/// Has the kernel refuse a system call to this process from now on, as an old one and a sandbox do.
inline void refuse_system_call(unsigned number, unsigned error) {
    sock_filter rules[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const sock_fprog program{std::size(rules), rules};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
        fail_test("refuse", "system call");
}

/// Takes this process out of the sight of others: what it mounts is gone when it ends.
inline void enter_own_mounts() {
    const uid_t user = geteuid();
    const gid_t group = getegid();
    if (unshare(user == 0 ? CLONE_NEWNS : CLONE_NEWNS | CLONE_NEWUSER) != 0) fail_test("unshare", "mounts");
    if (user != 0) {
        std::ofstream{"/proc/self/uid_map"} << "0 " << user << " 1";
        std::ofstream{"/proc/self/setgroups"} << "deny";
        std::ofstream{"/proc/self/gid_map"} << "0 " << group << " 1";
    }
    if (mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) fail_test("keep private", "mounts");
}

/// Mounts an empty file system, whose names are all in the kernel's cache, on a folder.
inline void mount_on(const std::filesystem::path& folder) {
    if (mount("none", folder.c_str(), "tmpfs", 0, nullptr) != 0) fail_test("mount", folder.native());
}

/// Sees to it that the kernel can follow a symbolic link without writing down when it did, or that it cannot.
inline void let_follow_at_once(const std::filesystem::path& link, bool can) {
    timespec times[2]{};
    clock_gettime(CLOCK_REALTIME, &times[0]);
    times[0].tv_sec += can ? 3600 : -48 * 3600;
    times[1].tv_nsec = UTIME_OMIT;
    if (utimensat(AT_FDCWD, link.c_str(), times, AT_SYMLINK_NOFOLLOW) != 0) fail_test("date", link.native());
}

/// Calls `function` in a child process, and gives the text that it returns; "threw: ..." where it throws, and
/// "" where it dies or does not come back.
template <typename Function>
std::string in_child(Function&& function) {
    Pipe pipe;
    const pid_t child = fork();
    if (child < 0) fail_test("fork", "test");
    if (child == 0) {
        alarm(child_timeout);
        std::string text;
        try {
            text = function();
        } catch (const std::exception& error) {
            text = std::string{"threw: "} + error.what();
        }
        write_all(pipe.write_end.get(), text);
        _exit(0);
    }
    pipe.write_end = posix::UniqueFd{};
    std::string text = read_all(pipe.read_end.get());
    waitpid(child, nullptr, 0);
    return text;
}

/// The same, but by a user whom file modes bind: nobody, where the tests run as root.
template <typename Function>
std::string as_ordinary_user(Function&& function) {
    return in_child([&] {
        become_ordinary_user();
        return function();
    });
}

/// SQLite's command line program with a database open: another application that has the catalogue in use.
class SqliteShell {
public:
    explicit SqliteShell(const std::filesystem::path& database) {
        posix_spawn_file_actions_t actions;
        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_adddup2(&actions, in_.read_end.get(), STDIN_FILENO);
        posix_spawn_file_actions_adddup2(&actions, out_.write_end.get(), STDOUT_FILENO);
        std::string program = "sqlite3", batch = "-batch", bail = "-bail", path = database.native();
        char* const words[] = {program.data(), batch.data(), bail.data(), path.data(), nullptr};
        const int error = posix_spawnp(&child_, words[0], &actions, nullptr, words, environ);
        posix_spawn_file_actions_destroy(&actions);
        if (error != 0) fail_test("run", program, error);
        in_.read_end = posix::UniqueFd{};
        out_.write_end = posix::UniqueFd{};
    }
    SqliteShell(const SqliteShell&) = delete;
    SqliteShell& operator=(const SqliteShell&) = delete;
    /// Ends it, as the end of its input does.
    ~SqliteShell() {
        in_.write_end = posix::UniqueFd{};
        waitpid(child_, nullptr, 0);
    }

    pid_t id() const { return child_; }

    /// Executes statements, each ended by a semicolon; returns when they are done. Gives what they print. Throws when
    /// one fails; the shell has ended then.
    std::string execute(std::string_view sql) {
        constexpr std::string_view done = "-- done\n";
        write_all(in_.write_end.get(), std::string{sql} + "\n.print -- done\n");
        std::string text;
        while (!text.ends_with(done)) {
            char c;
            if (read(out_.read_end.get(), &c, 1) != 1) throw std::runtime_error{"sqlite3: failed: " + std::string{sql}};
            text.push_back(c);
        }
        text.resize(text.size() - done.size());
        return text;
    }

private:
    Pipe in_;
    Pipe out_;
    pid_t child_ = -1;
};

/// Executes statements on a database of our own making.
inline std::string run_sqlite(const std::filesystem::path& database, std::string_view sql) {
    return SqliteShell{database}.execute(sql);
}

}  // namespace reelgate
