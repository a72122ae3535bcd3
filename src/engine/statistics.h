// Owns the counting: what each thread has done, and the sum of all.
// Does not know the names of the figures in reports.
// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "engine/answer.h"
#include "http/request.h"

namespace reelgate::engine {

/// What is counted.
enum class Counter : std::size_t {
    connections,         ///< accepted
    accept_pauses,       ///< mostly for want of descriptors
    monitoring,          ///< requests for the status or ping path: counted here and nowhere else
    viewers_refused,     ///< over --max-viewers
    method_get,
    method_head,
    method_options,
    method_other,
    status_200,
    status_204,
    status_206,
    status_304,
    status_401,
    status_403,
    status_404,
    status_405,
    status_412,
    status_416,
    status_500,
    status_503,
    range_none,
    range_single,
    range_multipart,
    range_ignored,
    range_unsatisfiable,
    ended_complete,
    ended_aborted,       ///< the web server is gone, or has aborted the request
    ended_stalled,       ///< dropped after --stall-timeout, or at the end of the server
    ended_broken,        ///< the file was changed, or could not be read or sent to the announced length
    offloaded,
    bytes_sent,          ///< of content
    catalog_look_ups,
    catalog_errors,
    catalog_nanoseconds,
    reloads,
    keep_conn,           ///< requests whose web server keeps the connection (FCGI_KEEP_CONN)
    links_good,          ///< requests with a good link, whatever they come to
    refused_link_missing,
    refused_link_not_valid,
    refused_link_expired,
    refused_login,
    refused_forbidden,
    refused_hidden,
    refused_disputed,
    end,                 ///< number of counters
};

/// A figure for each Counter.
using Counts = std::array<std::uint64_t, static_cast<std::size_t>(Counter::end)>;

inline std::uint64_t& at(Counts& counts, Counter counter) { return counts[static_cast<std::size_t>(counter)]; }
inline std::uint64_t at(const Counts& counts, Counter counter) { return counts[static_cast<std::size_t>(counter)]; }

/// Bytes of a processor's cache line: data that different threads write must not share one.
inline constexpr std::size_t cache_line = 64;

/// Counts of one thread. Only that thread adds; any thread may sum.
class alignas(cache_line) Tally {
public:
    // One writer: a load and a store are enough, and cost what a plain addition does.
    void add(Counter counter, std::uint64_t count = 1) {
        auto& figure = figures_[static_cast<std::size_t>(counter)];
        figure.store(figure.load(std::memory_order_relaxed) + count, std::memory_order_relaxed);
    }

    void add_to(Counts& sum) const;

private:
    std::array<std::atomic<std::uint64_t>, static_cast<std::size_t>(Counter::end)> figures_{};
};

/// Counts a request and the answer that it gets.
void count_answer(Tally& tally, const http::Request& request, const Answer& answer);

/// Returns the counter of a reason to refuse a client.
Counter counter_of_refused(Refused refused);

/// Returns the counter of a status; nothing for one that is never sent.
std::optional<Counter> counter_of_status(int status);

}  // namespace reelgate::engine
