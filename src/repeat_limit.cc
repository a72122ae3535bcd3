// Owns the limit on repeated log lines, which could fill a disk: a line that was just written is counted instead.
// SPDX-License-Identifier: MIT
#include "repeat_limit.h"

#include <algorithm>

namespace reelgate {

namespace {

/// How long repetitions of a line are counted before their summary is due.
constexpr std::chrono::seconds window{10};

}  // namespace

RepeatLimit::Entry* RepeatLimit::find(std::string_view line) noexcept {
    for (std::size_t i = 0; i < count_; ++i)
        if (entry(i).line.text() == line) return &entry(i);
    return nullptr;
}

/// Writes the summary of the oldest line, and forgets the line. Its time ends with the last repetition, not now: there
/// may have been no request for hours.
void RepeatLimit::tell_first() noexcept {
    Entry& told = entry(0);
    first_ = (first_ + 1) % max_entries;
    --count_;
    if (told.repeats == 0) return;
    const auto taken = std::max(std::chrono::ceil<std::chrono::seconds>(told.last - told.begin).count(),
                                std::chrono::seconds::rep{1});
    told.line.append(": ").append(told.repeats).append(" more within ");
    told.line.append(static_cast<std::uint64_t>(taken)).append(" s");
    out_.write(told.line.text());
}

void RepeatLimit::tell_due(Time now) noexcept {
    while (count_ > 0 && now - entry(0).begin >= window) tell_first();
}

void RepeatLimit::admit(std::string_view line, Time now) noexcept {
    tell_due(now);
    if (Entry* const found = find(line)) {
        ++found->repeats;
        found->last = now;
        return;
    }
    if (count_ == max_entries) tell_first();
    Entry& added = entry(count_++);
    added.line.clear();
    added.line.append(line);
    added.begin = added.last = now;
    added.repeats = 0;
    out_.write(line);
}

void RepeatLimit::tell_all() noexcept {
    while (count_ > 0) tell_first();
}

}  // namespace reelgate
