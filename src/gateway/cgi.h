// Owns the way out to a plain descriptor: CGI's standard output, and `get`'s.
// Does not read the request: that is in the meta-variables.
// SPDX-License-Identifier: MIT
#pragma once

#include "gateway/sender.h"

namespace reelgate::gateway {

/// Sends to a descriptor that it does not own.
class DescriptorSender : public Sender {
public:
    explicit DescriptorSender(int out) : out_(out) {}

    Ending send_text(std::string_view text) override;
    Ending send_file(Content& content, http::ByteRange range, std::uint64_t& sent) override;

    /// Throws what cut `transfer`, the latest one, short.
    void check(const Transfer& transfer) const;

private:
    Ending fail(Ending ending);
    Ending break_off(const char* fault);
    bool may_try_again();

    int out_;
    int error_ = 0;                ///< errno of the latest failure
    const char* fault_ = nullptr;  ///< what became of the file, where that was the failure
};

/// Writes all of a command's text to standard output. Throws std::system_error.
void print(std::string_view text);

}  // namespace reelgate::gateway
