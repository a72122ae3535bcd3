// Owns the command `add`: a file becomes a video, whole and recorded, or nothing happens.
// SPDX-License-Identifier: MIT
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "commands/commands.h"
#include "gateway/cgi.h"
#include "http/target.h"
#include "media/media_writer.h"

namespace reelgate::commands {

namespace {

using Clock = std::chrono::steady_clock;

/// Shows how far the copy is, on one line of a terminal; shows nothing anywhere else.
class ProgressLine {
public:
    explicit ProgressLine(std::string name) : name_(std::move(name)) {}
    ProgressLine(const ProgressLine&) = delete;
    ProgressLine& operator=(const ProgressLine&) = delete;
    ~ProgressLine() {
        if (shown_) std::fputs("\r\x1b[K", stderr);  // an error message, or the result, takes its place
    }

    void show(std::uint64_t copied, std::uint64_t total) {
        const auto now = Clock::now();
        if (!is_terminal_ || (now - shown_at_ < interval && copied < total)) return;
        shown_at_ = now;
        shown_ = true;
        const double seconds = std::chrono::duration<double>(now - begin_).count();
        constexpr double mib = 1 << 20;
        const double done = static_cast<double>(copied);
        const auto share = static_cast<int>(copied * 100 / std::max<std::uint64_t>(total, 1));
        std::fprintf(stderr, "\r\x1b[K%s: %.1f of %.1f MiB, %d %%, %.1f MiB/s%s", name_.c_str(), done / mib,
                     static_cast<double>(total) / mib, share, seconds > 0 ? done / mib / seconds : 0.0,
                     copied < total ? "" : ", waiting for the disk");
        std::fflush(stderr);
    }

private:
    static constexpr std::chrono::milliseconds interval{100};

    std::string name_;
    bool is_terminal_ = isatty(STDERR_FILENO) == 1;
    bool shown_ = false;
    Clock::time_point begin_ = Clock::now();
    Clock::time_point shown_at_;
};

std::string id_for(const Arguments& arguments, const std::filesystem::path& source) {
    const auto given = arguments.value("id");
    std::string id = given.value_or(source.extension() == ".mp4" ? source.stem() : source.filename());
    if (!http::is_video_id(id))
        throw UsageError{(given ? "--id " + id : "add " + source.native()) +
                         ": an id has 1 to 128 of the characters A-Z a-z 0-9 . _ ~ -" +
                         (given ? "" : "; choose one with --id")};
    return id;
}

}  // namespace

int add(const Invocation& invocation) {
    const HandlerSettings& settings = invocation.settings.handler;
    const std::filesystem::path source{invocation.arguments.operands.front()};
    const std::string id = id_for(invocation.arguments, source);

    media::CatalogWriter catalog{settings.database};
    catalog.check();
    if (const auto status = catalog.status_of(id))
        throw std::runtime_error{"add " + id + ": the catalogue has it already, with status '" + *status +
                                 "'; choose another id with --id"};
    media::MediaWriter file{settings.videos, id + ".mp4"};
    std::uint64_t length = 0;
    {
        ProgressLine line{source.filename()};
        length = file.copy_from(source, [&](std::uint64_t copied, std::uint64_t total) { line.show(copied, total); });
    }
    // The row is the last thing that becomes visible: whoever sees it finds the whole file. Taken in this order a
    // catalogue that cannot be written leaves no file either.
    catalog.insert(id, settings.ready);
    file.publish();
    catalog.commit();
    file.keep();
    gateway::DescriptorSender out{STDOUT_FILENO};
    out.check({out.send_text(id + ": " + std::to_string(length) + " bytes: " + settings.prefix + id + "\n"), 0});
    return EXIT_SUCCESS;
}

}  // namespace reelgate::commands
