// Owns a failure as a value: operation, object, cause and remedy.
// Does not decide what to do about it.
// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cerrno>
#include <cstring>
#include <exception>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>

#include "messages/named.h"

namespace reelgate::posix {

/// The parts are texts for people; no code takes them apart again.
struct Failure {
    std::string operation;  ///< "open catalogue"
    std::string object;     ///< a path, an id, an option; empty if the operation names it
    std::string cause;      ///< what is wrong, and who owns it
    std::string remedy;     ///< a command between grave accents, or where to look; empty if none is known
    int error = 0;          ///< errno(3); 0 if no system call failed
    messages::Kind kind = messages::Kind::failure;  ///< decides the level in the log, and the exit status

    void add_remedy(const std::string& more) { remedy.append(remedy.empty() ? "" : "; ").append(more); }
};

/// The parts, in the order of messages::parts. The error number is none: the cause says it in words.
inline constexpr std::array<std::string Failure::*, messages::parts.size()> failure_parts{
    &Failure::operation, &Failure::object, &Failure::cause, &Failure::remedy};

/// Returns what text_of() joins, without using the heap. Valid while `failure` lives.
inline messages::Texts texts_of(const Failure& failure) noexcept {
    messages::Texts texts;
    for (std::size_t i = 0; i < failure_parts.size(); ++i) {
        const std::string_view text = failure.*failure_parts[i];
        if (text.empty()) continue;
        if (texts.size() > 0) texts.append(messages::parts[i].separator);
        texts.append(text);
    }
    return texts;
}

/// Formats "operation: object: cause; remedy", without empty parts.
inline std::string text_of(const Failure& failure) {
    std::string text;
    for (const std::string_view part : texts_of(failure)) text.append(part);
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

/// Returns a message with its values, as a failure.
inline Failure failure_with(const messages::Message& message, std::span<const std::string_view> values) {
    Failure failure{.kind = message.kind};
    for (std::size_t i = 0; i < failure_parts.size(); ++i)
        failure.*failure_parts[i] = messages::part_of(message.*messages::parts[i].text, values);
    return failure;
}

/// Returns the message of a name with its values, as a failure.
template <typename... Values>
Failure failure_of(std::type_identity_t<messages::Named<sizeof...(Values)>> name, const Values&... values) {
    return failure_with(name.message(), messages::views_of(values...));
}

/// Returns the operation of a message, for failures whose other parts are found out elsewhere.
template <typename... Values>
std::string operation_of(std::type_identity_t<messages::Named<sizeof...(Values), messages::Of::operation>> name,
                         const Values&... values) {
    const auto views = messages::views_of(values...);
    std::span<const std::string_view> rest{views};
    return messages::part_of(name.message().operation, rest);
}

/// Throws the message of a name with its values as a FailureError.
template <typename... Values>
[[noreturn]] void fail(std::type_identity_t<messages::Named<sizeof...(Values)>> name, const Values&... values) {
    throw FailureError{failure_with(name.message(), messages::views_of(values...))};
}

/// Returns the cause of an errno in words, without using the heap: for failure handlers.
inline const char* static_cause(int error) noexcept {
    const char* const text = strerrordesc_np(error);
    return text ? text : "unknown error";
}

/// Returns the cause of an errno in words.
inline std::string cause(int error) { return std::generic_category().message(error); }

/// Throws a message whose last value is the cause of `error`, an errno.
template <typename... Values>
[[noreturn]] void throw_error(int error, std::type_identity_t<messages::Named<sizeof...(Values) + 1>> name,
                              const Values&... values) {
    Failure failure = failure_with(name.message(), messages::views_of(values..., cause(error)));
    failure.error = error;
    throw FailureError{std::move(failure)};
}

/// Throws a message whose last value is the cause of errno.
template <typename... Values>
[[noreturn]] void throw_errno(std::type_identity_t<messages::Named<sizeof...(Values) + 1>> name,
                              const Values&... values) {
    const int error = errno;
    throw_error(error, name, values...);
}

}  // namespace reelgate::posix
