// Owns failing on demand: a library that is preloaded into the program, and lets allocations and calls fail as a file
// says that a test has mapped as well (tests/lib/faults.py makes it, and is where the meaning of a rule is told).
// Does not allocate, lock or log; and never fails libfcgi, which asserts, nor the loader, nor what runs before main.
// SPDX-License-Identifier: MIT
#include <dlfcn.h>
#include <fcntl.h>
#include <link.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <cstdint>
#include <cstdlib>
#include <cstring>

extern "C" {
// glibc's own names for what this library takes the place of: they are there before dlsym is.
void* __libc_malloc(size_t size);
void* __libc_calloc(size_t count, size_t size);
void* __libc_realloc(void* memory, size_t size);
void* __libc_memalign(size_t alignment, size_t size);
}

namespace {

using Word = std::atomic<std::uint64_t>;

/// One rule, as it stands in the file.
struct Rule {
    char name[32];
    Word at;      ///< the first that fails, counted from 1; 0: none
    Word count;   ///< how many fail from there on
    Word every;   ///< each n-th fails; 0: none
    Word size;    ///< of allocations: only those of so many bytes count; 0: all
    Word error;   ///< errno of the failure
    Word limit;   ///< of calls: instead of failing, handle no more than so many bytes; 0: fail
    Word seen;    ///< counted since the test has set this to 0
    Word failed;  ///< of those
};
static_assert(sizeof(Rule) == 96 && Word::is_always_lock_free);

enum Call : std::size_t {
    allocation, accept4_call, epoll_ctl_add, epoll_ctl_mod, epoll_ctl_del, timerfd_settime_call, getrandom_call,
    pread_call, pread64_call, openat2_call, open_call, open64_call, fstat_call, fsync_call, fdatasync_call,
    link_call, copy_file_range_call, sendfile_call, send_call, sendto_call, recv_call, write_call,
    close_call, calls
};

constexpr const char* names[calls] = {
    "allocation", "accept4", "epoll_ctl_add", "epoll_ctl_mod", "epoll_ctl_del", "timerfd_settime", "getrandom",
    "pread", "pread64", "openat2", "open", "open64", "fstat", "fsync", "fdatasync",
    "link", "copy_file_range", "sendfile", "send", "sendto", "recv", "write",
    "close"};

/// The rules in the file; set when main begins, and not before.
std::atomic<Rule*> rules{nullptr};

struct Range {
    std::uintptr_t begin = 0, end = 0;
};

/// Where libfcgi and the loader are.
Range exempt[2];

bool is_exempt(const void* caller) {
    const auto address = reinterpret_cast<std::uintptr_t>(caller);
    return std::any_of(std::begin(exempt), std::end(exempt),
                       [address](const Range& range) { return address >= range.begin && address < range.end; });
}

int note_exempt(dl_phdr_info* object, size_t, void*) {
    const char* const what[] = {"/libfcgi.so", "/ld-"};
    for (std::size_t i = 0; i < std::size(what); ++i) {
        if (!std::strstr(object->dlpi_name, what[i])) continue;
        exempt[i].begin = UINTPTR_MAX;
        for (int header = 0; header < object->dlpi_phnum; ++header) {
            const auto& segment = object->dlpi_phdr[header];
            if (segment.p_type != PT_LOAD) continue;
            const std::uintptr_t begin = object->dlpi_addr + segment.p_vaddr;
            exempt[i].begin = std::min(exempt[i].begin, begin);
            exempt[i].end = std::max(exempt[i].end, begin + segment.p_memsz);
        }
    }
    return 0;
}

/// Counts one call; tells whether the rule means it.
bool is_meant(Rule& rule) {
    const std::uint64_t n = rule.seen.fetch_add(1) + 1;
    const std::uint64_t at = rule.at, every = rule.every;
    const bool is_hit = (at != 0 && n >= at && n - at < rule.count) || (every != 0 && n % every == 0);
    if (is_hit) ++rule.failed;
    return is_hit;
}

/// Tells whether an allocation has to fail, and sets errno then.
bool is_refused(size_t size, const void* caller) {
    Rule* const table = rules;
    if (!table || is_exempt(caller)) return false;
    Rule& rule = table[allocation];
    if (const std::uint64_t only = rule.size; only != 0 && only != size) return false;
    if (!is_meant(rule)) return false;
    errno = ENOMEM;
    return true;
}

/// Tells whether a call has to fail, and sets errno then; where it is only to do less, makes `length` less.
bool is_failing(Call call, size_t* length = nullptr) {
    Rule* const table = rules;
    if (!table || !is_meant(table[call])) return false;
    if (const std::uint64_t limit = table[call].limit; limit != 0 && length) {
        *length = std::min<std::uint64_t>(*length, limit);
        return false;
    }
    errno = static_cast<int>(table[call].error);
    return true;
}

/// The function that this library stands before.
template <typename Function>
Function* next(const char* name) {
    return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

[[noreturn]] void give_up(const char* why) {
    [[maybe_unused]] auto ignored = write(STDERR_FILENO, why, std::strlen(why));
    _exit(127);
}

void begin() {
    const char* const path = std::getenv("TEST_FAULTS");
    if (!path) return;
    const int fd = open(path, O_RDWR | O_CLOEXEC);
    struct stat status;
    if (fd < 0 || fstat(fd, &status) != 0 || status.st_size != sizeof(Rule) * calls)
        give_up("faults.so: TEST_FAULTS: no file of rules\n");
    void* const memory = mmap(nullptr, sizeof(Rule) * calls, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (memory == MAP_FAILED) give_up("faults.so: TEST_FAULTS: cannot be mapped\n");
    const auto table = static_cast<Rule*>(memory);
    for (std::size_t i = 0; i < calls; ++i)
        if (std::strncmp(table[i].name, names[i], sizeof table[i].name) != 0)
            give_up("faults.so: the names are not those of tests/lib/faults.py\n");
    dl_iterate_phdr(note_exempt, nullptr);
    rules = table;
}

using Main = int(int, char**, char**);
Main* program_main = nullptr;

int main_with_faults(int argc, char** argv, char** environment) {
    begin();
    return program_main(argc, argv, environment);
}

}  // namespace

extern "C" {

int __libc_start_main(Main* main, int argc, char** argv, void (*init)(), void (*fini)(), void (*rtld_fini)(),
                      void* stack_end) {
    using Start = int(Main*, int, char**, void (*)(), void (*)(), void (*)(), void*);
    program_main = main;
    return next<Start>("__libc_start_main")(main_with_faults, argc, argv, init, fini, rtld_fini, stack_end);
}

void* malloc(size_t size) noexcept {
    return is_refused(size, __builtin_return_address(0)) ? nullptr : __libc_malloc(size);
}

void* calloc(size_t count, size_t size) noexcept {
    return is_refused(count * size, __builtin_return_address(0)) ? nullptr : __libc_calloc(count, size);
}

void* realloc(void* memory, size_t size) noexcept {
    return is_refused(size, __builtin_return_address(0)) ? nullptr : __libc_realloc(memory, size);
}

void* aligned_alloc(size_t alignment, size_t size) noexcept {
    return is_refused(size, __builtin_return_address(0)) ? nullptr : __libc_memalign(alignment, size);
}

int posix_memalign(void** memory, size_t alignment, size_t size) noexcept {
    void* const made =
        is_refused(size, __builtin_return_address(0)) ? nullptr : __libc_memalign(alignment, size);
    if (!made) return ENOMEM;
    *memory = made;
    return 0;
}

int accept4(int fd, sockaddr* address, socklen_t* length, int flags) {
    static const auto real = next<decltype(accept4)>("accept4");
    return is_failing(accept4_call) ? -1 : real(fd, address, length, flags);
}

int epoll_ctl(int set, int operation, int fd, epoll_event* event) noexcept {
    static const auto real = next<decltype(epoll_ctl)>("epoll_ctl");
    const Call call = operation == EPOLL_CTL_ADD   ? epoll_ctl_add
                      : operation == EPOLL_CTL_MOD ? epoll_ctl_mod
                                                   : epoll_ctl_del;
    return is_failing(call) ? -1 : real(set, operation, fd, event);
}

int timerfd_settime(int fd, int flags, const itimerspec* value, itimerspec* old) noexcept {
    static const auto real = next<decltype(timerfd_settime)>("timerfd_settime");
    return is_failing(timerfd_settime_call) ? -1 : real(fd, flags, value, old);
}

ssize_t getrandom(void* buffer, size_t length, unsigned flags) {
    static const auto real = next<decltype(getrandom)>("getrandom");
    return is_failing(getrandom_call, &length) ? -1 : real(buffer, length, flags);
}

ssize_t pread(int fd, void* buffer, size_t length, off_t position) {
    static const auto real = next<decltype(pread)>("pread");
    return is_failing(pread_call, &length) ? -1 : real(fd, buffer, length, position);
}

ssize_t pread64(int fd, void* buffer, size_t length, off64_t position) {
    static const auto real = next<decltype(pread64)>("pread64");
    return is_failing(pread64_call, &length) ? -1 : real(fd, buffer, length, position);
}

int open(const char* path, int flags, ...) {
    static const auto real = next<decltype(open)>("open");
    va_list more;
    va_start(more, flags);
    const mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(more, mode_t) : 0;
    va_end(more);
    return is_failing(open_call) ? -1 : real(path, flags, mode);
}

int open64(const char* path, int flags, ...) {
    static const auto real = next<decltype(open64)>("open64");
    va_list more;
    va_start(more, flags);
    const mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(more, mode_t) : 0;
    va_end(more);
    return is_failing(open64_call) ? -1 : real(path, flags, mode);
}

int fstat(int fd, struct stat* status) noexcept {
    static const auto real = next<int(int, struct stat*)>("fstat");
    return is_failing(fstat_call) ? -1 : real(fd, status);
}

int fsync(int fd) {
    static const auto real = next<decltype(fsync)>("fsync");
    return is_failing(fsync_call) ? -1 : real(fd);
}

int fdatasync(int fd) {
    static const auto real = next<decltype(fdatasync)>("fdatasync");
    return is_failing(fdatasync_call) ? -1 : real(fd);
}

int link(const char* from, const char* to) noexcept {
    static const auto real = next<decltype(link)>("link");
    return is_failing(link_call) ? -1 : real(from, to);
}

ssize_t copy_file_range(int from, off64_t* from_position, int to, off64_t* to_position, size_t length,
                        unsigned flags) {
    static const auto real = next<decltype(copy_file_range)>("copy_file_range");
    return is_failing(copy_file_range_call, &length)
               ? -1
               : real(from, from_position, to, to_position, length, flags);
}

ssize_t sendfile(int to, int from, off_t* position, size_t length) noexcept {
    static const auto real = next<decltype(sendfile)>("sendfile");
    return is_failing(sendfile_call, &length) ? -1 : real(to, from, position, length);
}

ssize_t send(int fd, const void* bytes, size_t length, int flags) {
    static const auto real = next<decltype(send)>("send");
    return is_failing(send_call, &length) ? -1 : real(fd, bytes, length, flags);
}

ssize_t sendto(int fd, const void* bytes, size_t length, int flags, const sockaddr* to, socklen_t to_length) {
    static const auto real = next<decltype(sendto)>("sendto");
    return is_failing(sendto_call, &length) ? -1 : real(fd, bytes, length, flags, to, to_length);
}

ssize_t recv(int fd, void* buffer, size_t length, int flags) {
    static const auto real = next<decltype(recv)>("recv");
    return is_failing(recv_call, &length) ? -1 : real(fd, buffer, length, flags);
}

ssize_t write(int fd, const void* bytes, size_t length) {
    static const auto real = next<decltype(write)>("write");
    return is_failing(write_call, &length) ? -1 : real(fd, bytes, length);
}

/// Closes in any case, as Linux does.
int close(int fd) {
    static const auto real = next<decltype(close)>("close");
    // Counted before the peer can see it.
    const bool is_hit = is_failing(close_call);
    const int error = errno, result = real(fd);
    if (!is_hit) return result;
    errno = error;
    return -1;
}

/// What glibc has no wrapper for goes through here.
long syscall(long number, ...) noexcept {
    static const auto real = next<decltype(syscall)>("syscall");
    long words[6];
    va_list more;
    va_start(more, number);
    for (long& word : words) word = va_arg(more, long);
    va_end(more);
    if (number == SYS_openat2 && is_failing(openat2_call)) return -1;
    return real(number, words[0], words[1], words[2], words[3], words[4], words[5]);
}

}  // extern "C"
