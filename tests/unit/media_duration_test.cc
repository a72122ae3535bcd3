// Owns the tests of the length in time: each kind that tells it, and headers that tell nonsense.
// SPDX-License-Identifier: MIT
#include "media/duration.h"

#include <fcntl.h>

#include <bit>
#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <random>

#include "boxes.h"
#include "memory_file.h"
#include "posix/failure.h"

namespace reelgate::media {
namespace {

using namespace std::string_view_literals;
using std::string;

constexpr auto mp4 = ContentKind::mp4;
constexpr auto webm = ContentKind::webm;
constexpr auto wav = ContentKind::wav;
constexpr auto flac = ContentKind::flac;

/// The seconds of a row that has none.
constexpr double untold = -1;

constexpr std::uint64_t unknown = ~std::uint64_t{0};

struct DurationRow {
    std::string_view name;
    ContentKind kind;
    string content;
    double expected = untold;
};

void check(const DurationRow& row) {
    const MemoryFile file{row.content};
    BOOST_TEST_CONTEXT(row.name) {
        BOOST_TEST(duration_of(file.fd(), file.length(), row.kind).value_or(untold) == row.expected);
    }
}

BOOST_AUTO_TEST_SUITE(media_duration)

// ISO/IEC 14496-12, sections 8.2.2 and 8.8.2

string mvhd(std::uint64_t scale, std::uint64_t duration) {
    return box_of("mvhd", string(12, '\0') + number(scale, 4) + number(duration, 4) + string(80, '\0'));
}

string long_mvhd(std::uint64_t scale, std::uint64_t duration) {
    return box_of("mvhd", "\x01" + string(19, '\0') + number(scale, 4) + number(duration, 8) + string(80, '\0'));
}

string mvex(std::string_view boxes) { return box_of("mvex", boxes); }

string mehd(std::uint64_t duration) { return box_of("mehd", string(4, '\0') + number(duration, 4)); }

string long_mehd(std::uint64_t duration) { return box_of("mehd", "\x01" + string(3, '\0') + number(duration, 8)); }

const string ftyp = box("ftyp", 24);
const string mdat = box("mdat", 300);
const string trak = box("trak", 50);

string moov(std::string_view boxes) { return box_of("moov", boxes); }

string many_boxes(unsigned count) {
    string boxes;
    for (unsigned i = 0; i < count; ++i) boxes += box("free", 0);
    return boxes;
}

const DurationRow films[] = {
    {.name = "moov_in_front", .kind = mp4, .content = ftyp + moov(mvhd(600, 900) + trak) + mdat, .expected = 1.5},
    {.name = "moov_at_the_end", .kind = mp4, .content = ftyp + mdat + moov(mvhd(600, 900)), .expected = 1.5},
    {.name = "quicktime", .kind = ContentKind::mov, .content = box("wide", 0) + mdat + moov(mvhd(600, 900)),
     .expected = 1.5},
    {.name = "sound", .kind = ContentKind::m4a, .content = ftyp + moov(mvhd(44100, 44100 * 3)), .expected = 3},
    {.name = "version_1", .kind = mp4, .content = moov(long_mvhd(1000, std::uint64_t{1} << 40)),
     .expected = 1099511627.776},
    {.name = "mvhd_behind_other_boxes", .kind = mp4, .content = moov(box("udta", 9) + trak + mvhd(600, 900)),
     .expected = 1.5},
    {.name = "large_sizes", .kind = mp4,
     .content = large_header(16 + 108, "moov") + mvhd(600, 900), .expected = 1.5},
    {.name = "moov_to_the_end_of_the_file", .kind = mp4, .content = header(0, "moov") + mvhd(600, 900),
     .expected = 1.5},
    {.name = "fragments", .kind = mp4, .content = ftyp + moov(mvhd(600, 0) + trak + mvex(mehd(1200))) + mdat,
     .expected = 2},
    {.name = "fragments_version_1", .kind = mp4,
     .content = moov(long_mvhd(600, 0) + mvex(box("trex", 24) + long_mehd(1200))), .expected = 2},
    {.name = "fragments_and_a_header_that_does_not_know", .kind = mp4,
     .content = moov(mvhd(600, unknown) + mvex(mehd(1200))), .expected = 2},
    {.name = "fragments_and_a_long_header_that_does_not_know", .kind = mp4,
     .content = moov(long_mvhd(600, unknown) + mvex(mehd(1200))), .expected = 2},
    {.name = "fragments_that_the_header_has_counted", .kind = mp4,
     .content = moov(mvhd(600, 900) + mvex(mehd(1200))), .expected = 1.5},
    {.name = "fragments_that_nothing_has_counted", .kind = mp4, .content = moov(mvhd(600, 0) + mvex(""))},
    {.name = "fragments_of_a_length_not_known", .kind = mp4, .content = moov(mvhd(600, 0) + mvex(mehd(unknown)))},
    {.name = "no_fragments", .kind = mp4, .content = moov(mvhd(600, 0))},
    {.name = "no_time_scale", .kind = mp4, .content = moov(mvhd(0, 900))},
    {.name = "no_mvhd", .kind = mp4, .content = moov(trak)},
    {.name = "mvhd_outside", .kind = mp4, .content = moov(trak) + mvhd(600, 900)},
    {.name = "no_moov", .kind = mp4, .content = ftyp + mdat},
    {.name = "empty", .kind = mp4, .content = ""},
    {.name = "moov_beyond_the_end", .kind = mp4, .content = header(9000, "moov") + mvhd(600, 900), .expected = 1.5},
    {.name = "mdat_beyond_the_end", .kind = mp4, .content = header(9000, "mdat") + moov(mvhd(600, 900))},
    {.name = "mvhd_that_is_cut_off", .kind = mp4, .content = moov(mvhd(600, 900)).substr(0, 35)},
    {.name = "mvhd_that_is_too_short", .kind = mp4, .content = moov(box("mvhd", 19))},
    {.name = "long_mvhd_that_is_too_short", .kind = mp4, .content = moov(long_mvhd(600, 900).replace(0, 4, number(39, 4)))},
    {.name = "empty_mvhd", .kind = mp4, .content = moov(box("mvhd", 0))},
    {.name = "empty_mehd", .kind = mp4, .content = moov(mvhd(600, 0) + mvex(box("mehd", 0)))},
    {.name = "no_box_in_moov", .kind = mp4, .content = moov(string(100, '\0'))},
    {.name = "forty_boxes_in_front", .kind = mp4, .content = many_boxes(40) + moov(mvhd(600, 900)), .expected = 1.5},
    {.name = "more_boxes_than_are_read", .kind = mp4, .content = many_boxes(100) + moov(mvhd(600, 900))},
};

BOOST_AUTO_TEST_CASE(boxes_tell) {
    for (const DurationRow& row : films) check(row);
}

// RFC 9559, section 5.1.2

/// An element with a size of one byte.
string element(std::string_view id, std::string_view content) {
    return string{id}.append(1, static_cast<char>(0x80 | content.size())).append(content);
}

const string ebml = element("\x1a\x45\xdf\xa3", element("\x42\x82", "webm"));

string segment(std::string_view elements) { return element("\x18\x53\x80\x67", elements); }

string info(std::string_view elements) { return element("\x15\x49\xa9\x66", elements); }

string time_scale(std::uint64_t nanoseconds, int bytes = 3) {
    return element("\x2a\xd7\xb1", number(nanoseconds, bytes));
}

string duration(double value) { return element("\x44\x89", number(std::bit_cast<std::uint64_t>(value), 8)); }

string short_duration(float value) { return element("\x44\x89", number(std::bit_cast<std::uint32_t>(value), 4)); }

const string seek_head = element("\x11\x4d\x9b\x74", string(30, '\x01'));
const string unsized_cluster = "\x1f\x43\xb6\x75" + string{"\x01\xff\xff\xff\xff\xff\xff\xff"};

const DurationRow documents[] = {
    {.name = "milliseconds", .kind = webm, .content = ebml + segment(info(time_scale(1'000'000) + duration(1500))),
     .expected = 1.5},
    {.name = "usual_scale", .kind = webm, .content = ebml + segment(info(duration(1500))), .expected = 1.5},
    {.name = "other_scale", .kind = webm, .content = ebml + segment(info(duration(1500) + time_scale(500'000))),
     .expected = 0.75},
    {.name = "short_number", .kind = ContentKind::matroska, .content = ebml + segment(info(short_duration(1500))),
     .expected = 1.5},
    {.name = "info_behind_other_elements", .kind = webm,
     .content = ebml + segment(seek_head + element("\xec", string(9, '\0')) + info(duration(1500))), .expected = 1.5},
    {.name = "other_elements_in_info", .kind = webm,
     .content = ebml + segment(info(element("\x4d\x80", "a muxer") + duration(1500))), .expected = 1.5},
    {.name = "segment_of_unknown_size", .kind = webm,
     .content = ebml + "\x18\x53\x80\x67\xff" + info(duration(1500)), .expected = 1.5},
    {.name = "segment_beyond_the_end", .kind = webm, .content = ebml + "\x18\x53\x80\x67\xfe" + info(duration(1500)),
     .expected = 1.5},
    {.name = "info_behind_a_cluster_of_unknown_size", .kind = webm,
     .content = ebml + "\x18\x53\x80\x67\xff" + unsized_cluster + info(duration(1500))},
    {.name = "live", .kind = webm, .content = ebml + segment(info(time_scale(1'000'000)))},
    {.name = "no_info", .kind = webm, .content = ebml + segment(seek_head)},
    {.name = "no_segment", .kind = webm, .content = ebml},
    {.name = "empty", .kind = webm, .content = ""},
    {.name = "duration_of_zero", .kind = webm, .content = ebml + segment(info(duration(0)))},
    {.name = "negative_duration", .kind = webm, .content = ebml + segment(info(duration(-1500)))},
    {.name = "duration_that_is_no_number", .kind = webm,
     .content = ebml + segment(info(duration(std::numeric_limits<double>::quiet_NaN())))},
    {.name = "endless_duration", .kind = webm,
     .content = ebml + segment(info(duration(std::numeric_limits<double>::infinity())))},
    {.name = "duration_of_no_bytes", .kind = webm, .content = ebml + segment(info(element("\x44\x89", "")))},
    {.name = "duration_of_five_bytes", .kind = webm, .content = ebml + segment(info(element("\x44\x89", "12345")))},
    {.name = "scale_of_no_bytes", .kind = webm, .content = ebml + segment(info(time_scale(0, 0) + duration(1500)))},
    {.name = "scale_of_nine_bytes", .kind = webm,
     .content = ebml + segment(info(element("\x2a\xd7\xb1", "123456789") + duration(1500))), .expected = 1.5},
    {.name = "duration_that_is_cut_off", .kind = webm,
     .content = (ebml + segment(info(duration(1500)))).substr(0, ebml.size() + 5 + 5 + 3 + 3)},
};

BOOST_AUTO_TEST_CASE(elements_tell) {
    for (const DurationRow& row : documents) check(row);
}

// RIFF

string little(std::uint64_t value, int bytes) {
    string text = number(value, bytes);
    return {text.rbegin(), text.rend()};
}

string chunk(std::string_view name, std::string_view content) {
    return string{name} + little(content.size(), 4) + string{content} + string(content.size() % 2, '\0');
}

string format(std::uint64_t bytes_per_second) {
    return chunk("fmt ", little(1, 2) + little(2, 2) + little(44100, 4) + little(bytes_per_second, 4) +
                             little(4, 2) + little(16, 2));
}

const string riff = "RIFF" + little(36, 4) + "WAVE";

const DurationRow recordings[] = {
    {.name = "usual", .kind = wav, .content = riff + format(1000) + chunk("data", string(2500, 'x')), .expected = 2.5},
    {.name = "chunks_between", .kind = wav,
     .content = riff + chunk("JUNK", "odd") + format(1000) + chunk("LIST", "even") + chunk("data", string(500, 'x')),
     .expected = 0.5},
    {.name = "chunks_behind", .kind = wav,
     .content = riff + format(1000) + chunk("data", string(500, 'x')) + chunk("LIST", "even"), .expected = 0.5},
    {.name = "largest_size", .kind = wav,
     .content = riff + format(1000) + "data" + little(0xffffffff, 4) + string(500, 'x'), .expected = 0.5},
    {.name = "size_never_filled_in", .kind = wav,
     .content = riff + format(1000) + "data" + little(0, 4) + string(500, 'x'), .expected = 0.5},
    {.name = "content_that_is_cut_off", .kind = wav,
     .content = riff + format(1000) + "data" + little(9000, 4) + string(500, 'x'), .expected = 0.5},
    {.name = "no_content", .kind = wav, .content = riff + format(1000) + chunk("data", "")},
    {.name = "no_content_chunk", .kind = wav, .content = riff + format(1000)},
    {.name = "no_rate", .kind = wav, .content = riff + format(0) + chunk("data", string(500, 'x'))},
    {.name = "no_format", .kind = wav, .content = riff + chunk("data", string(500, 'x'))},
    {.name = "format_behind_the_content", .kind = wav, .content = riff + chunk("data", "xx") + format(1000)},
    {.name = "chunk_beyond_the_end", .kind = wav, .content = riff + "LIST" + little(0xfffffffe, 4) + format(1000)},
    {.name = "format_that_is_cut_off", .kind = wav, .content = (riff + format(1000)).substr(0, 12 + 8 + 10)},
    {.name = "header_that_is_cut_off", .kind = wav, .content = riff + "dat"},
};

BOOST_AUTO_TEST_CASE(chunks_tell) {
    for (const DurationRow& row : recordings) check(row);
}

// RFC 9639 §8.2

string stream_info(std::uint64_t rate, std::uint64_t samples) {
    const std::uint64_t stereo_16_bit = std::uint64_t{0b001'01111} << 36;
    return "fLaC" + number(34, 4) + string(10, '\x01') + number(rate << 44 | stereo_16_bit | samples, 8) +
           string(16, '\xee');
}

const DurationRow lossless[] = {
    {.name = "usual", .kind = flac, .content = stream_info(44100, 66150), .expected = 1.5},
    {.name = "most_samples", .kind = flac, .content = stream_info(1 << 19, (std::uint64_t{1} << 36) - (1 << 19)),
     .expected = 131071},
    {.name = "samples_not_known", .kind = flac, .content = stream_info(44100, 0)},
    {.name = "no_rate", .kind = flac, .content = stream_info(0, 66150)},
    {.name = "cut_off", .kind = flac, .content = stream_info(44100, 66150).substr(0, 25)},
    {.name = "behind_a_tag", .kind = flac, .content = string{"ID3\x04\0\0\0\0\0\x14"sv} + string(20, '\x01')},
};

BOOST_AUTO_TEST_CASE(stream_info_tells) {
    for (const DurationRow& row : lossless) check(row);
}

BOOST_AUTO_TEST_CASE(kinds_that_do_not_tell) {
    const MemoryFile file{ftyp + moov(mvhd(600, 900)) + mdat};
    for (const auto kind : {ContentKind::ogg, ContentKind::mpeg_ts, ContentKind::mp3, ContentKind::jpeg,
                            ContentKind::png, ContentKind::webvtt, ContentKind::hls_list, ContentKind::dash_list})
        BOOST_TEST_CONTEXT(name_of(kind)) { BOOST_TEST(!duration_of(file.fd(), file.length(), kind)); }
}

// Files

BOOST_AUTO_TEST_CASE(sample_film) {
    const posix::UniqueFd sample{open("tests/fixtures/sample.mp4", O_RDONLY | O_CLOEXEC)};
    BOOST_REQUIRE(sample);
    const auto length = std::filesystem::file_size("tests/fixtures/sample.mp4");
    BOOST_TEST(duration_of(sample.get(), length, mp4).value_or(untold) == 60);
}

BOOST_AUTO_TEST_CASE(five_gibibytes_with_moov_behind) {
    MemoryFile file{ftyp};
    const std::uint64_t content = std::uint64_t{5} << 30;
    file.write_at(ftyp.size(), large_header(content, "mdat"));
    file.write_at(ftyp.size() + content, moov(mvhd(600, 900)));
    file.lengthen(ftyp.size() + content + moov(mvhd(600, 900)).size());
    BOOST_TEST(duration_of(file.fd(), file.length(), mp4).value_or(untold) == 1.5);
}

BOOST_AUTO_TEST_CASE(file_that_became_shorter) {
    const MemoryFile file{ftyp + moov(mvhd(600, 900)).substr(0, 30)};
    BOOST_TEST(!duration_of(file.fd(), 9000, mp4));
}

BOOST_AUTO_TEST_CASE(folder_cannot_be_read) {
    const posix::UniqueFd folder{open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    for (const auto kind : {mp4, webm, wav, flac})
        BOOST_CHECK_THROW(duration_of(folder.get(), 100, kind), posix::FailureError);
}

/// Damage gives a length or none: nothing is read past the end, and nothing runs on.
BOOST_AUTO_TEST_CASE(random_changes) {
    const DurationRow* const rows[] = {&films[0], &films[4], &films[9], &documents[0], &documents[4], &recordings[1],
                                       &lossless[0]};
    std::minstd_rand random{25'000};  // the same every time
    const auto below = [&](std::size_t limit) { return random() % limit; };
    unsigned told = 0, not_told = 0;
    for (int i = 0; i < 20'000; ++i) {
        const DurationRow& row = *rows[below(std::size(rows))];
        string content = row.content;
        for (std::size_t changes = 1 + below(4); changes > 0; --changes)
            content[below(content.size())] = below(2) ? '\xff' : static_cast<char>(below(256));
        if (below(4) == 0) content.resize(below(content.size() + 1));
        const MemoryFile file{content};
        const auto seconds = duration_of(file.fd(), file.length(), row.kind);
        ++(seconds ? told : not_told);
        if (seconds) BOOST_TEST(*seconds > 0);
    }
    BOOST_TEST(told > 1000u);
    BOOST_TEST(not_told > 1000u);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace reelgate::media
