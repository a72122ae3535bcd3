// Owns the command `sign`: makes links that expire.
// SPDX-License-Identifier: MIT
#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "commands/commands.h"
#include "commands/listed.h"
#include "commands/print.h"
#include "commands/times.h"
#include "http/ascii.h"
#include "http/json.h"
#include "http/media_type.h"
#include "http/target.h"
#include "link/address.h"
#include "link/sign.h"

namespace reelgate::commands {

namespace {

using std::chrono::seconds;
using std::chrono::sys_seconds;

/// A link should live this many times as long as its film: people pause, and a seek after its end is refused.
constexpr int lives_of_a_film = 2;

sys_seconds now() { return std::chrono::floor<seconds>(std::chrono::system_clock::now()); }

std::int64_t expires_from(const Arguments& arguments, sys_seconds begin) {
    const auto until = arguments.value("until");
    if (until && arguments.has("for")) posix::fail("sign-two-ends");
    const std::string text = until ? *until : arguments.value("for").value();
    const std::string_view option = until ? "until" : "for";
    std::optional<sys_seconds> end;
    if (until) {
        end = moment_from(text);
        if (!end) posix::fail("option", option, text, "is no time", "an example is 2026-12-24T20:00:00Z");
    } else {
        const auto life = length_from(text);
        if (!life) posix::fail("option", option, text, "is no length of time", "examples are 90s, 15m, 24h and 7d");
        end = begin + *life;
    }
    const std::int64_t expires = end->time_since_epoch().count();
    if (*end <= begin || expires < link::min_expires) posix::fail("option", option, text, "has passed already", "");
    if (expires > link::max_expires)
        posix::fail("option", option, text, "is later than a link can expire",
                    "the last moment is 2286-11-20T17:46:39Z");
    return expires;
}

/// Returns the bytes of --address; empty if it is not given.
std::string address_bytes_from(const Arguments& arguments) {
    const auto text = arguments.value("address");
    if (!text) return {};
    const auto bytes = link::bytes_of_address(*text);
    if (!bytes)
        posix::fail("option", "address", *text, "is no address that a link can be bound to",
                    "see \"Links that expire\" in reelgate-access(7)");
    return *bytes;
}

/// Returns --base-url without a slash at its end; empty if it is not given.
std::string base_from(const Arguments& arguments) {
    std::string text = arguments.value("base-url").value_or("");
    if (text.empty()) return text;
    const auto is_out = [](char c) { return http::is_control(c) || c == ' ' || c == '?' || c == '#'; };
    const bool has_scheme = text.starts_with("https://") || text.starts_with("http://");
    if (!has_scheme || std::any_of(text.begin(), text.end(), is_out))
        posix::fail("option", "base-url", text, "is no beginning of an address",
                    "an example is https://films.example.org");
    while (text.ends_with('/')) text.pop_back();
    if (text.ends_with(':')) posix::fail("option", "base-url", arguments.value("base-url").value(), "names no host",
                                         "an example is https://films.example.org");
    return text;
}

/// What a link is to be made for.
struct Wanted {
    std::string operand;
    std::string path;
    std::string folder;             ///< with --path
    std::optional<std::string> id;  ///< of the video, if the path names one
};

class Signing {
public:
    explicit Signing(const Invocation& invocation)
        : places_(invocation.settings.handler.places), is_folder_(invocation.arguments.has("path")),
          is_download_(invocation.arguments.has("download")), expires_(expires_from(invocation.arguments, begin_)),
          address_(address_bytes_from(invocation.arguments)), base_(base_from(invocation.arguments)),
          keys_(link::read_keys(invocation.settings.handler.links.key_file)), lister_(places_) {
        if (is_folder_ && is_download_) posix::fail("sign-download-path");
    }

    Wanted wanted(const std::string& operand) const {
        Wanted wanted{.operand = operand, .path = operand.starts_with('/') ? operand : places_.prefix + operand};
        const bool is_of_folder = wanted.path.ends_with('/');
        if (std::any_of(operand.begin(), operand.end(), http::is_control)) posix::fail("sign-operand", operand);
        // Encoded, it would be a part of the path, which no web server means by it.
        if (operand.find_first_of("?#") != std::string::npos) posix::fail("sign-query", operand);
        if (is_of_folder && !is_folder_) posix::fail("sign-folder", operand);
        if (wanted.path.starts_with(places_.prefix))
            wanted.id = http::video_id(http::encode_path(wanted.path), places_.prefix, places_.id_segments);
        if (!wanted.id && !is_of_folder && !operand.starts_with('/')) posix::fail("sign-operand", operand);
        if (!is_folder_) return wanted;
        wanted.folder = wanted.path.substr(0, wanted.path.rfind('/') + 1);
        // A folder of all videos is one that a person has to name.
        if (!is_of_folder && places_.prefix.starts_with(wanted.folder)) posix::fail("sign-all", operand, wanted.folder);
        return wanted;
    }

    std::string address_of(const Wanted& wanted) const {
        return base_ + link::sign(keys_.front(), {wanted.path, expires_, address_, wanted.folder, is_download_});
    }

    /// Returns the seconds that a film plays, if that can be known, and says what speaks against its link.
    std::optional<double> compare(const Wanted& wanted) {
        if (!wanted.id || is_without_catalogue_) return std::nullopt;
        try {
            const Listed listed = look_at(*wanted.id);
            if (!listed.row) complain(posix::text_of(posix::failure_of("sign-unknown", wanted.operand)));
            if (listed.seconds) compare_life(wanted, *listed.seconds);
            return listed.seconds;
        } catch (const posix::FailureError& failure) {
            // Links may be made where no catalogue is.
            is_without_catalogue_ = true;
            complain(posix::text_of(posix::failure_of("sign-uncompared", posix::text_of(failure.failure()))));
            return std::nullopt;
        }
    }

    std::int64_t expires() const { return expires_; }

private:
    /// Looks at ID.EXT as at ID, as requests do.
    Listed look_at(const std::string& id) {
        Listed listed = lister_.look_at(id);
        const std::string_view extension = http::extension_of(id);
        if (listed.row || !http::is_known_extension(extension)) return listed;
        return lister_.look_at(id.substr(0, id.size() - extension.size()));
    }

    void compare_life(const Wanted& wanted, double film) const {
        const std::int64_t life = expires_ - begin_.time_since_epoch().count();
        if (static_cast<double>(life) >= lives_of_a_film * film) return;
        complain(posix::text_of(posix::failure_of("sign-short", wanted.operand, std::to_string(life), text_of(film))));
    }

    const Places& places_;
    const sys_seconds begin_ = now();
    const bool is_folder_, is_download_;
    const std::int64_t expires_;
    const std::string address_, base_;
    const link::Keys keys_;
    Lister lister_;
    bool is_without_catalogue_ = false;
};

std::string json_of(const Wanted& wanted, const std::string& address, std::int64_t expires,
                    std::optional<double> film) {
    const bool is_path = wanted.operand.starts_with('/');
    std::string out = is_path ? "{\"path\": " : "{\"id\": ";
    out.append(http::json_string(wanted.operand)).append(", \"address\": ").append(http::json_string(address));
    out.append(", \"expires\": ").append(std::to_string(expires));
    if (film) out.append(", \"seconds\": ").append(text_of(*film));
    return out + "}";
}

}  // namespace

int sign(const Invocation& invocation) {
    if (invocation.settings.handler.links.key_file.empty()) posix::fail("sign-no-key");
    const bool is_json = invocation.arguments.has("json");
    Signing signing{invocation};
    // All or none: a list with a hole in it would be used.
    std::vector<Wanted> all;
    for (const std::string& operand : invocation.arguments.operands) all.push_back(signing.wanted(operand));
    std::string text;
    for (const Wanted& wanted : all) {
        const auto film = signing.compare(wanted);
        const std::string address = signing.address_of(wanted);
        if (is_json)
            text.append(text.empty() ? "[\n  " : ",\n  ").append(json_of(wanted, address, signing.expires(), film));
        else
            text.append(address).append("\n");
    }
    if (is_json) text.append("\n]\n");
    print(std::move(text));
    return EXIT_SUCCESS;
}

}  // namespace reelgate::commands
