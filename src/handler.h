// Owns the way from a Request to an answer: catalogue, media file, representation, plan.
// Does not know how the request arrives or how the answer is sent.
// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>

#include "catalog/reader.h"
#include "gateway/content.h"
#include "handler_settings.h"
#include "media/media_file.h"

namespace reelgate {

/// Counts and time of one request's look-ups in the catalogue.
struct CatalogUse {
    unsigned look_ups = 0;
    unsigned errors = 0;
    std::chrono::nanoseconds time{0};
};

/// A response, with the file that its ranges refer to.
struct Answer {
    http::Response response;
    std::optional<media::MediaFile> content;
    std::string summary;  ///< "N: ID: METHOD RANGE: STATUS CONTENT-RANGE" for the log; empty unless info is logged
    CatalogUse catalog_use{};
    /// Whether the tag comes from the catalogue, and stays while a recording grows: growth then does not break the
    /// answer off. The file's own tag changes with its length.
    bool may_grow = false;

    /// Returns the content that the response's ranges refer to. Valid while this lives.
    gateway::Content file() const {
        return content ? gateway::Content{content->fd->get(), content->version, may_grow} : gateway::Content{};
    }
};

/// Answers requests, for one thread.
class Handler {
public:
    explicit Handler(HandlerSettings settings);

    /// Answers a request. Never throws because of the request, the catalogue or a file: their failures are answered
    /// with 500 or 503, and logged. Throws catalog::CatalogBusy if `when_locked` asks for it, and media::StorageBusy if
    /// `gate` refuses: then nothing is logged or counted, and the request may be asked again. Without a gate it waits
    /// for the storage without limit.
    Answer answer(const http::Request& request, catalog::WhenLocked when_locked = catalog::WhenLocked::wait,
                  media::StorageGate* gate = nullptr);

    /// Closes the folder of videos if it is unused; see media::MediaFolder::let_go_if_unused(). For any thread.
    void let_go_of_storage() { videos_.let_go_if_unused(media::MediaFolder::Clock::now()); }

    /// Checks at start-up that the catalogue and the folder of videos can be used. Throws if not.
    void check();

private:
    Answer decide(const http::Request& request);
    Answer refuse(const http::Request& request, http::Refusal refusal) const;
    std::optional<catalog::Row> find(const std::string& id);
    Answer represent(const http::Request& request, const std::string& id, const catalog::Row& row);
    std::optional<http::OffloadField> offload(const std::string& name, const media::MediaFile& file,
                                              const http::Representation& representation);
    const std::filesystem::path& folder_for_web_server();

    HandlerSettings settings_;
    catalog::Reader catalog_;
    media::MediaFolder videos_;
    CatalogUse catalog_use_;    ///< by the present request
    catalog::WhenLocked when_locked_{};   ///< for the present request
    media::StorageGate* gate_ = nullptr;  ///< of the present request
    std::filesystem::path folder_for_web_server_;  ///< empty until a film is offloaded
};

}  // namespace reelgate
