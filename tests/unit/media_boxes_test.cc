// Owns the tests of the survey of MP4 boxes: each order that there is, each way to end too early, and any bytes at all.
// SPDX-License-Identifier: MIT
#include "media/boxes.h"

#include <fcntl.h>

#include <boost/test/unit_test.hpp>
#include <random>
#include <string_view>

#include "boxes.h"
#include "memory_file.h"
#include "posix/failure.h"
#include "posix/unique_fd.h"

namespace reelgate::media {

std::ostream& operator<<(std::ostream& out, BoxOrder order) {
    constexpr const char* names[] = {"moov_first", "moov_last", "no_moov", "no_mdat",
                                     "cut_off",    "damaged",   "no_mp4",  "undecided"};
    return out << names[static_cast<int>(order)];
}

namespace {

BoxSurvey survey(const MemoryFile& file) { return survey_boxes(file.fd(), file.length()); }

const std::string ftyp = box("ftyp", 24);
const std::string moov = box("moov", 200);
const std::string mdat = box("mdat", 300);

struct OrderRow {
    std::string_view name;
    std::string content;
    BoxOrder expected;
};

const OrderRow orders[] = {
    {.name = "moov_in_front", .content = ftyp + moov + mdat, .expected = BoxOrder::moov_first},
    {.name = "moov_at_the_end", .content = ftyp + mdat + moov, .expected = BoxOrder::moov_last},
    {.name = "moov_between_two_mdat", .content = ftyp + mdat + moov + mdat, .expected = BoxOrder::moov_last},
    {.name = "second_moov_at_the_end", .content = ftyp + moov + mdat + moov, .expected = BoxOrder::moov_first},
    {.name = "fragments", .content = ftyp + moov + box("moof", 9) + mdat + box("moof", 9) + mdat,
     .expected = BoxOrder::moov_first},
    {.name = "quicktime_without_ftyp", .content = box("wide", 0) + mdat + moov, .expected = BoxOrder::moov_last},
    {.name = "unknown_boxes_between", .content = ftyp + box("free", 7) + moov + box("uuid", 16) + mdat,
     .expected = BoxOrder::moov_first},
    {.name = "type_with_a_copyright_sign", .content = ftyp + moov + mdat + box("\xa9xyz", 3),
     .expected = BoxOrder::moov_first},
    {.name = "mdat_to_the_end", .content = ftyp + moov + header(0, "mdat") + "picture", .expected = BoxOrder::moov_first},
    {.name = "mdat_with_a_large_size", .content = ftyp + moov + large_header(16 + 7, "mdat") + "picture",
     .expected = BoxOrder::moov_first},
    {.name = "empty_mdat", .content = ftyp + moov + box("mdat", 0), .expected = BoxOrder::moov_first},
    {.name = "only_ftyp", .content = ftyp, .expected = BoxOrder::no_moov},
    {.name = "no_moov", .content = ftyp + mdat, .expected = BoxOrder::no_moov},
    {.name = "no_mdat", .content = ftyp + moov, .expected = BoxOrder::no_mdat},
    {.name = "empty", .content = "", .expected = BoxOrder::no_mp4},
    {.name = "seven_bytes", .content = ftyp.substr(0, 7), .expected = BoxOrder::no_mp4},
    {.name = "a_page", .content = "<!DOCTYPE html><title>404</title>", .expected = BoxOrder::no_mp4},
    {.name = "matroska", .content = "\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\xf7\x81", .expected = BoxOrder::no_mp4},
    {.name = "zeros", .content = std::string(4096, '\0'), .expected = BoxOrder::no_mp4},
    {.name = "boxes_of_something_else", .content = box("jP  ", 4) + box("jp2c", 4), .expected = BoxOrder::no_mp4},
    {.name = "content_that_was_never_filled_in", .content = ftyp + moov + std::string(4096, '\0'),
     .expected = BoxOrder::damaged},
    {.name = "less_than_a_header_at_the_end", .content = ftyp + moov + mdat + "junk", .expected = BoxOrder::damaged},
    {.name = "size_less_than_a_header", .content = ftyp + moov + header(7, "mdat"), .expected = BoxOrder::damaged},
    {.name = "large_size_less_than_its_header", .content = ftyp + moov + large_header(15, "mdat"),
     .expected = BoxOrder::damaged},
    {.name = "large_size_of_zero", .content = ftyp + moov + large_header(0, "mdat"), .expected = BoxOrder::damaged},
    {.name = "type_that_cannot_be_printed", .content = ftyp + moov + header(8, "md\x01t"),
     .expected = BoxOrder::damaged},
    {.name = "one_byte_short", .content = (ftyp + moov + mdat).substr(0, 32 + 208 + 307),
     .expected = BoxOrder::cut_off},
    {.name = "cut_in_ftyp", .content = ftyp.substr(0, 20), .expected = BoxOrder::cut_off},
    {.name = "cut_in_a_large_header", .content = ftyp + moov + large_header(100, "mdat").substr(0, 12),
     .expected = BoxOrder::cut_off},
    {.name = "largest_32_bit_size", .content = ftyp + moov + header(0xffffffff, "mdat"), .expected = BoxOrder::cut_off},
    {.name = "largest_64_bit_size", .content = ftyp + moov + large_header(~std::uint64_t{0}, "mdat"),
     .expected = BoxOrder::cut_off},
    {.name = "size_that_would_lead_back",
     .content = ftyp + moov + large_header(~std::uint64_t{0} - ftyp.size() - moov.size() + 1, "mdat"),
     .expected = BoxOrder::cut_off},
};

BOOST_AUTO_TEST_SUITE(media_boxes)

BOOST_AUTO_TEST_CASE(orders_of_boxes) {
    for (const OrderRow& row : orders) {
        BOOST_TEST_CONTEXT(row.name) { BOOST_TEST(survey(MemoryFile{row.content}).order == row.expected); }
    }
}

BOOST_AUTO_TEST_CASE(box_that_is_cut_off_is_named) {
    const BoxSurvey found = survey(MemoryFile{(ftyp + moov + mdat).substr(0, 32 + 208 + 100)});
    BOOST_TEST(found.order == BoxOrder::cut_off);
    BOOST_TEST(found.type == "mdat");
    BOOST_TEST(found.position == 240u);
    BOOST_TEST(found.lacking == 208u);
}

BOOST_AUTO_TEST_CASE(place_without_a_box_is_named) {
    const BoxSurvey found = survey(MemoryFile{ftyp + moov + mdat + "junk"});
    BOOST_TEST(found.position == (ftyp + moov + mdat).size());
}

BOOST_AUTO_TEST_CASE(beginning_of_what_is_no_mp4) {
    BOOST_TEST(survey(MemoryFile{"<!DOCTYPE html>"}).beginning == "<!DOCTYP");
    BOOST_TEST(survey(MemoryFile{"abc"}).beginning == "abc");
    BOOST_TEST(survey(MemoryFile{""}).beginning == "");
}

BOOST_AUTO_TEST_CASE(five_gibibytes_with_moov_behind) {
    MemoryFile file{ftyp};
    const std::uint64_t content = std::uint64_t{5} << 30;
    file.write_at(ftyp.size(), large_header(content, "mdat"));
    file.write_at(ftyp.size() + content, moov);
    file.lengthen(ftyp.size() + content + moov.size());
    BOOST_TEST(survey(file).order == BoxOrder::moov_last);
    file.lengthen(ftyp.size() + content + moov.size() - 1);
    const BoxSurvey found = survey(file);
    BOOST_TEST(found.order == BoxOrder::cut_off);
    BOOST_TEST(found.position == ftyp.size() + content);
    BOOST_TEST(found.lacking == 1u);
}

/// Whether it is bounded shows in the answer: what stands behind the last box that is looked at changes nothing.
BOOST_AUTO_TEST_CASE(no_more_boxes_than_the_limit) {
    std::string many;
    for (unsigned i = 0; i < max_boxes - 1; ++i) many += header(8, "free");
    BOOST_TEST(survey(MemoryFile{ftyp + many}).order == BoxOrder::no_moov);
    BOOST_TEST(survey(MemoryFile{ftyp + many + moov + mdat}).order == BoxOrder::undecided);
    BOOST_TEST(survey(MemoryFile{many + header(8, "free") + moov}).order == BoxOrder::no_mp4);
    BOOST_TEST(survey(MemoryFile{moov + many + "no box at all"}).order == BoxOrder::moov_first);
    BOOST_TEST(survey(MemoryFile{mdat + moov + many + "no box at all"}).order == BoxOrder::moov_last);
}

BOOST_AUTO_TEST_CASE(millions_of_boxes) {
    std::string many = ftyp;
    for (unsigned i = 0; i < 2'000'000; ++i) many += header(8, "free");
    const BoxSurvey found = survey(MemoryFile{many});
    BOOST_TEST(found.order == BoxOrder::undecided);
    BOOST_TEST(found.position == ftyp.size() + (max_boxes - 1) * 8);
}

BOOST_AUTO_TEST_CASE(file_that_became_shorter) {
    const MemoryFile file{ftyp + moov};
    const BoxSurvey found = survey_boxes(file.fd(), 1000);
    BOOST_TEST(found.order == BoxOrder::damaged);
    BOOST_TEST(found.position == 240u);
}

BOOST_AUTO_TEST_CASE(folder_cannot_be_read) {
    const posix::UniqueFd folder{open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    BOOST_CHECK_THROW(survey_boxes(folder.get(), 100), posix::FailureError);
}

BOOST_AUTO_TEST_CASE(every_truncation) {
    const std::string whole = ftyp + moov + large_header(16 + 50, "mdat") + std::string(50, 'x') + box("free", 5);
    const std::size_t moov_end = ftyp.size() + moov.size(), mdat_end = moov_end + 16 + 50;
    for (std::size_t length = 0; length <= whole.size(); ++length) {
        BOOST_TEST_CONTEXT(length << " bytes") {
            const auto in_header = [&](std::size_t begin) { return length > begin && length < begin + 8; };
            const BoxOrder expected = length < 8                                         ? BoxOrder::no_mp4
                                      : length == ftyp.size()                            ? BoxOrder::no_moov
                                      : length == moov_end                               ? BoxOrder::no_mdat
                                      : length == mdat_end || length == whole.size()     ? BoxOrder::moov_first
                                      : in_header(ftyp.size()) || in_header(moov_end) || in_header(mdat_end)
                                          ? BoxOrder::damaged
                                          : BoxOrder::cut_off;
            BOOST_TEST(survey(MemoryFile{whole.substr(0, length)}).order == expected);
        }
    }
}

/// What holds of every survey, whatever the bytes: a position within the file, and lacking bytes only in a box that has
/// a name.
void check_survey(const BoxSurvey& survey, std::size_t length) {
    BOOST_TEST(survey.position <= length);
    BOOST_TEST(survey.beginning.size() == std::min<std::size_t>(length, 8));
    const bool is_cut = survey.order == BoxOrder::cut_off;
    if (is_cut) BOOST_TEST(survey.type.size() == 4u);
    if (is_cut) BOOST_TEST(survey.lacking > 0u);
    if (survey.order == BoxOrder::damaged || is_cut) BOOST_TEST(survey.position < length);
}

BOOST_AUTO_TEST_CASE(random_changes) {
    const std::string whole = ftyp + moov + large_header(16 + 50, "mdat") + box("free", 5) + header(0, "mdat") + "end";
    const std::string telling{"\0\x01\x02\x07\x08\x0f\x10\x7f\x80\xff", 10};
    std::minstd_rand random{20'000};  // the same every time
    const auto below = [&](std::size_t limit) { return random() % limit; };
    MemoryFile file;
    bool seen[8] = {};
    for (int i = 0; i < 20'000; ++i) {
        std::string content = whole;
        for (std::size_t changes = 1 + below(4); changes > 0; --changes) {
            // Headers more often than content.
            const std::size_t begins[] = {0, ftyp.size(), ftyp.size() + moov.size(), below(content.size())};
            const std::size_t position = begins[below(4)] + below(16);
            if (position < content.size())
                content[position] = below(2) ? telling[below(telling.size())] : static_cast<char>(below(256));
        }
        if (below(4) == 0) content.resize(below(content.size() + 1));
        file.replace(content);
        BOOST_TEST_CONTEXT("change " << i) {
            const BoxSurvey found = survey(file);
            check_survey(found, content.size());
            seen[static_cast<int>(found.order)] = true;
        }
    }
    // The changes reach what they are for.
    for (const BoxOrder order : {BoxOrder::moov_first, BoxOrder::no_moov, BoxOrder::no_mdat, BoxOrder::cut_off,
                                 BoxOrder::damaged, BoxOrder::no_mp4})
        BOOST_TEST(seen[static_cast<int>(order)], order << " never came");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace reelgate::media
