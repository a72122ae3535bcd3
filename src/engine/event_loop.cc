// Owns the epoll set: which descriptors are watched, and which source handles their events.
// SPDX-License-Identifier: MIT
#include "engine/event_loop.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>

#include <exception>
#include <string>
#include <utility>

#include "log.h"
#include "posix/failure.h"

namespace reelgate::engine {

namespace {

posix::UniqueFd make_timer() {
    posix::UniqueFd timer{timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK)};
    if (!timer) posix::throw_errno("create-timer");
    return timer;
}

}  // namespace

EventLoop::EventLoop() : epoll_(epoll_create1(EPOLL_CLOEXEC)), end_(eventfd(0, EFD_CLOEXEC)) {
    if (!epoll_ || !end_) posix::throw_errno("create-epoll");
    // Level-triggered, and not EPOLLONESHOT: it stays readable, so that every thread sees it.
    epoll_event event{EPOLLIN, {static_cast<EventSource*>(&wake_)}};
    if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, end_.get(), &event) != 0) posix::throw_errno("watch-end");
}

void EventLoop::add(int fd, std::uint32_t events, EventSource& source) {
    epoll_event event{events | EPOLLONESHOT, {&source}};
    if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0)
        posix::throw_errno("watch-descriptor", messages::Number{fd});
}

bool EventLoop::rearm(int fd, std::uint32_t events, EventSource& source) noexcept {
    epoll_event event{events | EPOLLONESHOT, {&source}};
    return epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, fd, &event) == 0;
}

void EventLoop::add_timer(int fd, EventSource& source) {
    epoll_event event{EPOLLIN | EPOLLET, {&source}};
    if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0) posix::throw_errno("watch-timer");
}

void EventLoop::remove(int fd) noexcept { epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr); }

void EventLoop::run(Worker& worker, const std::function<bool()>& is_over) {
    do {
        // One event at a time, so that other threads can take the next ones.
        epoll_event event;
        if (epoll_wait(epoll_.get(), &event, 1, -1) < 1) continue;
        auto* const source = static_cast<EventSource*>(event.data.ptr);
        try {
            source->handle(event.events, worker);
        } catch (const std::exception& failure) {
            log("event-failed", failure.what());
        }
    } while (!is_ended_ && !is_over());
}

void EventLoop::end() noexcept {
    is_ended_ = true;
    eventfd_write(end_.get(), 1);
}

Timer::Timer(EventLoop& loop, Action action) : fd_(make_timer()), action_(std::move(action)) {
    loop.add_timer(fd_.get(), *this);
}

bool Timer::start(std::chrono::nanoseconds delay) noexcept {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(delay);
    itimerspec when{};
    when.it_value.tv_sec = seconds.count();
    when.it_value.tv_nsec = (delay - seconds).count();
    return timerfd_settime(fd_.get(), 0, &when, nullptr) == 0;
}

}  // namespace reelgate::engine
