// Owns the way from a Request to an answer: catalogue, media file, representation, plan.
// Does not know how the request came in or how the answer goes out.
// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "gateway/content.h"
#include "http/plan.h"
#include "catalog/reader.h"
#include "media/media_file.h"

namespace reelgate {

/// Who sends the content of a video: reelgate, or the web server, told by a field which file to send.
enum class Offload { none, x_sendfile, x_accel_redirect };

/// Where things are, and what the administrator decided.
struct HandlerSettings {
    std::filesystem::path database;
    std::filesystem::path videos;
    std::string query;
    std::string ready;   ///< the status that may be streamed
    std::string prefix;  ///< what stands before the id in a target's path
    http::Policy policy;
    Offload offload = Offload::none;
    std::string offload_prefix;  ///< what stands before a file's path in X-Accel-Redirect
    std::vector<std::string> cors_origins;  ///< see http::add_cors_fields
};

/// What asking the catalogue took.
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
    /// Whether the tag is the catalogue's own, which stays while a recording grows: growth then breaks nothing off. The
    /// file's own tag changes with its length.
    bool may_grow = false;

    /// What the response's ranges refer to. Valid while this is.
    gateway::Content file() const {
        return content ? gateway::Content{content->fd->get(), content->version, may_grow} : gateway::Content{};
    }
};

/// Answers requests, for one thread.
class Handler {
public:
    explicit Handler(HandlerSettings settings);

    /// Answers a request. Never throws for what a client sends or what is wrong with catalogue and files: that is
    /// answered with 500 or 503, and logged. Throws catalog::CatalogBusy where that was asked for, and media::StorageBusy
    /// where `gate` refuses: the request may be asked again then, and nothing has been said or counted. Without a gate
    /// it waits for the storage as long as it takes.
    Answer answer(const http::Request& request, catalog::WhenLocked when_locked = catalog::WhenLocked::wait, media::StorageGate* gate = nullptr);

    /// Closes the folder of videos if it has not been used for a while; see media::MediaFolder. For any thread.
    void let_go_of_storage() { videos_.let_go_if_unused(media::MediaFolder::Clock::now()); }

    /// Finds out whether catalogue and folder of videos can be used, for start-up. Throws what is wrong.
    void check();

private:
    Answer decide(const http::Request& request);
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
