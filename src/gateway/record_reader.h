// Owns the incoming half of a FastCGI connection: bytes, in parts of any size, become whole requests (FastCGI 1.0 §3.3,
// §4, §5).
// Neither reads descriptors nor decodes params: it collects them.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "gateway/record.h"

namespace reelgate::gateway {

/// What the bytes so far amount to.
enum class Incoming {
    wanting,   ///< more bytes are needed
    request,   ///< a request is complete
    aborted,   ///< the web server has aborted the request
    refused,   ///< the request was refused, and the connection is not kept: send the replies and close
    held,      ///< the next request begins while this one is being answered: nothing more is read until next()
    full,      ///< the replies have reached their limit: send them before reading more
    invalid,   ///< not FastCGI, or too long: close
};

/// Bytes of unsent replies at which reading stops. A web server sends one management record a connection, if any; a
/// peer that sends them without end must not fill our memory with replies that it does not take.
inline constexpr std::size_t max_replies = 4096;

/// Reads one connection's records.
class RecordReader {
public:
    explicit RecordReader(std::size_t max_connections) : max_connections_(max_connections) {}

    /// Takes bytes off the front of `bytes`, up to the record that decides the result. Appends replies that are due on
    /// the way to `out`: to FCGI_GET_VALUES, unknown management records, a request with another role, and one that
    /// begins within another. Takes nothing while `out` has max_replies bytes or more.
    Incoming read(std::string_view& bytes, std::string& out);

    /// Returns the params of the whole request, without record headers. Content of the request was discarded, since no
    /// method that we answer has any.
    const std::string& params() const { return params_; }
    std::uint16_t request_id() const { return request_id_; }

    /// Returns whether the web server wants to use the connection again (FCGI_KEEP_CONN).
    bool keeps_connection() const { return keeps_connection_; }

    /// Goes on to the next request. Call it once this one is answered.
    void next();

    /// Returns whether it is between requests, and between records.
    bool is_idle() const { return state_ == State::waiting && header_count_ == 0; }

    /// Frees the memory of the params, which are decoded.
    void forget_params() { std::string{}.swap(params_); }

private:
    enum class State {
        waiting,    ///< for FCGI_BEGIN_REQUEST
        params,     ///< in the request's params
        content,    ///< in the request's content
        answering,  ///< the request is complete: of its records only FCGI_ABORT_REQUEST has a meaning
    };

    Incoming begin_record();
    void take_content(std::string_view part);
    Incoming end_record(std::string& out);
    Incoming begin_request(std::string& out);
    bool is_params() const { return is_ours() && state_ == State::params && header_.type == RecordType::params; }
    bool is_ours() const { return state_ != State::waiting && header_.request_id == request_id_; }

    std::size_t max_connections_;
    State state_ = State::waiting;
    std::uint16_t request_id_ = 0;
    bool keeps_connection_ = false;
    std::string params_;
    std::size_t params_length_ = 0;  ///< including the headers of their records
    std::string content_;  ///< of the present record, for short ones that matter: BEGIN_REQUEST, GET_VALUES
    unsigned char header_bytes_[record_header_length] = {};
    std::size_t header_count_ = 0;  ///< bytes of the header that were received; 0 between records
    std::size_t content_left_ = 0;
    std::size_t padding_left_ = 0;
    bool in_record_ = false;
    RecordHeader header_;
};

}  // namespace reelgate::gateway
