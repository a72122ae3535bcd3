// Owns the form of a message: its parts, and the places of its values.
// SPDX-License-Identifier: MIT
#include "messages/message.h"

namespace reelgate::messages {

namespace {

/// Returns what stands before a message of that kind in the log; empty if it stands elsewhere, too.
std::string_view level_of(Kind kind) {
    switch (kind) {
        case Kind::usage: case Kind::failure: case Kind::note: break;
        case Kind::error: return "error: ";
        case Kind::warning: return "warning: ";
        case Kind::notice: return "notice: ";
        case Kind::info: return "info: ";
        case Kind::debug: return "debug: ";
    }
    return "";
}

std::string_view take_first(std::span<const std::string_view>& values) noexcept {
    if (values.empty()) return {};
    const std::string_view first = values.front();
    values = values.subspan(1);
    return first;
}

}  // namespace

Texts texts_of(const Message& message, std::span<const std::string_view> values) noexcept {
    Texts texts;
    for (const Part& part : parts) {
        const std::size_t before = texts.size();
        if (before > 0) texts.append(part.separator);
        const std::size_t begin = texts.size();
        walk(message.*part.text, [&](std::string_view text) { texts.append(text); },
             [&](std::string_view) { texts.append(take_first(values)); });
        if (texts.size() == begin) texts.shrink(before);
    }
    return texts;
}

std::string part_of(std::string_view text, std::span<const std::string_view>& values) {
    std::string part;
    walk(text, [&](std::string_view run) { part.append(run); },
         [&](std::string_view) { part.append(take_first(values)); });
    return part;
}

std::string form_of(const Message& message) {
    std::string form{level_of(message.kind)};
    bool has_begun = false;
    for (const Part& part : parts) {
        const std::string_view text = message.*part.text;
        if (text.empty()) continue;
        if (has_begun) form.append(part.separator);
        has_begun = true;
        walk(text, [&](std::string_view run) { form.append(run); }, [&](std::string_view name) { form.append(name); });
    }
    return form;
}

}  // namespace reelgate::messages
