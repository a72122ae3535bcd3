// Owns a failure as a value: what was tried, on what, why it failed, and what helps.
// Does not decide what becomes of it.
// SPDX-License-Identifier: MIT
#pragma once

#include <exception>
#include <string>
#include <utility>

namespace reelgate::posix {

/// Each part is text for people; nobody takes it apart again.
struct Failure {
    std::string operation;  ///< "open catalogue"
    std::string object;     ///< a path, an id, an option; empty where the operation says it
    std::string cause;      ///< what is wrong, and whose it is
    std::string remedy;     ///< a command between grave accents, or where to look; empty where none is known
    int error = 0;          ///< as errno(3) has it; 0 where no system call failed

    void add_remedy(const std::string& more) { remedy.append(remedy.empty() ? "" : "; ").append(more); }
};

/// Formats a failure: "operation: object: cause; remedy", without what is empty.
inline std::string text_of(const Failure& failure) {
    std::string text = failure.operation;
    for (const std::string* const part : {&failure.object, &failure.cause})
        if (!part->empty()) text.append(text.empty() ? "" : ": ").append(*part);
    if (!failure.remedy.empty()) text.append("; ").append(failure.remedy);
    return text;
}

/// A failure that is thrown.
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
