// Owns the way from a Request to its Outcome: catalogue, media file, representation, plan.
// SPDX-License-Identifier: MIT
#include "handler.h"

#include <sys/random.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cinttypes>
#include <cstdio>
#include <utility>
#include <variant>

#include "catalog/diagnosis.h"
#include "description.h"
#include "http/auth.h"
#include "http/media_type.h"
#include "http/rewritten.h"
#include "http/target.h"

namespace reelgate {

namespace {

/// Returns 128 random bits in hexadecimal digits: no file contains them by chance, or by design.
std::string new_boundary() {
    std::array<std::uint64_t, 2> bits;
    for (std::size_t done = 0; done < sizeof bits;) {
        const ssize_t n = getrandom(reinterpret_cast<char*>(bits.data()) + done, sizeof bits - done, 0);
        if (n < 0 && errno != EINTR) posix::throw_errno("random-bits");
        if (n > 0) done += static_cast<std::size_t>(n);
    }
    std::array<char, 33> digits;
    std::snprintf(digits.data(), digits.size(), "%016" PRIx64 "%016" PRIx64, bits[0], bits[1]);
    return digits.data();
}

bool is_out_of_descriptors(int error) { return error == EMFILE || error == ENFILE; }

/// Returns whether an error may pass: that of a disk, a network or a kernel short of memory.
bool may_pass(int error) {
    constexpr std::array passing{EIO,          ESTALE,       ETIMEDOUT, ENOTCONN,     EAGAIN,   EINTR,
                                 ENOMEM,       EREMOTEIO,    ENOLINK,   ECONNRESET,   ENETDOWN, ENETUNREACH,
                                 ECONNREFUSED, ECONNABORTED, EHOSTDOWN, EHOSTUNREACH};
    return std::find(passing.begin(), passing.end(), error) != passing.end();
}

http::Refusal refusal_after(const posix::Failure& failure) {
    if (is_out_of_descriptors(failure.error)) return {503, "Too many viewers"};
    if (may_pass(failure.error)) return {503, "Video file cannot be read now"};
    return {500, "Internal error"};
}

http::Refusal refusal_without_file(const media::NoMediaFile& none, const std::string& id) {
    if (none.reason == media::NoMediaFile::Reason::unreadable) return {500, "Video file cannot be read"};
    return {404, "Video file not found: " + id};
}

/// Returns the extension of a file, in its own letters. A file without one is an MP4, as it is for its media type.
std::string extension_of_file(const std::string& name) {
    const std::string extension = std::filesystem::path{name}.extension();
    return extension.empty() || extension == "." ? std::string{catalog::default_extension} : extension;
}

Note note_of_missing_file(const media::NoMediaFile& none, const std::string& id) {
    const posix::Failure& why = none.failure;
    const bool is_absent = none.reason == media::NoMediaFile::Reason::absent;
    return {Note::Kind::failure, is_absent ? posix::failure_of("film-absent", id, why.object, why.cause)
                                           : posix::failure_of("film-refused", id, why.object, why.cause, why.remedy)};
}

/// Returns whether a request was decoded before a reload, without the variables that answers now depend on.
bool is_from_before(const http::Request& request, const HandlerSettings& settings) {
    return asks_variables(settings) && !request.variables;
}

}  // namespace

Handler::Handler(HandlerSettings settings)
    : settings_(with_keys(std::move(settings))),
      catalog_(settings_.places.database, settings_.places.query, settings_.places.had_allow),
      videos_(settings_.places.videos),
      offloader_(settings_.delivery, settings_.places.videos) {}

/// Asks the catalogue, and measures the time, whether or not it answers.
std::optional<catalog::Row> Handler::look_up(const std::string& id, const Asking& asking, CatalogUse& use) {
    struct Timed {
        explicit Timed(CatalogUse& of) : use(of) { ++use.look_ups; }
        Timed(const Timed&) = delete;
        Timed& operator=(const Timed&) = delete;
        ~Timed() { use.time += std::chrono::steady_clock::now() - begin; }

        CatalogUse& use;
        std::chrono::steady_clock::time_point begin = std::chrono::steady_clock::now();
    };
    const Timed timed{use};
    const catalog::Question question{id, &asking.request, asking.now.time_since_epoch().count(), asking.has_link};
    return catalog_.find(question, asking.when_locked);
}

/// Returns the row of the video that a target names by `id`. Some players want an extension: PREFIX/ID.EXT is the same
/// video if its file has that extension, unless it is an id of its own. Changes `id` to that of the row.
std::optional<catalog::Row> Handler::find(std::string& id, const Asking& asking, CatalogUse& use) {
    auto row = look_up(id, asking, use);
    const std::string_view extension = http::extension_of(id);
    if (row || !http::is_known_extension(extension)) return row;
    std::string shorter = id.substr(0, id.size() - extension.size());
    row = look_up(shorter, asking, use);
    if (!row || extension_of_file(row->file_name(shorter, settings_.places.id_segments)) != extension)
        return std::nullopt;
    id = std::move(shorter);
    return row;
}

/// Returns what an answer depends on: links, and what the query asks.
http::Dependence Handler::dependence() {
    http::Dependence all = dependence_of(settings_.links);
    const http::Dependence asked = catalog_.dependence();
    all.is_personal |= asked.is_personal;
    for (const std::string& field : asked.fields) all.add(field);
    return all;
}

/// Returns the row of the video that `outcome` names, if the client may watch it. A link is looked at first, and
/// costs no look-up if it is bad.
std::variant<catalog::Row, http::Refusal> Handler::admit(Asking& asking, Outcome& outcome) {
    const auto refuse = [&](Refused refused) {
        outcome.refused = refused;
        return refusal_of(refused, settings_.policy);
    };
    if (!outcome.id) return http::Refusal{404, "Video not found"};
    if (settings_.links.keys) {
        const std::string path = http::decoded_path(asking.request.target).value_or("");
        const auto link = verify_link(settings_.links, asking.request, path,
                                      asking.now.time_since_epoch().count());
        if (const auto refused = refused_by(link.verdict, settings_.links.use)) return refuse(*refused);
        asking.has_link = link.verdict == link::Verdict::good;
        outcome.link_key = link.key;
    }
    const auto row = find(*outcome.id, asking, outcome.catalog_use);
    if (!row) return http::Refusal{404, "Video not found"};
    if (row->permission == catalog::Permission::invalid) {
        outcome.notes.push_back({Note::Kind::failure, posix::failure_of("allow-wrong", *outcome.id, row->wrong_allow)});
        return http::Refusal{500, "Internal error"};
    }
    if (const auto refused = refused_by(row->permission)) return refuse(*refused);
    if (row->status != settings_.places.ready) return http::Refusal{404, "Video download not complete"};
    return *row;
}

/// Opens the film of a row, and describes it.
http::Selection Handler::select(const Asking& asking, const catalog::Row& row, Outcome& outcome) {
    const std::string& id = *outcome.id;
    const std::string name = row.file_name(id, settings_.places.id_segments);
    auto opened = videos_.open(name, asking.gate);
    if (auto* none = std::get_if<media::NoMediaFile>(&opened)) {
        http::Refusal refusal = refusal_without_file(*none, id);
        outcome.notes.push_back(note_of_missing_file(*none, id));
        return refusal;
    }
    outcome.film = std::move(std::get<media::MediaFile>(opened));
    const Film film{id, row, name, *outcome.film};
    Description description = describe(film, asking.now, outcome.notes);
    outcome.may_grow = description.has_catalog_tag;
    description.representation.offload = offloader_.field_for(film, description.representation, outcome.notes);
    return std::move(description.representation);
}

/// Returns what a request is answered with: the film; or nothing, if its method asks for none, or a server only asks
/// whether it may be had; or why there is none.
http::Selection Handler::decide(Asking& asking, For what, Outcome& outcome) {
    if (!http::asks_for_representation(asking.request.method)) return {};
    if (is_from_before(asking.request, settings_)) return http::Refusal{503, "Settings have changed"};
    auto admitted = admit(asking, outcome);
    if (auto* const refusal = std::get_if<http::Refusal>(&admitted)) return std::move(*refusal);
    return what == For::question ? http::Selection{} : select(asking, std::get<catalog::Row>(admitted), outcome);
}

Outcome Handler::answer(const http::Request& request, catalog::WhenLocked when_locked, media::StorageGate* gate) {
    Outcome outcome;
    http::Surroundings surroundings{std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()),
                                    new_boundary};
    http::AuthQuestion question;
    const auto plan = [&](const http::Request& asked, const http::Selection& selection) {
        surroundings.dependence = dependence();
        outcome.response = std::holds_alternative<http::NoQuestion>(question)
                               ? http::plan_response(asked, selection, settings_.policy, surroundings)
                               : http::auth_answer(std::get_if<http::Refusal>(&selection), settings_.policy);
    };
    const auto fail = [&](http::Refusal refusal, posix::Failure why) {
        outcome.notes.push_back({Note::Kind::failure, std::move(why)});
        outcome.film.reset();
        outcome.may_grow = false;
        plan(request, std::move(refusal));
    };
    try {
        // A server that asks first asks about another request, and gets no more than yes or no.
        question = http::auth_question(request, settings_.auth_path);
        const auto* const asked_about = std::get_if<http::Request>(&question);
        const auto rewritten = asked_about ? std::nullopt : http::rewritten(request, settings_.places.prefix);
        const http::Request& asked = asked_about ? *asked_about : rewritten ? *rewritten : request;
        // Without links a path with one in front would only get around what the web server says of the path itself.
        if (asked.link_front.empty() || settings_.links.keys)
            outcome.id = http::video_id(asked.target, settings_.places.prefix, settings_.places.id_segments);
        if (std::holds_alternative<http::DisputedQuestion>(question)) {
            outcome.refused = Refused::disputed;
            plan(asked, refusal_of(Refused::disputed, settings_.policy));
        } else {
            Asking asking{asked, when_locked, gate, surroundings.now};
            plan(asked, decide(asking, asked_about ? For::question : For::film, outcome));
        }
    } catch (const catalog::CatalogError& failure) {
        ++outcome.catalog_use.errors;
        fail({503, "Catalogue not available"}, failure.failure());
    } catch (const posix::FailureError& failure) {
        fail(refusal_after(failure.failure()), failure.failure());
    } catch (const std::exception& failure) {
        fail({500, "Internal error"}, posix::failure_of("answer-failed", failure.what()));
    }
    return outcome;
}

std::vector<Note> Handler::check() {
    std::vector<Note> notes;
    catalog_.check();
    for (const auto& warning : {catalog::network_warning(settings_.places.database), catalog_.warning()})
        if (warning) notes.push_back({Note::Kind::failure, *warning});
    videos_.check();
    return notes;
}

}  // namespace reelgate
