// Owns what keeps a repeated failure from filling a disk: a line that was just written is counted instead.
// SPDX-License-Identifier: MIT
#include "repeat_limit.h"

#include <algorithm>

namespace reelgate {

namespace {

/// How long a line is counted before it is told how often it came.
constexpr std::chrono::seconds window{10};

/// Lines that are remembered. Failures that fill disks are few at a time, if of many requests.
constexpr std::size_t most_entries = 16;

}  // namespace

/// The time is what the repetitions took, not what has gone by since: nobody may have come for hours.
void RepeatLimit::summarise(std::vector<std::string>& out, const Entry& entry) {
    if (entry.repeats == 0) return;
    const auto taken = std::max(std::chrono::ceil<std::chrono::seconds>(entry.last - entry.begin).count(),
                                std::chrono::seconds::rep{1});
    out.push_back(entry.line + ": " + std::to_string(entry.repeats) + " more within " + std::to_string(taken) + " s");
}

std::vector<std::string> RepeatLimit::due(Time now) {
    std::vector<std::string> out;
    for (; !entries_.empty() && now - entries_.front().begin >= window; entries_.pop_front())
        summarise(out, entries_.front());
    return out;
}

std::vector<std::string> RepeatLimit::admit(std::string_view line, Time now) {
    std::vector<std::string> out = due(now);
    const auto found = std::find_if(entries_.begin(), entries_.end(), [&](const Entry& e) { return e.line == line; });
    if (found != entries_.end()) {
        ++found->repeats;
        found->last = now;
        return out;
    }
    if (entries_.size() == most_entries) {
        summarise(out, entries_.front());
        entries_.pop_front();
    }
    entries_.push_back({std::string{line}, now, now});
    out.emplace_back(line);
    return out;
}

std::vector<std::string> RepeatLimit::forget() {
    std::vector<std::string> out;
    for (const Entry& entry : entries_) summarise(out, entry);
    entries_.clear();
    return out;
}

}  // namespace reelgate
