// Owns the form of a message: its parts, and the places of its values.
// Does not know any message: table.h does.
// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace reelgate::messages {

/// Where a message appears.
enum class Kind {
    usage,    ///< as the error of a command that was given something wrong: exit status 2
    failure,  ///< as the error of a command; within a finding or another message; or in the log, as an error
    note,     ///< beside what a command prints: nothing has failed
    error,    ///< in the log, at that level
    warning,
    notice,
    info,
    debug,
};

/// A message. A name in braces stands for a value: "open {FILE}".
struct Message {
    std::string_view name;
    Kind kind;
    std::string_view operation;    ///< "open catalogue"
    std::string_view object = {};  ///< empty if the operation names it
    std::string_view cause = {};
    std::string_view remedy = {};  ///< a command between grave accents, or where to look
};

/// A part of a message: its name, for programs, and what stands before it.
struct Part {
    std::string_view name;
    std::string_view Message::*text;
    std::string_view separator;
};

/// The parts in their order.
inline constexpr std::array parts{
    Part{"operation", &Message::operation, ""},
    Part{"object", &Message::object, ": "},
    Part{"cause", &Message::cause, ": "},
    Part{"remedy", &Message::remedy, "; "},
};

/// Calls `take_text` for each run of text, and `take_value` for the name of each value, in their order.
template <typename TakeText, typename TakeValue>
constexpr void walk(std::string_view text, const TakeText& take_text, const TakeValue& take_value) {
    while (!text.empty()) {
        const std::size_t begin = text.find('{');
        if (begin != 0) take_text(text.substr(0, begin));
        if (begin == std::string_view::npos) return;
        const std::size_t end = text.find('}', begin);
        take_value(text.substr(begin + 1, end - begin - 1));
        text.remove_prefix(end + 1);
    }
}

/// Returns the number of values that a text takes.
constexpr std::size_t count_values(std::string_view text) {
    std::size_t count = 0;
    walk(text, [](std::string_view) {}, [&](std::string_view) { ++count; });
    return count;
}

/// Returns the number of values that a message takes.
constexpr std::size_t count_values(const Message& message) {
    std::size_t count = 0;
    for (const Part& part : parts) count += count_values(message.*part.text);
    return count;
}

/// The texts of one message in their order, without copies: valid while message and values live.
class Texts {
public:
    static constexpr std::size_t max = 32;

    void append(std::string_view text) noexcept {
        if (count_ < max && !text.empty()) texts_[count_++] = text;
    }
    std::size_t size() const noexcept { return count_; }
    void shrink(std::size_t size) noexcept { count_ = size; }
    auto begin() const noexcept { return texts_.begin(); }
    auto end() const noexcept { return texts_.begin() + count_; }
    operator std::span<const std::string_view>() const noexcept { return {texts_.data(), count_}; }

private:
    std::array<std::string_view, max> texts_;
    std::size_t count_ = 0;
};

/// Returns "operation: object: cause; remedy" with the values in their places, and without empty parts. Does not use
/// the heap.
Texts texts_of(const Message& message, std::span<const std::string_view> values) noexcept;

/// Returns one part with its values, which are taken off the front of `values`.
std::string part_of(std::string_view text, std::span<const std::string_view>& values);

/// Returns the message as the manual has it: the names of the values in the place of values, and its level in front.
std::string form_of(const Message& message);

}  // namespace reelgate::messages
