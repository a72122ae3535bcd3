// Owns speaking a Response: header block, then pieces, and how that ended.
// Does not know the way out: a Sender does.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string_view>

#include "gateway/content.h"
#include "http/response.h"

namespace reelgate::gateway {

/// How speaking a response ended.
enum class Ending {
    complete,
    aborted,  ///< the peer has gone, or the way out failed
    broken,   ///< the media file could not be read as far as was promised, or was changed
};

/// A blocking way out.
class Sender {
public:
    virtual ~Sender() = default;

    /// Sends all of `text`: complete or aborted.
    virtual Ending send_text(std::string_view text) = 0;

    /// Sends `range` of the file `content`, and adds to `sent` the bytes that went out, however it ended.
    virtual Ending send_file(Content& content, http::ByteRange range, std::uint64_t& sent) = 0;
};

/// What became of a response.
struct Transfer {
    Ending ending = Ending::complete;
    std::uint64_t sent = 0;  ///< bytes of content, the header block not counted
};

/// Sends the pieces of a response without its header block. Ranges refer to `content`.
Transfer send_content(const http::Response& response, Content content, Sender& sender);

/// Sends a response: header block and pieces.
Transfer send_response(const http::Response& response, const Content& content, Sender& sender);

}  // namespace reelgate::gateway
