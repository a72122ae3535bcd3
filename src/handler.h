// Owns the way from a Request to its Outcome: catalogue, media file, representation, plan.
// Does not know how the request arrives or how the answer is sent, and logs nothing.
// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "catalog/reader.h"
#include "handler_settings.h"
#include "media/media_folders.h"
#include "offloader.h"
#include "outcome.h"

namespace reelgate {

/// Answers requests, for one thread.
class Handler {
public:
    explicit Handler(HandlerSettings settings);

    /// Answers a request. Never throws because of the request, the catalogue or a file: their failures are answered
    /// with 500 or 503, and noted. Throws catalog::CatalogBusy if `when_locked` asks for it, and media::StorageBusy if
    /// `gate` refuses: then the request may be asked again. Without a gate it waits for the storage without limit.
    Outcome answer(const http::Request& request, catalog::WhenLocked when_locked = catalog::WhenLocked::wait,
                   media::StorageGate* gate = nullptr);

    /// Moves what is open and not used to `unused`; see media::MediaFolders::take_unused(). For any thread.
    bool take_unused(media::Unused& unused) {
        return videos_.take_unused(media::MediaFolders::Clock::now(), unused);
    }

    /// Moves the films that are kept open to `films`: closing them may block.
    void take_films(std::vector<media::MediaFile>& films) { videos_.take_files(films); }

    /// Checks at start-up that the catalogue and the folders of videos can be used. Throws if not. Returns what may
    /// make them fail later.
    std::vector<Note> check();

private:
    /// A request that is being answered.
    struct Asking {
        const http::Request& request;  ///< whose target is the video's
        catalog::WhenLocked when_locked;
        media::StorageGate* gate;
        http::Time now;
        bool has_link = false;  ///< it has shown a good link
    };

    /// What an answer is for.
    enum class For {
        film,      ///< it is sent
        question,  ///< a server that asks first only wants to know whether it may be had
    };

    http::Selection decide(Asking& asking, For what, Outcome& outcome);
    std::variant<catalog::Row, http::Refusal> admit(Asking& asking, Outcome& outcome);
    http::Selection select(const Asking& asking, const catalog::Row& row, Outcome& outcome);
    std::optional<catalog::Row> find(std::string& id, const Asking& asking, CatalogUse& use);
    std::optional<catalog::Row> look_up(const std::string& id, const Asking& asking, CatalogUse& use);
    http::Dependence dependence();

    const HandlerSettings settings_;
    catalog::Reader catalog_;
    media::MediaFolders videos_;
    Offloader offloader_;
};

}  // namespace reelgate
