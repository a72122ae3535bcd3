// Owns how code names a message: the compiler finds it in the table, and counts its values.
// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <charconv>
#include <concepts>
#include <cstddef>
#include <string_view>

#include "messages/table.h"

namespace reelgate::messages {

/// Returns the message of that name. A name that the table lacks does not compile.
consteval const Message& find(std::string_view name) {
    for (const Message& message : table)
        if (message.name == name) return message;
    throw "no such message";
}

/// How much of a message is meant.
enum class Of { message, operation };

/// A message, by its name, that takes `count` values, or whose operation does. Another number does not compile.
template <std::size_t count, Of of = Of::message>
class Named {
public:
    consteval Named(const char* name) : message_(&find(name)) {
        const std::size_t taken = of == Of::message ? count_values(*message_) : count_values(message_->operation);
        if (taken != count) throw "another number of values";
    }
    const Message& message() const noexcept { return *message_; }

private:
    const Message* message_;
};

/// A number as a value of a message, without the heap.
class Number {
public:
    template <std::integral Integer>
    explicit Number(Integer number) noexcept {
        length_ = static_cast<std::size_t>(std::to_chars(digits_.data(), digits_.data() + digits_.size(), number).ptr -
                                           digits_.data());
    }
    operator std::string_view() const noexcept { return {digits_.data(), length_}; }

private:
    std::array<char, 20> digits_{};  // of 64 bits, with a sign
    std::size_t length_;
};

/// Values of a message, as views of what was passed.
template <typename... Values>
std::array<std::string_view, sizeof...(Values)> views_of(const Values&... values) noexcept {
    return {std::string_view{values}...};
}

}  // namespace reelgate::messages
