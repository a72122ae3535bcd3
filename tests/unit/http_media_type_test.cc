// Owns the tests of what can be sent as a media type, and which one goes with a file's name.
// SPDX-License-Identifier: MIT
#include "http/media_type.h"

#include <boost/test/unit_test.hpp>

namespace reelgate::http {
namespace {

using namespace std::string_view_literals;

struct MediaTypeRow {
    std::string_view name;
    std::string_view text;
};

BOOST_AUTO_TEST_SUITE(http_media_type)

// RFC 9110 §8.3.1, §5.6.2: type "/" subtype, both tokens

constexpr MediaTypeRow usable[] = {
    {.name = "ordinary", .text = "video/mp4"},
    {.name = "shortest", .text = "a/b"},
    {.name = "capitals_and_digits", .text = "VIDEO/H264"},
    {.name = "subtype_with_dots_and_plus", .text = "application/vnd.apple.mpegurl+x"},
    {.name = "every_other_token_character", .text = "!#$%&'*+-.^_`|~/!#$%&'*+-.^_`|~"},
    {.name = "parameter", .text = "video/mp4;codecs=avc1"},
    {.name = "quoted_parameter_with_a_slash", .text = "video/webm; codecs=\"vp9/opus, x\""},
    {.name = "space_before_the_semicolon", .text = "video/mp4 ;x=y"},
    {.name = "parameters_are_not_looked_into", .text = "video/mp4;"},
};

BOOST_AUTO_TEST_CASE(text_that_is_a_media_type) {
    for (const MediaTypeRow& row : usable) BOOST_TEST_CONTEXT(row.name) { BOOST_TEST(is_media_type(row.text)); }
}

constexpr MediaTypeRow unusable[] = {
    {.name = "empty", .text = ""},
    {.name = "no_slash", .text = "video"},
    {.name = "no_type", .text = "/mp4"},
    {.name = "no_subtype", .text = "video/"},
    {.name = "slash_alone", .text = "/"},
    {.name = "two_slashes", .text = "video/mp4/x"},
    {.name = "parameter_alone", .text = ";x=video/mp4"},
    {.name = "slash_in_a_parameter_only", .text = "video;x=a/b"},
    {.name = "space_inside", .text = "video/ mp4"},
    {.name = "space_before_the_slash", .text = "video /mp4"},
    {.name = "words", .text = "a video/mp4 file"},
    {.name = "list", .text = "video/mp4,video/webm"},
    {.name = "quotation_marks", .text = "\"video/mp4\""},
    {.name = "no_token_character", .text = "video@home/mp4"},
    {.name = "another_language", .text = "video/bewegt\xc3\xa4"},
    {.name = "another_language_in_a_parameter", .text = "video/mp4;x=\xc3\xa4"},
};

BOOST_AUTO_TEST_CASE(text_that_is_none) {
    for (const MediaTypeRow& row : unusable) BOOST_TEST_CONTEXT(row.name) { BOOST_TEST(!is_media_type(row.text)); }
}

// RFC 9110 §5.5: what would end the field, or be taken out of it by others

constexpr MediaTypeRow controls[] = {
    {.name = "end_of_line_and_a_field", .text = "video/mp4\r\nSet-Cookie: x=y"},
    {.name = "end_of_line_in_a_parameter", .text = "video/mp4;x=y\r\nSet-Cookie: x=y"},
    {.name = "line_feed_at_the_end", .text = "video/mp4\n"},
    {.name = "carriage_return_at_the_end_of_a_parameter", .text = "video/mp4;x=y\r"},
    {.name = "nul", .text = "video/mp4\0"sv},
    {.name = "nul_in_a_parameter", .text = "video/mp4;x=\0"sv},
    {.name = "tab_in_a_parameter", .text = "video/mp4;\tx=y"},
    {.name = "delete", .text = "video/mp4;x=\x7f"},
};

BOOST_AUTO_TEST_CASE(control_character) {
    for (const MediaTypeRow& row : controls) BOOST_TEST_CONTEXT(row.name) { BOOST_TEST(!is_media_type(row.text)); }
}

// What goes with the extension of a name

struct ExtensionRow {
    std::string_view extension;
    std::string_view type;
};

constexpr ExtensionRow extensions[] = {
    {"", "video/mp4"},  // a name without one: what is stored here
    {".", "video/mp4"},
    {".mp4", "video/mp4"},
    {".MP4", "video/mp4"},
    {".m4v", "video/mp4"},
    {".mov", "video/quicktime"},
    {".webm", "video/webm"},
    {".WebM", "video/webm"},
    {".mkv", "video/x-matroska"},
    {".ogv", "video/ogg"},
    {".mpg", "video/mpeg"},
    {".mpeg", "video/mpeg"},
    {".3gp", "video/3gpp"},
    {".avi", "video/x-msvideo"},
    {".flv", "video/x-flv"},
    {".wmv", "video/x-ms-wmv"},
    {".ts", "video/mp2t"},
    {".m3u8", "application/vnd.apple.mpegurl"},
    {".mpd", "application/dash+xml"},
    {".m4s", "video/iso.segment"},
    {".vtt", "text/vtt"},
    {".srt", "application/x-subrip"},
    {".m4a", "audio/mp4"},
    {".mp3", "audio/mpeg"},
    {".ogg", "audio/ogg"},
    {".opus", "audio/ogg"},
    {".jpg", "image/jpeg"},
    {".jpeg", "image/jpeg"},
    {".png", "image/png"},
    {".webp", "image/webp"},
    {".qt", "video/quicktime"},
    {".weba", "audio/webm"},
    {".mk3d", "video/x-matroska"},
    {".mka", "audio/x-matroska"},
    {".3g2", "video/3gpp2"},
    {".m2t", "video/mp2t"},
    {".mts", "video/mp2t"},
    {".M2TS", "video/mp2t"},
    {".m3u", "audio/mpegurl"},
    {".cmfv", "video/mp4"},
    {".cmfa", "audio/mp4"},
    {".m4b", "audio/mp4"},
    {".aac", "audio/aac"},
    {".oga", "audio/ogg"},
    {".flac", "audio/flac"},
    {".wav", "audio/wav"},
    {".html", "application/octet-stream"},  // unknown: nothing is claimed
    {".mp", "application/octet-stream"},
    {".mp44", "application/octet-stream"},
    {"mp4", "application/octet-stream"},
};

BOOST_AUTO_TEST_CASE(type_of_an_extension) {
    for (const ExtensionRow& row : extensions)
        BOOST_TEST_CONTEXT(row.extension) {
            BOOST_TEST(media_type_for(row.extension) == row.type);
            BOOST_TEST(is_media_type(media_type_for(row.extension)));
            const bool is_unknown = row.type == "application/octet-stream" || row.extension.size() < 2;
            BOOST_TEST(is_known_extension(row.extension) != is_unknown);
        }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace reelgate::http
