// Owns the tests of what a file is by its content: each kind, what looks like one, and any bytes at all.
// SPDX-License-Identifier: MIT
#include "media/content_kind.h"

#include <fcntl.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <random>
#include <vector>

#include "boxes.h"
#include "http/media_type.h"
#include "memory_file.h"
#include "posix/failure.h"

namespace reelgate::media {
namespace {

using namespace std::string_view_literals;
using std::string;

constexpr std::string_view none = "(none)";

std::string_view name_in(std::string_view beginning) {
    const auto kind = kind_of(beginning);
    return kind ? name_of(*kind) : none;
}

struct KindRow {
    std::string_view name;
    string beginning;
    std::string_view expected = none;
};

void check(const KindRow& row) {
    BOOST_TEST_CONTEXT(row.name) { BOOST_TEST(name_in(row.beginning) == row.expected); }
}

string bytes(std::string_view text) { return string{text}; }

string ftyp(std::string_view brand, std::string_view compatible = "isom") {
    return box_of("ftyp", bytes(brand).append(4, '\0').append(compatible));
}

/// An element of EBML with a size of one byte.
string element(std::string_view id, std::string_view content) {
    return bytes(id).append(1, static_cast<char>(0x80 | content.size())).append(content);
}

string ebml(std::string_view elements) { return element("\x1a\x45\xdf\xa3", elements); }

string doc_type(std::string_view type) { return element("\x42\x82", type); }

/// Packets of a transport stream, each with bytes in front and with this fourth byte.
string packets(std::size_t count, std::string_view front = {}, char control = 0x10) {
    string stream;
    for (std::size_t i = 0; i < count; ++i)
        stream.append(front).append("\x47\x40\x00"sv).append(1, control).append(184, '\xee');
    return stream;
}

/// Frames of MPEG-1 layer III: 128 kbit/s at 44,100 Hz make 417 bytes.
string frames(std::size_t count, std::string_view header = "\xff\xfb\x90\x00"sv, std::size_t length = 417) {
    string stream;
    for (std::size_t i = 0; i < count; ++i) stream.append(header).append(length - 4, '\xee');
    return stream;
}

/// A tag of ID3v2.4 with as many bytes after its header, below 128.
string tag(std::size_t length) {
    return bytes("ID3\x04\0\0\0\0\0"sv).append(1, static_cast<char>(length)).append(length, '\0');
}

const string flac = bytes("fLaC\0\0\0\x22"sv).append(34, '\x01');
const string xml = R"(<?xml version="1.0" encoding="utf-8"?>)" "\n";
const string mpd = R"(<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static">)";

BOOST_AUTO_TEST_SUITE(media_content_kind)

// ISO/IEC 14496-12: boxes, and the brand of ftyp

const KindRow boxes[] = {
    {.name = "brand_isom", .beginning = ftyp("isom"), .expected = "MP4"},
    {.name = "brand_of_a_fragmented_film", .beginning = ftyp("iso5", "dash"), .expected = "MP4"},
    {.name = "unknown_brand", .beginning = ftyp("xyz1"), .expected = "MP4"},
    {.name = "brand_of_a_telephone", .beginning = ftyp("3gp4"), .expected = "MP4"},
    {.name = "brand_alone", .beginning = ftyp("isom").substr(0, 12), .expected = "MP4"},
    {.name = "brand_of_quicktime", .beginning = ftyp("qt  ", "qt  "), .expected = "QuickTime"},
    {.name = "brand_of_music", .beginning = ftyp("M4A "), .expected = "M4A"},
    {.name = "brand_of_an_audio_book", .beginning = ftyp("M4B "), .expected = "M4A"},
    {.name = "brand_of_a_film_from_a_shop", .beginning = ftyp("M4V "), .expected = "MP4"},
    {.name = "ftyp_behind_a_free_box", .beginning = box("free", 5) + ftyp("M4A "), .expected = "M4A"},
    {.name = "ftyp_with_a_large_size", .beginning = large_header(28, "ftyp") + "qt  \0\0\0\0", .expected = "QuickTime"},
    {.name = "old_quicktime_wide", .beginning = box("wide", 0) + header(0x7fffffff, "mdat"), .expected = "QuickTime"},
    {.name = "old_quicktime_moov", .beginning = header(9000, "moov") + box("mvhd", 100), .expected = "QuickTime"},
    {.name = "old_quicktime_mdat", .beginning = large_header(std::uint64_t{5} << 30, "mdat"), .expected = "QuickTime"},
    {.name = "content_to_the_end_of_the_file", .beginning = header(0, "mdat") + "abc", .expected = "QuickTime"},
    {.name = "old_quicktime_free", .beginning = box("free", 9000).substr(0, max_beginning), .expected = "QuickTime"},
    {.name = "old_quicktime_skip", .beginning = box("skip", 0), .expected = "QuickTime"},
    {.name = "segment_with_its_type", .beginning = box_of("styp", "msdh"), .expected = "MP4"},
    {.name = "segment_with_an_index", .beginning = box("sidx", 36), .expected = "MP4"},
    {.name = "segment_without_either", .beginning = box("moof", 200), .expected = "MP4"},
    {.name = "segment_with_an_event", .beginning = box("emsg", 40), .expected = "MP4"},
    {.name = "picture_heic", .beginning = ftyp("heic")},
    {.name = "picture_avif", .beginning = ftyp("avif")},
    {.name = "picture_jpeg_2000", .beginning = box_of("jP  ", "\r\n\x87\n") + ftyp("jp2 ")},
    {.name = "ftyp_without_a_brand", .beginning = box("ftyp", 0)},
    {.name = "brand_that_is_cut_off", .beginning = ftyp("isom").substr(0, 11)},
    {.name = "header_that_is_cut_off", .beginning = ftyp("isom").substr(0, 7)},
    {.name = "ftyp_smaller_than_its_header", .beginning = header(7, "ftyp") + "isom"},
    {.name = "large_size_smaller_than_its_header", .beginning = large_header(15, "ftyp") + "isom"},
    {.name = "other_boxes", .beginning = box("uuid", 20)},
    {.name = "free_box_before_a_text", .beginning = box("free", 4) + "nothing of the sort"},
    {.name = "text_with_the_name_of_a_box", .beginning = "I'm free on Friday"},
};

BOOST_AUTO_TEST_CASE(kind_by_boxes) {
    for (const KindRow& row : boxes) check(row);
}

// RFC 8794, RFC 9559: EBML

const KindRow documents[] = {
    {.name = "webm", .beginning = ebml(doc_type("webm")), .expected = "WebM"},
    {.name = "matroska", .beginning = ebml(doc_type("matroska")), .expected = "Matroska"},
    {.name = "after_other_elements",
     .beginning = ebml(element("\x42\x86", "\x01") + element("\xec", "\0\0\0"sv) + doc_type("webm")), .expected = "WebM"},
    {.name = "before_other_elements", .beginning = ebml(doc_type("webm") + element("\x42\x87", "\x04")),
     .expected = "WebM"},
    {.name = "filled_up_with_zeros", .beginning = ebml(doc_type("webm\0\0\0"sv)), .expected = "WebM"},
    {.name = "sizes_of_eight_bytes",
     .beginning = "\x1a\x45\xdf\xa3" + bytes("\x01\0\0\0\0\0\0\x0e"sv) + "\x42\x82" + bytes("\x01\0\0\0\0\0\0\x04"sv) +
                  "webm",
     .expected = "WebM"},
    {.name = "header_larger_than_the_beginning", .beginning = "\x1a\x45\xdf\xa3\x9f" + doc_type("webm"),
     .expected = "WebM"},
    {.name = "another_document", .beginning = ebml(doc_type("comic"))},
    {.name = "longer_word", .beginning = ebml(doc_type("webmx"))},
    {.name = "no_document", .beginning = ebml(element("\x42\x86", "\x01"))},
    {.name = "empty_header", .beginning = ebml("")},
    {.name = "document_behind_the_header", .beginning = ebml("") + doc_type("webm")},
    {.name = "header_of_unknown_size", .beginning = "\x1a\x45\xdf\xa3\xff" + doc_type("webm")},
    {.name = "document_of_unknown_size", .beginning = "\x1a\x45\xdf\xa3\x87\x42\x82\xffwebm"},
    {.name = "document_larger_than_the_header", .beginning = "\x1a\x45\xdf\xa3\x87\x42\x82\x85webmx"},
    {.name = "largest_size", .beginning = "\x1a\x45\xdf\xa3\x9f\x42\x86" + bytes("\x01\xff\xff\xff\xff\xff\xff\xfe"sv)},
    {.name = "size_without_a_marker", .beginning = "\x1a\x45\xdf\xa3" + string(20, '\0')},
    {.name = "id_without_a_marker", .beginning = ebml(string(20, '\0'))},
    {.name = "id_alone", .beginning = "\x1a\x45\xdf\xa3"},
    {.name = "id_that_is_cut_off", .beginning = "\x1a\x45\xdf"},
};

BOOST_AUTO_TEST_CASE(kind_by_document_type) {
    for (const KindRow& row : documents) check(row);
}

const KindRow signatures[] = {
    {.name = "ogg", .beginning = bytes("OggS\0\x02"sv), .expected = "Ogg"},
    {.name = "ogg_of_another_version", .beginning = bytes("OggS\x01\x02"sv)},
    {.name = "ogg_that_is_cut_off", .beginning = "OggS"},
    {.name = "flac", .beginning = flac, .expected = "FLAC"},
    {.name = "flac_with_one_block", .beginning = bytes("fLaC\x80\0\0\x22"sv), .expected = "FLAC"},
    {.name = "flac_with_another_block_first", .beginning = bytes("fLaC\x04\0\0\x22"sv)},
    {.name = "wav", .beginning = bytes("RIFF\x24\0\0\0WAVEfmt "sv), .expected = "WAV"},
    {.name = "avi", .beginning = bytes("RIFF\x24\0\0\0AVI LIST"sv)},
    {.name = "webp", .beginning = bytes("RIFF\x24\0\0\0WEBPVP8 "sv)},
    {.name = "wav_that_is_cut_off", .beginning = bytes("RIFF\x24\0\0\0WAV"sv)},
    {.name = "jpeg", .beginning = "\xff\xd8\xff\xe0", .expected = "JPEG"},
    {.name = "jpeg_that_is_cut_off", .beginning = "\xff\xd8"},
    {.name = "png", .beginning = bytes("\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR"sv), .expected = "PNG"},
    {.name = "png_sent_as_text", .beginning = "\x89PNG\n\x1a\n"},
};

BOOST_AUTO_TEST_CASE(kind_by_signature) {
    for (const KindRow& row : signatures) check(row);
}

const KindRow texts[] = {
    {.name = "webvtt", .beginning = "WEBVTT\n\n00:00.000 --> 00:01.000\n", .expected = "WebVTT"},
    {.name = "webvtt_alone", .beginning = "WEBVTT", .expected = "WebVTT"},
    {.name = "webvtt_with_a_header", .beginning = "WEBVTT - Harbour walk\r\n", .expected = "WebVTT"},
    {.name = "webvtt_with_a_tab", .beginning = "WEBVTT\tx\n", .expected = "WebVTT"},
    {.name = "webvtt_with_a_carriage_return", .beginning = "WEBVTT\r", .expected = "WebVTT"},
    {.name = "webvtt_with_a_byte_order_mark", .beginning = "\xef\xbb\xbfWEBVTT\n", .expected = "WebVTT"},
    {.name = "two_byte_order_marks", .beginning = "\xef\xbb\xbf\xef\xbb\xbfWEBVTT\n"},
    {.name = "webvtt_as_part_of_a_word", .beginning = "WEBVTTX\n"},
    {.name = "webvtt_in_the_second_line", .beginning = "\nWEBVTT\n"},
    {.name = "subrip", .beginning = "1\n00:00:00,000 --> 00:00:01,000\nHello\n"},
    {.name = "hls", .beginning = "#EXTM3U\n#EXT-X-VERSION:3\n", .expected = "HLS playlist"},
    {.name = "hls_alone", .beginning = "#EXTM3U", .expected = "HLS playlist"},
    {.name = "hls_with_carriage_returns", .beginning = "#EXTM3U\r\n", .expected = "HLS playlist"},
    {.name = "hls_with_blanks", .beginning = "#EXTM3U \t\n", .expected = "HLS playlist"},
    {.name = "hls_with_a_byte_order_mark", .beginning = "\xef\xbb\xbf#EXTM3U\n", .expected = "HLS playlist"},
    {.name = "list_of_channels", .beginning = "#EXTM3U url-tvg=\"http://example.org\"\n"},
    {.name = "hls_as_part_of_a_word", .beginning = "#EXTM3U8\n"},
    {.name = "comment_before_hls", .beginning = "# list\n#EXTM3U\n"},
    {.name = "dash", .beginning = xml + mpd, .expected = "DASH manifest"},
    {.name = "dash_without_a_declaration", .beginning = mpd, .expected = "DASH manifest"},
    {.name = "dash_after_comments", .beginning = xml + "<!-- <html> -->\n <!---->\n" + mpd,
     .expected = "DASH manifest"},
    {.name = "dash_with_a_byte_order_mark", .beginning = "\xef\xbb\xbf" + xml + mpd, .expected = "DASH manifest"},
    {.name = "dash_with_a_prefix", .beginning = "<dash:MPD xmlns:dash=\"urn:mpeg:dash:schema:mpd:2011\"/>",
     .expected = "DASH manifest"},
    {.name = "empty_manifest", .beginning = "<MPD/>", .expected = "DASH manifest"},
    {.name = "root_that_is_cut_off", .beginning = xml + "<MPD"},
    {.name = "root_that_begins_so", .beginning = "<MPDX>"},
    {.name = "manifest_within_another", .beginning = xml + "<list><MPD></MPD></list>"},
    {.name = "manifest_in_a_comment", .beginning = "<!-- <MPD> --><html>"},
    {.name = "comment_without_an_end", .beginning = "<!-- <MPD>"},
    {.name = "declaration_without_an_end", .beginning = "<?xml <MPD>"},
    {.name = "end_of_a_root", .beginning = "</MPD>"},
    {.name = "page", .beginning = "<!DOCTYPE html><title>404</title>"},
    {.name = "note", .beginning = "Films to see\n"},
};

BOOST_AUTO_TEST_CASE(kind_by_text) {
    for (const KindRow& row : texts) check(row);
}

// ISO/IEC 13818-1, ISO/IEC 11172-3: patterns that come again

const KindRow streams[] = {
    {.name = "transport_stream", .beginning = packets(21), .expected = "MPEG transport stream"},
    {.name = "two_packets", .beginning = packets(2), .expected = "MPEG transport stream"},
    {.name = "packets_with_adaptation_fields", .beginning = packets(3, {}, 0x20), .expected = "MPEG transport stream"},
    {.name = "packets_with_times", .beginning = packets(21, "\0\0\0\x01"sv), .expected = "MPEG transport stream"},
    {.name = "part_of_a_packet_at_the_end", .beginning = packets(2) + "\x48", .expected = "MPEG transport stream"},
    {.name = "one_packet", .beginning = packets(1)},
    {.name = "one_packet_with_a_time", .beginning = packets(1, "\0\0\0\x01"sv)},
    {.name = "sync_lost_in_the_last_packet", .beginning = packets(20) + "H" + string(187, '\x10')},
    {.name = "nothing_but_the_sync_byte", .beginning = string(max_beginning, 'G')},
    {.name = "reserved_packets", .beginning = packets(21, {}, 0x0f)},
    {.name = "mp3_frames", .beginning = frames(9), .expected = "MP3"},
    {.name = "mp3_two_frames", .beginning = frames(2), .expected = "MP3"},
    {.name = "mp3_padded_frames", .beginning = frames(3, "\xff\xfb\x92\x00"sv, 418), .expected = "MP3"},
    {.name = "mp3_largest_frames", .beginning = frames(2, "\xff\xfb\xe8\x00"sv, 1440), .expected = "MP3"},
    {.name = "mp3_mpeg_2", .beginning = frames(3, "\xff\xf3\x80\x00"sv, 208), .expected = "MP3"},
    {.name = "mp3_mpeg_2_5", .beginning = frames(3, "\xff\xe3\x18\x00"sv, 72), .expected = "MP3"},
    {.name = "mp3_rates_that_change", .beginning = frames(1) + frames(1, "\xff\xfb\x92\x00"sv, 418) + frames(1),
     .expected = "MP3"},
    {.name = "mp3_with_a_tag_behind", .beginning = frames(2) + "TAG" + string(125, ' '), .expected = "MP3"},
    {.name = "mp3_one_frame", .beginning = frames(1)},
    {.name = "mp3_one_frame_and_nothing_like_it", .beginning = frames(1) + string(500, '\xee')},
    {.name = "mp3_begins_later", .beginning = "x" + frames(9)},
    {.name = "layer_two", .beginning = frames(3, "\xff\xfd\x90\x00"sv)},
    {.name = "frame_of_a_free_rate", .beginning = frames(3, "\xff\xfb\x00\x00"sv)},
    {.name = "frame_of_a_reserved_rate", .beginning = frames(3, "\xff\xfb\xf0\x00"sv)},
    {.name = "frame_of_a_reserved_sample_rate", .beginning = frames(3, "\xff\xfb\x9c\x00"sv)},
    {.name = "frame_of_a_reserved_version", .beginning = frames(3, "\xff\xeb\x90\x00"sv)},
    {.name = "aac", .beginning = frames(3, "\xff\xf1\x50\x80"sv)},
    {.name = "utf_16", .beginning = bytes("\xff\xfe" "F\0i\0l\0m\0s\0"sv)},
    {.name = "tag_and_frames", .beginning = tag(100) + frames(2), .expected = "MP3"},
    {.name = "tag_and_one_frame", .beginning = tag(100) + frames(1), .expected = "MP3"},
    {.name = "tag_to_the_end_of_the_beginning", .beginning = tag(100), .expected = "MP3"},
    {.name = "tag_with_a_picture", .beginning = bytes("ID3\x03\0\0\0\x7f\0\0"sv) + string(4086, '\xee'),
     .expected = "MP3"},
    {.name = "tag_and_flac", .beginning = tag(20) + flac, .expected = "FLAC"},
    {.name = "tag_and_a_text", .beginning = tag(20) + "nothing of the sort"},
    {.name = "tag_with_a_size_that_is_none", .beginning = bytes("ID3\x04\0\0\x80\0\0\0"sv)},
    {.name = "text_that_begins_like_a_tag", .beginning = "ID3 tags, and what they are good for"},
    {.name = "tag_that_is_cut_off", .beginning = tag(0).substr(0, 9)},
};

BOOST_AUTO_TEST_CASE(kind_by_patterns) {
    for (const KindRow& row : streams) check(row);
}

const KindRow hardly_anything[] = {
    {.name = "empty", .beginning = ""},
    {.name = "one_byte", .beginning = "\xff"},
    {.name = "zero", .beginning = bytes("\0"sv)},
    {.name = "zeros", .beginning = string(max_beginning, '\0')},
    {.name = "all_bits", .beginning = string(max_beginning, '\xff')},
    {.name = "line_feed", .beginning = "\n"},
    {.name = "byte_order_mark", .beginning = "\xef\xbb\xbf"},
    {.name = "blanks", .beginning = string(max_beginning, ' ')},
    {.name = "zip", .beginning = "PK\x03\x04"},
    {.name = "program", .beginning = "\x7f" "ELF\x02\x01\x01"},
    {.name = "script", .beginning = "#!/bin/sh\n"},
};

BOOST_AUTO_TEST_CASE(hardly_anything_is_no_kind) {
    for (const KindRow& row : hardly_anything) check(row);
}

// Names

struct ExtensionRow {
    ContentKind kind;
    std::string_view own;
    std::string_view expected;
};

constexpr ExtensionRow extensions[] = {
    {ContentKind::mp4, "", ".mp4"},
    {ContentKind::mp4, ".", ".mp4"},
    {ContentKind::mp4, ".webm", ".mp4"},
    {ContentKind::mp4, ".MP4", ".mp4"},
    {ContentKind::mp4, "mp4", ".mp4"},
    {ContentKind::mp4, ".m4v", ".m4v"},
    {ContentKind::mp4, ".m4s", ".m4s"},
    {ContentKind::mp4, ".mov", ".mp4"},
    {ContentKind::mp4, ".mp4.part", ".mp4"},
    {ContentKind::m4a, ".m4b", ".m4b"},
    {ContentKind::mov, ".MOV", ".mov"},
    {ContentKind::mov, ".bin", ".mov"},
    {ContentKind::mov, ".mp4", ".mp4"},
    {ContentKind::webm, ".mp4", ".webm"},
    {ContentKind::webm, ".mkv", ".webm"},
    {ContentKind::matroska, ".mka", ".mka"},
    {ContentKind::matroska, ".webm", ".mkv"},
    {ContentKind::ogg, ".opus", ".opus"},
    {ContentKind::ogg, ".Ogv", ".ogv"},
    {ContentKind::ogg, "", ".ogg"},
    {ContentKind::mpeg_ts, ".mts", ".mts"},
    {ContentKind::mpeg_ts, ".mpg", ".ts"},
    {ContentKind::jpeg, ".JPEG", ".jpeg"},
    {ContentKind::jpeg, ".png", ".jpg"},
    {ContentKind::webvtt, ".srt", ".vtt"},
    {ContentKind::hls_list, ".txt", ".m3u8"},
    {ContentKind::dash_list, ".xml", ".mpd"},
};

BOOST_AUTO_TEST_CASE(own_extension_if_it_fits) {
    for (const ExtensionRow& row : extensions)
        BOOST_TEST_CONTEXT(name_of(row.kind) << ", " << row.own) {
            BOOST_TEST(extension_for(row.kind, row.own) == row.expected);
        }
}

/// The type is that of the extension: a file of a known kind is never sent as anything.
BOOST_AUTO_TEST_CASE(every_kind_has_a_media_type) {
    for (int i = 0; i <= static_cast<int>(ContentKind::dash_list); ++i) {
        const auto kind = static_cast<ContentKind>(i);
        const std::string extension = extension_for(kind, "");
        BOOST_TEST_CONTEXT(name_of(kind)) {
            BOOST_TEST(extension.front() == '.');
            BOOST_TEST(http::media_type_for(extension) != "application/octet-stream");
        }
    }
}

// Files

BOOST_AUTO_TEST_CASE(kind_of_a_file) {
    BOOST_TEST(name_of(kind_of(MemoryFile{ftyp("isom") + box("moov", 200)}.fd()).value()) == "MP4");
    BOOST_TEST(!kind_of(MemoryFile{""}.fd()));
    BOOST_TEST(!kind_of(MemoryFile{"notes"}.fd()));
    const posix::UniqueFd sample{open("tests/fixtures/sample.mp4", O_RDONLY | O_CLOEXEC)};
    BOOST_REQUIRE(sample);
    BOOST_TEST(name_of(kind_of(sample.get()).value()) == "MP4");
}

BOOST_AUTO_TEST_CASE(place_in_the_file_is_not_used) {
    const MemoryFile file{flac};
    BOOST_REQUIRE(lseek(file.fd(), 3, SEEK_SET) == 3);
    BOOST_TEST(name_of(kind_of(file.fd()).value()) == "FLAC");
    BOOST_TEST(lseek(file.fd(), 0, SEEK_CUR) == 3);
}

BOOST_AUTO_TEST_CASE(folder_cannot_be_read) {
    const posix::UniqueFd folder{open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    BOOST_CHECK_THROW(kind_of(folder.get()), posix::FailureError);
}

/// Every beginning of every row, and changes to them: nothing is read past the end, which sanitizers would show.
BOOST_AUTO_TEST_CASE(truncations_and_changes) {
    std::vector<string> beginnings;
    for (const KindRow& row : boxes) beginnings.push_back(row.beginning);
    for (const KindRow& row : documents) beginnings.push_back(row.beginning);
    for (const KindRow& row : signatures) beginnings.push_back(row.beginning);
    for (const KindRow& row : texts) beginnings.push_back(row.beginning);
    for (const KindRow& row : streams) beginnings.push_back(row.beginning);
    std::minstd_rand random{15'000};  // the same every time
    unsigned known = 0;
    for (const string& whole : beginnings)
        for (std::size_t length = 0; length <= std::min<std::size_t>(whole.size(), 100); ++length) {
            // A copy of its own, so that its end is the end of what may be read.
            std::vector<char> part(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length));
            const auto look = [&] { known += kind_of({part.data(), part.size()}).has_value(); };
            look();
            if (part.empty()) continue;
            part[random() % part.size()] = static_cast<char>(random() % 256);
            look();
        }
    BOOST_TEST(known > 0u);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace reelgate::media
