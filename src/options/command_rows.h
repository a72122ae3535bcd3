// Owns the options that only one command takes. For table.cc alone.
// SPDX-License-Identifier: MIT
#pragma once

#include <array>

#include "options/option.h"

namespace reelgate::options {

inline constexpr std::array command_rows{
    Option{.name = "range", .argument = "SPEC",
           .meaning = "asks for a range: 0-99, 1000-, -500, or a whole field value", .scope = Scope::get},
    Option{.name = "method", .argument = "METHOD", .default_value = "GET", .meaning = "the request method",
           .scope = Scope::get},
    Option{.name = "header", .argument = "FIELD", .meaning = "a request field, 'Name: value'",
           .scope = Scope::get, .is_repeatable = true},
    Option{.name = "meta", .argument = "VARIABLE", .meaning = "a meta-variable, NAME=value, as a web server sets it",
           .scope = Scope::get, .is_repeatable = true},
    Option{.name = "body-only", .meaning = "writes only the content; fails on an error status", .scope = Scope::get},
    Option{.name = "id", .argument = "ID", .default_in_words = "the file's name without its extension",
           .meaning = "the video's id", .scope = Scope::add},
    Option{.name = "title", .argument = "TEXT", .default_in_words = "the file's name, if the id differs from it",
           .meaning = "the name of a download, without extension", .scope = Scope::add},
    Option{.name = "media-type", .argument = "TYPE", .default_in_words = "the one that its extension implies",
           .meaning = "the media type; needed for a file of an unknown kind", .scope = Scope::add},
    Option{.name = "hard-link", .meaning = "makes hard links in place of copies where that can be",
           .scope = Scope::add},
    Option{.name = "replace", .meaning = "puts the file in the place of the one under that id", .scope = Scope::add},
    Option{.name = "keep-file", .meaning = "leaves the file where it is", .scope = Scope::remove},
    Option{.name = "list", .argument = "SQL", .default_value = "SELECT id FROM videos",
           .meaning = "lists all ids: one result column, the id", .scope = Scope::list},
    Option{.name = "json", .meaning = "writes one JSON array instead of lines", .scope = Scope::list},
    Option{.name = "for", .argument = "LENGTH", .default_value = "24h",
           .meaning = "how long the link lives: 90s, 15m, 24h, 7d", .scope = Scope::sign},
    Option{.name = "until", .argument = "TIME", .default_in_words = "what --for says",
           .meaning = "when the link expires: 2026-12-24T20:00:00Z, or seconds since 1970", .scope = Scope::sign},
    Option{.name = "address", .argument = "ADDR", .default_in_words = "the link is good for everybody",
           .meaning = "who may use the link: an address of IPv4, or the /64 of one of IPv6", .scope = Scope::sign},
    Option{.name = "path", .meaning = "puts the link in front of the path: it is good for all of that folder",
           .scope = Scope::sign},
    Option{.name = "base-url", .argument = "URL", .default_in_words = "the path alone is printed",
           .meaning = "what stands before the path: https://films.example.org", .scope = Scope::sign},
    Option{.name = "download", .meaning = "the browser saves the film instead of playing it", .scope = Scope::sign},
    Option{.name = "json", .meaning = "writes one JSON array instead of lines", .scope = Scope::sign},
    Option{.name = "upgrade", .meaning = "gives a catalogue of version 0.1 its new columns, while it is served",
           .scope = Scope::init},
    Option{.name = "connect", .argument = "ADDR", .default_in_words = "what --listen says",
           .meaning = "where the running reelgate listens", .scope = Scope::status},
    Option{.name = "json", .meaning = "writes JSON instead of \"name: value\" lines", .scope = Scope::status},
    Option{.name = "openmetrics", .meaning = "writes OpenMetrics", .scope = Scope::status},
    Option{.name = "list", .argument = "SQL", .default_value = "SELECT id FROM videos",
           .meaning = "lists all ids: one result column, the id", .scope = Scope::check},
    Option{.name = "user", .argument = "NAME", .default_in_words = "the caller; only root may name another",
           .meaning = "checks the permissions of this user", .scope = Scope::check},
    Option{.name = "json", .meaning = "writes one JSON document instead of lines", .scope = Scope::check},
};

}  // namespace reelgate::options
