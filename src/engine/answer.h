// Owns an answer on its way from a Handler to the connection that sends it.
// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <optional>

#include "answer_log.h"
#include "http/response.h"
#include "media/media_file.h"
#include "outcome.h"

namespace reelgate::engine {

/// A response, with the film that its ranges refer to.
struct Answer {
    http::Response response;
    std::optional<media::MediaFile> content;
    std::unique_ptr<const LoggedAnswer> logged;  ///< null: its end is not logged
    CatalogUse catalog_use{};
    bool may_grow = false;  ///< the film; see Outcome
    std::optional<Refused> refused = {};
    bool has_link = false;  ///< the request has shown a good one
};

}  // namespace reelgate::engine
