// Owns the incoming half of a FastCGI connection: bytes, however they are cut, become whole requests (FastCGI 1.0 §3.3,
// §4, §5).
// Does not read descriptors, and does not decode params: it waits until all of them are there.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "gateway/record.h"

namespace reelgate::gateway {

/// What the bytes so far come to.
enum class Incoming {
    wanting,   ///< more bytes are needed
    request,   ///< a whole request is there
    aborted,   ///< the web server has aborted the request
    refused,   ///< what was answered on the way is all that there will be: send it and close
    held,      ///< the next request begins, while this one is being answered: nothing more is read until next()
    full,      ///< the replies are as long as they may get: send them before more is read
    invalid,   ///< this is no FastCGI, or too much of it: close
};

/// Bytes of replies after which no more records are read until they are sent. A web server sends one management record
/// a connection, if any; a peer that sends them without end must not fill our memory with replies that it does not take.
inline constexpr std::size_t max_replies = 4096;

/// Reads one connection's records.
class RecordReader {
public:
    explicit RecordReader(std::size_t most_connections) : most_connections_(most_connections) {}

    /// Takes bytes off the front of `bytes`, up to the end of what it returns. What has to be answered on the way is
    /// appended to `out`: FCGI_GET_VALUES, unknown management records, a request with another role, and one that begins
    /// within another. Takes nothing while `out` has max_replies bytes or more.
    Incoming read(std::string_view& bytes, std::string& out);

    /// The params of the whole request, without their records. What came as content of the request was thrown away,
    /// since no method that we answer has any.
    const std::string& params() const { return params_; }
    std::uint16_t request_id() const { return request_id_; }

    /// Whether the web server wants to use the connection again (FCGI_KEEP_CONN).
    bool keeps_connection() const { return keeps_connection_; }

    /// To be called when the request was answered: the next may come.
    void next();

    /// Whether nothing of a request, nor of any record, has come.
    bool is_idle() const { return state_ == State::waiting && header_count_ == 0; }

    /// Forgets the params, which have been decoded, and gives back their memory.
    void release() { std::string{}.swap(params_); }

private:
    enum class State {
        waiting,    ///< for FCGI_BEGIN_REQUEST
        params,     ///< in the request's params
        content,    ///< in the request's content
        answering,  ///< the request is whole: only FCGI_ABORT_REQUEST means anything
    };

    Incoming begin_record();
    void take_content(std::string_view part);
    Incoming end_record(std::string& out);
    Incoming begin_request(std::string& out);
    bool is_params() const { return is_ours() && state_ == State::params && header_.type == RecordType::params; }
    bool is_ours() const { return state_ != State::waiting && header_.request_id == request_id_; }

    std::size_t most_connections_;
    State state_ = State::waiting;
    std::uint16_t request_id_ = 0;
    bool keeps_connection_ = false;
    std::string params_;
    std::size_t params_length_ = 0;  ///< with the headers of their records
    std::string content_;  ///< of the present record, where it is short and matters: BEGIN_REQUEST, GET_VALUES
    unsigned char header_bytes_[record_header_length] = {};
    std::size_t header_count_ = 0;  ///< bytes of the header that have come; 0 between records
    std::size_t content_left_ = 0;
    std::size_t padding_left_ = 0;
    bool in_record_ = false;
    RecordHeader header_;
};

}  // namespace reelgate::gateway
