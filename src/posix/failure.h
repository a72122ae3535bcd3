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

/// Returns what text_of() joins, without using the heap. Valid while `failure` lives.
inline std::array<std::string_view, 7> parts_of(const Failure& failure) noexcept {
    std::array<std::string_view, 7> parts{failure.operation, "", failure.object, "", failure.cause, "", failure.remedy};
    bool has_begun = !failure.operation.empty();
    for (const std::size_t i : {2, 4}) {
        if (parts[i].empty()) continue;
        if (has_begun) parts[i - 1] = ": ";
        has_begun = true;
    }
    if (!failure.remedy.empty()) parts[5] = "; ";
    return parts;
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
