// Owns the marks of streams that have none at their beginning: short patterns that must come again where they say.
// SPDX-License-Identifier: MIT
#include <array>

#include "media/bytes.h"
#include "media/signatures.h"

namespace reelgate::media {

namespace {

/// Packets, or frames, that must follow each other: one pattern alone comes by chance.
constexpr unsigned min_repeats = 2;

// ISO/IEC 13818-1, section 2.4.3.2
constexpr char sync_byte = 0x47;
constexpr std::size_t packet_length = 188;

/// Blu-ray puts a time before each packet.
constexpr std::size_t time_length = 4;

/// Returns whether a packet begins here. One that has neither payload nor adaptation field is reserved: without this,
/// a text of nothing but "G" would be packets.
bool is_packet(std::string_view bytes) {
    return bytes.size() >= 4 && bytes[0] == sync_byte && (static_cast<unsigned char>(bytes[3]) & 0x30) != 0;
}

/// Returns whether packets begin at `first`, and at every `distance` bytes from there to the end.
bool has_packets(std::string_view bytes, std::size_t first, std::size_t distance) {
    unsigned count = 0;
    for (std::size_t position = first; position + packet_length <= bytes.size(); position += distance, ++count)
        if (!is_packet(bytes.substr(position))) return false;
    return count >= min_repeats;
}

/// Returns the length of the frame of MPEG audio, layer III, that begins here; 0 if none does (ISO/IEC 11172-3, section
/// 2.4.1.3; ISO/IEC 13818-3, section 2.4.2.3).
std::size_t frame_length(std::string_view bytes) {
    constexpr std::array<unsigned, 15> mpeg1_kbits{0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320};
    constexpr std::array<unsigned, 15> mpeg2_kbits{0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160};
    constexpr std::array<unsigned, 3> mpeg1_rates{44100, 48000, 32000};
    constexpr unsigned mpeg1 = 3, mpeg2 = 2, reserved = 1, layer_3 = 1;
    if (bytes.size() < 4) return 0;
    const auto header = static_cast<std::uint32_t>(big_endian(bytes, 4));
    const auto bits = [header](unsigned lowest, unsigned count) { return header >> lowest & ((1u << count) - 1); };
    const unsigned version = bits(19, 2), bit_rate = bits(12, 4), sample_rate = bits(10, 2);
    const bool is_frame = bits(21, 11) == 0x7ff && version != reserved && bits(17, 2) == layer_3;
    // A bit rate of 0 is free: the header does not say where the next frame begins.
    if (!is_frame || bit_rate == 0 || bit_rate >= mpeg1_kbits.size() || sample_rate >= mpeg1_rates.size()) return 0;
    // MPEG-2 halves the sample rates, and MPEG-2.5 halves them again; their frames have half as many samples.
    const unsigned rate = mpeg1_rates[sample_rate] / (version == mpeg1 ? 1 : version == mpeg2 ? 2 : 4);
    const unsigned bits_per_second = (version == mpeg1 ? mpeg1_kbits : mpeg2_kbits)[bit_rate] * 1000;
    return (version == mpeg1 ? 144 : 72) * bits_per_second / rate + bits(9, 1);
}

/// Returns whether frames follow each other to the end of `bytes`, at least `min_count` of them.
bool has_frames(std::string_view bytes, unsigned min_count) {
    unsigned count = 0;
    for (; bytes.size() >= 4; ++count) {
        const std::size_t length = frame_length(bytes);
        if (length == 0) break;
        if (length >= bytes.size()) return count + 1 >= min_count;
        bytes.remove_prefix(length);
    }
    // Something else may follow in a short file: a tag of 128 bytes.
    return count >= min_count;
}

/// Returns the length of the ID3 tag at the beginning, with its header; 0 if there is none (ID3v2.4.0, section 3.1).
std::size_t tag_length(std::string_view bytes) {
    constexpr std::size_t header_length = 10;
    if (bytes.size() < header_length || !bytes.starts_with("ID3")) return 0;
    // Versions 2 to 4; a text may begin with these letters.
    if (bytes[3] < 2 || bytes[3] > 4) return 0;
    std::size_t length = 0;
    for (const char digit : bytes.substr(6, 4)) {
        if (static_cast<unsigned char>(digit) >= 0x80) return 0;
        length = length << 7 | static_cast<unsigned char>(digit);
    }
    return header_length + length;
}

}  // namespace

std::optional<ContentKind> transport_stream_kind(std::string_view beginning) {
    const bool is_stream = has_packets(beginning, 0, packet_length) ||
                           has_packets(beginning, time_length, time_length + packet_length);
    return is_stream ? std::optional{ContentKind::mpeg_ts} : std::nullopt;
}

std::optional<ContentKind> mpeg_audio_kind(std::string_view beginning) {
    const std::size_t tag = tag_length(beginning);
    if (tag >= beginning.size() && tag > 0) return ContentKind::mp3;
    beginning.remove_prefix(tag);
    const bool is_mp3 = has_frames(beginning, tag > 0 ? 1 : min_repeats);
    if (is_mp3) return ContentKind::mp3;
    return tag > 0 && signature_kind(beginning) == ContentKind::flac ? std::optional{ContentKind::flac} : std::nullopt;
}

}  // namespace reelgate::media
