// Owns a failure as a value: operation, object, cause and remedy.
// Does not decide what to do about it.
// SPDX-License-Identifier: MIT
#pragma once

#include <exception>
#include <string>
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

/// Formats "operation: object: cause; remedy", without empty parts.
inline std::string text_of(const Failure& failure) {
    std::string text = failure.operation;
    for (const std::string* const part : {&failure.object, &failure.cause})
        if (!part->empty()) text.append(text.empty() ? "" : ": ").append(*part);
    if (!failure.remedy.empty()) text.append("; ").append(failure.remedy);
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
