// Owns a failure as a value: operation, object, cause and remedy.
// Does not decide what to do about it.
// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <exception>
#include <string>
#include <string_view>
#include <utility>

namespace reelgate::posix {

/// The parts are texts for people; no code takes them apart again.
struct Failure {
    std::string operation;  ///< "open catalogue"
    std::string object;     ///< a path, an id, an option; empty if the operation names it
    std::string cause;      ///< what is wrong, and who owns it
    std::string remedy;     ///< a command between grave accents, or where to look; empty if none is known
    int error = 0;          ///< errno(3); 0 if no system call failed

    void add_remedy(const std::string& more) { remedy.append(remedy.empty() ? "" : "; ").append(more); }
};

/// A part of a failure's text: its name, for programs, and what stands before it.
struct FailurePart {
    std::string_view name;
    std::string Failure::*text;
    std::string_view separator;
};

/// The parts in their order. The error number is none: the cause says it in words.
inline constexpr std::array failure_parts{
    FailurePart{"operation", &Failure::operation, ""},
    FailurePart{"object", &Failure::object, ": "},
    FailurePart{"cause", &Failure::cause, ": "},
    FailurePart{"remedy", &Failure::remedy, "; "},
};

/// Returns what text_of() joins, each part after its separator, without using the heap. Valid while `failure` lives.
inline std::array<std::string_view, 2 * failure_parts.size() - 1> parts_of(const Failure& failure) noexcept {
    std::array<std::string_view, 2 * failure_parts.size() - 1> texts;
    bool has_begun = false;
    for (std::size_t i = 0; i < failure_parts.size(); ++i) {
        const std::string_view text = failure.*failure_parts[i].text;
        if (text.empty()) continue;
        if (has_begun) texts[2 * i - 1] = failure_parts[i].separator;
        texts[2 * i] = text;
        has_begun = true;
    }
    return texts;
}

/// Formats "operation: object: cause; remedy", without empty parts.
inline std::string text_of(const Failure& failure) {
    std::string text;
    for (const std::string_view part : parts_of(failure)) text.append(part);
    return text;
}

/// A failure as an exception.
class FailureError : public std::exception {
public:
    explicit FailureError(Failure failure) : failure_(std::move(failure)), text_(text_of(failure_)) {}

    const Failure& failure() const noexcept { return failure_; }
    const char* what() const noexcept override { return text_.c_str(); }

private:
    Failure failure_;
    std::string text_;
};

}  // namespace reelgate::posix
