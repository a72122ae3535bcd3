// Owns what a peer has said, as far as it has not been acted on, and whether more of it is read now.
// SPDX-License-Identifier: MIT
#include "engine/input.h"

#include <utility>

namespace reelgate::engine {

using gateway::Incoming;

Incoming Input::read(std::string_view bytes, gateway::ResponseWriter& writer) {
    std::string replies;
    const Incoming incoming = reader_.read(bytes, replies);
    writer.interject(replies);
    unread_ = bytes;
    return incoming;
}

bool Input::read_while_answering(std::string_view bytes, gateway::ResponseWriter& writer) {
    std::string replies;
    bool is_aborted = false;
    Incoming incoming = reader_.read(bytes, replies);
    for (; incoming == Incoming::aborted; incoming = reader_.read(bytes, replies)) is_aborted = true;
    writer.interject(replies);
    unread_ = bytes;
    switch (incoming) {
        case Incoming::held: gate_ = Gate::held; break;
        case Incoming::full: gate_ = Gate::full; break;
        case Incoming::invalid:
            gate_ = Gate::ended;
            take_unread();
            break;
        default: gate_ = writer.interjected() < gateway::max_replies ? Gate::open : Gate::full;
    }
    return is_aborted;
}

// Swapped, since an assignment would keep the memory, and an idle connection shall have none of it.
std::string Input::take_unread() {
    std::string unread;
    unread.swap(unread_);
    return unread;
}

void Input::next() {
    reader_.next();
    if (gate_ != Gate::ended) gate_ = Gate::open;
}

}  // namespace reelgate::engine
