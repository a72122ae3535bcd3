// Owns speaking a Response: header block, then pieces, and how that ended.
// SPDX-License-Identifier: MIT
#include "gateway/sender.h"

#include "gateway/header_block.h"

namespace reelgate::gateway {

Transfer send_content(const http::Response& response, Content content, Sender& sender) {
    Transfer transfer;
    for (const http::Piece& piece : response.pieces) {
        if (const auto* text = std::get_if<std::string>(&piece)) {
            transfer.ending = sender.send_text(*text);
            if (transfer.ending == Ending::complete) transfer.sent += text->size();
        } else {
            transfer.ending = sender.send_file(content, std::get<http::ByteRange>(piece), transfer.sent);
        }
        if (transfer.ending != Ending::complete) break;
    }
    return transfer;
}

Transfer send_response(const http::Response& response, const Content& content, Sender& sender) {
    if (sender.send_text(format_header_block(response)) != Ending::complete) return {Ending::aborted, 0};
    return send_content(response, content, sender);
}

}  // namespace reelgate::gateway
