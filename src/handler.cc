// Owns the way from a Request to an answer: catalogue, media file, representation, plan.
// SPDX-License-Identifier: MIT
#include "handler.h"

#include <sys/random.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cinttypes>
#include <cstdio>
#include <system_error>

#include "catalog/diagnosis.h"
#include "http/media_type.h"
#include "http/target.h"
#include "log.h"
#include "posix/error.h"

namespace reelgate {

namespace {

/// Formats a request for the log. The number is unique over all threads: it links the two lines of one request.
std::string summarise(const http::Request& request, const std::string& id, const http::Response& response) {
    static std::atomic<unsigned long> count{0};
    const std::string* content_range = http::find_field(response, "Content-Range");
    std::string line = std::to_string(++count);
    line.append(": ").append(id).append(": ").append(request.method).append(" ").append(request.range.value_or("-"));
    line.append(": ").append(std::to_string(response.status)).append(" ").append(content_range ? *content_range : "-");
    return line;
}

/// Returns 128 random bits in hexadecimal digits: no file contains them by chance, or by design.
std::string new_boundary() {
    std::array<std::uint64_t, 2> bits;
    for (std::size_t done = 0; done < sizeof bits;) {
        const ssize_t n = getrandom(reinterpret_cast<char*>(bits.data()) + done, sizeof bits - done, 0);
        if (n < 0 && errno != EINTR) posix::throw_errno("get", "random bits");
        if (n > 0) done += static_cast<std::size_t>(n);
    }
    std::array<char, 33> digits;
    std::snprintf(digits.data(), digits.size(), "%016" PRIx64 "%016" PRIx64, bits[0], bits[1]);
    return digits.data();
}

/// Limit on the bytes of a catalogue text that becomes a field value. Web servers answer 502 if all fields together
/// exceed 4 KiB, nginx's default buffer; no sensible text comes near this limit.
constexpr std::size_t max_field_text = 1024;

/// Bytes that the log shows of a text that is too long to be sent.
constexpr std::size_t max_shown = 60;

/// Logs once, not for each request, that the catalogue has a text that cannot be sent.
void log_ignored(std::atomic_flag& was_said, const std::string& id, const char* column, const std::string& value) {
    if (was_said.test_and_set()) return;
    const bool is_too_long = value.size() > max_field_text;
    const std::string shown = is_too_long ? value.substr(0, max_shown) + "..." : value;
    const std::string length = is_too_long ? " of " + std::to_string(value.size()) + " bytes" : "";
    log(LogLevel::warning, std::string{"catalogue: "} + column + " of " + id + ": \"" + shown + "\"" + length +
                               " cannot be sent and is ignored, as others like it will be");
}

/// Removes a field that may be too long for a web server; we then send the film ourselves.
void limit_offload(std::optional<http::OffloadField>& field, const std::string& id) {
    static std::atomic_flag was_said;
    if (!field || field->value.size() <= max_field_text) return;
    if (!was_said.test_and_set())
        log(LogLevel::warning, "catalogue: file of " + id + ": " + std::to_string(field->value.size()) +
                                   " bytes are too many for " + std::string{field->name} +
                                   ": reelgate sends the film itself, and others like it");
    field.reset();
}

/// Returns the catalogue's tag, quoted or not, as a strong one; nothing if it has none that can be sent.
std::optional<http::EntityTag> catalog_tag_of(const std::string& id, const catalog::Row& row) {
    static std::atomic_flag was_said;
    if (!row.etag) return std::nullopt;
    if (row.etag->size() <= max_field_text) {
        const bool is_quoted = row.etag->starts_with('"') || row.etag->starts_with("W/");
        auto tag = is_quoted ? http::parse_entity_tag(*row.etag) : http::entity_tag_of(*row.etag);
        if (tag && !tag->weak) return tag;
    }
    log_ignored(was_said, id, "etag", *row.etag);
    return std::nullopt;
}

/// Returns the catalogue's media type, or the one that the file's name implies.
std::string media_type_of(const std::string& id, const catalog::Row& row, const std::string& name) {
    static std::atomic_flag was_said;
    if (row.media_type) {
        if (row.media_type->size() <= max_field_text && http::is_media_type(*row.media_type)) return *row.media_type;
        log_ignored(was_said, id, "media_type", *row.media_type);
    }
    return std::string{http::media_type_for(std::filesystem::path{name}.extension().native())};
}

/// Returns the name for a saved copy: the id, with the extension once.
std::string download_name_of(const std::string& id, const std::string& name) {
    const std::string file_extension = std::filesystem::path{name}.extension();
    const bool is_usable = http::is_video_id(file_extension) && !id.ends_with(file_extension);
    return is_usable ? id + file_extension : id;
}

bool is_out_of_descriptors(int error) { return error == EMFILE || error == ENFILE; }

/// Returns whether an error may pass: that of a disk, a network or a kernel short of memory.
bool may_pass(int error) {
    constexpr std::array passing{EIO,          ESTALE,       ETIMEDOUT, ENOTCONN,     EAGAIN,   EINTR,
                                 ENOMEM,       EREMOTEIO,    ENOLINK,   ECONNRESET,   ENETDOWN, ENETUNREACH,
                                 ECONNREFUSED, ECONNABORTED, EHOSTDOWN, EHOSTUNREACH};
    return std::find(passing.begin(), passing.end(), error) != passing.end();
}

http::Refusal refusal_after(const std::system_error& failure) {
    const int code = failure.code().value();
    if (is_out_of_descriptors(code)) return {503, "Too many viewers"};
    if (may_pass(code)) return {503, "Video file cannot be read now"};
    return {500, "Internal error"};
}

/// Returns the present time, and the source of boundaries.
http::Surroundings surroundings() {
    return {std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()), new_boundary};
}

}  // namespace

Handler::Handler(HandlerSettings settings)
    : settings_(std::move(settings)),
      catalog_(settings_.places.database, settings_.places.query),
      videos_(settings_.places.videos) {}

/// Returns the folder of videos for X-Sendfile, unchanged if possible: web servers compare x-sendfile-docroot and
/// XSendFilePath with it letter by letter. Found once a film is open: resolving links asks the storage, which has just
/// answered.
const std::filesystem::path& Handler::folder_for_web_server() {
    if (folder_for_web_server_.empty()) {
        const auto path = std::filesystem::absolute(settings_.places.videos);
        const bool is_plain = path.lexically_normal().native() == path.native();
        folder_for_web_server_ = is_plain ? path : std::filesystem::weakly_canonical(path);
    }
    return folder_for_web_server_;
}

/// Returns the field that makes the web server send the file `name`; nothing if offloading is off, or the web server
/// would answer differently.
std::optional<http::OffloadField> Handler::offload(const std::string& name, const media::MediaFile& file,
                                                   const http::Representation& representation) {
    switch (settings_.delivery.offload) {
        case Offload::none: break;
        case Offload::x_sendfile: return http::x_sendfile((folder_for_web_server() / name).native());
        case Offload::x_accel_redirect:
            // nginx makes its own tag and date, from the file that it opens.
            if (representation.entity_tag != http::default_entity_tag(file.last_modified, file.complete_length) ||
                representation.last_modified != file.last_modified)
                break;
            return http::x_accel_redirect(settings_.delivery.offload_prefix, name);
    }
    return std::nullopt;
}

Answer Handler::represent(const http::Request& request, const std::string& id, const catalog::Row& row) {
    const std::string name = row.file_name(id);
    auto opened = videos_.open(name, gate_);
    if (const auto* none = std::get_if<media::NoMediaFile>(&opened)) {
        using Reason = media::NoMediaFile::Reason;
        log(none->reason == Reason::absent ? LogLevel::info : LogLevel::warning,
            {"open ", id, ": ", text_of(none->failure)});
        if (none->reason == Reason::unreadable) return refuse(request, {500, "Video file cannot be read"});
        return refuse(request, {404, "Video file not found: " + id});
    }
    auto& file = std::get<media::MediaFile>(opened);
    const http::Surroundings surroundings = reelgate::surroundings();
    const auto catalog_tag = catalog_tag_of(id, row);
    http::Selection selection = http::Representation{
        .complete_length = file.complete_length,
        .entity_tag = catalog_tag ? *catalog_tag : http::default_entity_tag(file.last_modified, file.complete_length),
        // "An origin server with a clock MUST NOT generate a Last-Modified date that is later than the server's time
        // of message origination" (RFC 9110 §8.8.2.1). The tag keeps the file's own date.
        .last_modified = std::min(file.last_modified, surroundings.now),
        .media_type = media_type_of(id, row, name),
        .download_name = download_name_of(id, name),
    };
    auto& representation = std::get<http::Representation>(selection);
    representation.offload = offload(name, file, representation);
    limit_offload(representation.offload, id);
    return {.response = http::plan_response(request, selection, settings_.policy, surroundings),
            .content = std::move(file),
            .may_grow = catalog_tag.has_value()};
}

/// Asks the catalogue, and measures the time, whether or not it answers.
std::optional<catalog::Row> Handler::find(const std::string& id) {
    struct Timed {
        explicit Timed(CatalogUse& of) : use(of) { ++use.look_ups; }
        Timed(const Timed&) = delete;
        Timed& operator=(const Timed&) = delete;
        ~Timed() { use.time += std::chrono::steady_clock::now() - begin; }

        CatalogUse& use;
        std::chrono::steady_clock::time_point begin = std::chrono::steady_clock::now();
    };
    const Timed timed{catalog_use_};
    return catalog_.find(id, when_locked_);
}

Answer Handler::refuse(const http::Request& request, http::Refusal refusal) const {
    return {http::plan_response(request, std::move(refusal), settings_.policy, surroundings()), std::nullopt, {}};
}

Answer Handler::decide(const http::Request& request) {
    if (!http::asks_for_representation(request.method)) return refuse(request, {});
    auto id = http::video_id(request.target, settings_.places.prefix);
    if (!id) return refuse(request, {404, "Video not found"});
    auto row = find(*id);
    // Some players want an extension: PREFIX/ID.mp4 is the same video, unless that is an id of its own.
    if (!row && id->ends_with(catalog::default_extension) && id->size() > catalog::default_extension.size()) {
        id->resize(id->size() - catalog::default_extension.size());
        row = find(*id);
    }
    if (!row) return refuse(request, {404, "Video not found"});
    if (row->status != settings_.places.ready) return refuse(request, {404, "Video download not complete"});
    return represent(request, *id, *row);
}

Answer Handler::answer(const http::Request& request, catalog::WhenLocked when_locked, media::StorageGate* gate) {
    Answer answer;
    when_locked_ = when_locked;
    gate_ = gate;
    catalog_use_ = {};
    try {
        answer = decide(request);
    } catch (const catalog::CatalogError& failure) {
        ++catalog_use_.errors;
        log(LogLevel::error, failure.what());
        answer = refuse(request, {503, "Catalogue not available"});
    } catch (const std::system_error& failure) {
        log(LogLevel::error, failure.what());
        answer = refuse(request, refusal_after(failure));
    } catch (const std::exception& failure) {
        log(LogLevel::error, {"answer: ", failure.what()});
        answer = refuse(request, {500, "Internal error"});
    }
    answer.catalog_use = catalog_use_;
    if (is_logged(LogLevel::info)) {
        const std::string id = http::video_id(request.target, settings_.places.prefix).value_or("-");
        answer.summary = summarise(request, id, answer.response);
        log(LogLevel::debug, "request " + answer.summary);
    }
    return answer;
}

void Handler::check() {
    catalog_.check();
    if (const std::string warning = catalog::network_warning(settings_.places.database); !warning.empty())
        log(LogLevel::warning, {"catalogue: ", settings_.places.database.native(), ": ", warning});
    videos_.check();
}

}  // namespace reelgate
