// Owns what the load program makes of the bytes that come back: whether they are the answer that was asked for, and how
// many of its content there are. Does not look at the content itself: the tests do.
// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "wire.h"

namespace bench {

/// A header section, which must say 200 or 206 and the length that is expected, and so many bytes after it.
class Document {
public:
    /// Expects `length` bytes of content behind `first_line`, "HTTP/1.1 206" say.
    void begin(std::string_view first_line, std::uint64_t length) {
        first_line_ = first_line;
        left_ = length;
        is_in_head_ = true;
        head_.clear();
    }

    void take(std::string_view bytes) {
        if (is_in_head_) {
            const std::size_t before = head_.size();
            head_.append(bytes);
            const std::size_t end = head_.find("\r\n\r\n", before > 3 ? before - 3 : 0);
            if (end == std::string::npos) return;
            const std::size_t head_length = end + 4;
            bytes.remove_prefix(head_length - before);
            head_.resize(head_length);
            check_head();
            is_in_head_ = false;
        }
        if (bytes.size() > left_) throw std::runtime_error{"more content than Content-Length says"};
        left_ -= bytes.size();
    }

    bool is_whole() const { return !is_in_head_ && left_ == 0; }

    bool says_close() const {
        return head_.find("\r\nConnection: close\r\n") != std::string::npos ||
               head_.find("\r\nconnection: close\r\n") != std::string::npos;
    }

private:
    void check_head() const {
        std::string lower = head_;
        std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
        if (!head_.starts_with(first_line_) ||
            lower.find("\r\ncontent-length: " + std::to_string(left_) + "\r\n") == std::string::npos)
            throw std::runtime_error{"wanted " + first_line_ + " and " + std::to_string(left_) +
                                     " bytes, got: " + head_};
    }

    std::string first_line_, head_;
    std::uint64_t left_ = 0;
    bool is_in_head_ = true;
};

/// The records of a FastCGI response, with a Document in STDOUT.
class Records {
public:
    void begin() { header_bytes_.clear(), content_ = padding_ = 0, is_ended_ = false; }

    void take(std::string_view bytes, Document& document) {
        while (!bytes.empty()) {
            if (content_ + padding_ == 0 && !take_header(bytes)) return;
            const std::string_view content = bytes.substr(0, content_);
            if (type_ == std_out) document.take(content);
            content_ -= content.size();
            bytes.remove_prefix(content.size());
            const std::size_t padding = std::min(bytes.size(), padding_);
            padding_ -= padding;
            bytes.remove_prefix(padding);
            if (type_ == end_request && content_ + padding_ == 0) is_ended_ = true;
        }
    }

    bool is_ended() const { return is_ended_; }

private:
    /// False when there are not eight bytes yet.
    bool take_header(std::string_view& bytes) {
        const std::string_view part = bytes.substr(0, header_length - header_bytes_.size());
        header_bytes_.append(part);
        bytes.remove_prefix(part.size());
        if (header_bytes_.size() < header_length) return false;
        const RecordHeader header = read_header(header_bytes_);
        header_bytes_.clear();
        type_ = header.type;
        content_ = header.content;
        padding_ = header.padding;
        return true;
    }

    std::string header_bytes_;
    unsigned char type_ = 0;
    std::size_t content_ = 0, padding_ = 0;
    bool is_ended_ = false;
};

}  // namespace bench
