// Owns the question of a server that asks before it serves: which address it means; and the form of the answer.
// Does not decide it: admission.h does.
// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>
#include <variant>

#include "http/plan.h"
#include "http/request.h"
#include "http/response.h"

namespace reelgate::http {

/// The request is not at the path for questions: it asks for a video itself.
struct NoQuestion {};

/// It is, and its fields do not agree about the address: a client has written one of them.
struct DisputedQuestion {};

/// A question is the request for the address that is asked about, with the variables of the one that asks. Its target
/// is empty if none is named. Its method is GET, whatever that of the client is, since what may be had does not depend
/// on it; but OPTIONS stays, which is answered without a check.
using AuthQuestion = std::variant<NoQuestion, DisputedQuestion, Request>;

/// Returns what a request asks at `auth_path`; an empty one turns this off. The path of its target, or of one that the
/// web server has made of it, must equal it. The address may stand in the fields X-Original-URI and X-Forwarded-Uri,
/// and in the query of that path: as it is, or encoded as `uri=`. Where only the web server's own target has that path,
/// the client's is an address, too. A client can write all of them but the last: so those that are there must agree.
AuthQuestion auth_question(const Request& request, std::string_view auth_path);

/// Makes the answer: 204 without a refusal. It has no content.
Response auth_answer(const Refusal* refusal, const Policy& policy);

}  // namespace reelgate::http
