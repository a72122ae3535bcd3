// Owns the options that every command takes: the settings. For table.cc alone.
// SPDX-License-Identifier: MIT
#pragma once

#include <array>

#include "options/option.h"

namespace reelgate::options {

inline constexpr std::array settings_rows{
    // Where the videos are

    Option{.name = "data", .argument = "DIR", .default_value = "/var/lib/reelgate",
           .meaning = "root of the data volume",
           .text = "The root of the data volume. It is used only for the defaults of `database` and `videos`.",
           .set = [](Settings& s, const Value& v) { s.data = v.text; }},
    Option{.name = "database", .argument = "FILE", .default_in_words = "DATA/catalog.db",
           .compute_default = [](const Settings& s) { return (s.data / "catalog.db").native(); },
           .meaning = "the SQLite catalogue",
           .text = "The SQLite catalogue. It is opened only for reading; but in WAL mode the user that `reelgate` runs"
                   " as needs the permission to write its folder. A file that is renamed over it is noticed within a"
                   " second, and so is the removal of its `-shm`.",
           .set = [](Settings& s, const Value& v) { s.handler.places.database = v.text; }},
    Option{.name = "videos", .argument = "DIR", .default_in_words = "DATA/videos",
           .compute_default = [](const Settings& s) { return (s.data / "videos").native(); },
           .meaning = "where the media files are",
           .text = "A folder of media files. May be given several times, for several disks: a file is looked for below"
                   " each, in their order, and a folder whose storage does not answer is passed over. No file outside"
                   " them is ever sent: a symbolic link is good if it ends below one of them, and refused if not.",
           .is_repeatable = true,
           .set = [](Settings& s, const Value& v) { s.handler.places.videos.emplace_back(v.text); }},
    Option{.name = "query", .argument = "SQL",
           .default_in_words = "all columns of a catalogue that init made; of another: SELECT status FROM videos WHERE"
                               " id = ?1",
           .example = "SELECT status FROM videos WHERE id = ?1",
           .meaning = "looks a video up: parameter ?1 or :id, others by name; result columns by name: {columns}",
           .text = "An SQL query that looks a video up. Its parameter `?1`, or `:id`, is the id; others have the names"
                   " of what they take from the request, as `:_cookie_NAME` and `:REMOTE_USER`: see"
                   " `reelgate-access(7)`. Result columns are taken by their names: {columns}. NULL and an empty text"
                   " mean that there is none, but for `allow`.",
           .set = [](Settings& s, const Value& v) { s.handler.places.query = v.text; }},
    Option{.name = "ready", .argument = "STATUS", .default_value = "complete",
           .meaning = "the status that may be streamed",
           .text = "The value of `status` of a video that may be streamed. Any other gets 404. `reelgate add` records"
                   " this one.",
           .set = [](Settings& s, const Value& v) { s.handler.places.ready = v.text; }},
    Option{.name = "prefix", .argument = "PATH", .default_value = "/api/stream/",
           .meaning = "the part of a request's path before the id",
           .text = "The part of a request's path before the id. Begins and ends with a slash.",
           .set = [](Settings& s, const Value& v) { s.handler.places.prefix = prefix_from(v); }},
    Option{.name = "id-segments", .argument = "N", .default_value = "1",
           .meaning = "how many parts an id may have, with slashes between",
           .text = "How many parts an id may have, 1 to 16, with slashes between: `show/720p/seg-3.ts` has three. With"
                   " more than 1 a video whose row names no `file` is the file that its id names. See \"Folders of HLS"
                   " and DASH\" in `reelgate(8)`.",
           .set = [](Settings& s, const Value& v) { s.handler.places.id_segments = number_from(v, 1, 16); }},

    // How the server runs

    Option{.name = "listen", .argument = "ADDR",
           .default_in_words = "the socket that systemd hands over, or the one on fd 0",
           .example = "unix:/run/reelgate/reelgate.sock",
           .meaning = "unix:/path, host:port or [v6]:port",
           .text = "Where to listen: `unix:/path`, `host:port` or `[v6]:port`. Without it the socket is the one that"
                   " systemd hands over, with `reelgate.socket`, or else the one on file descriptor 0, where lighttpd"
                   " and mod_fcgid leave it. Together with a socket that was handed over it is an error. Every peer on"
                   " the socket is trusted; for an Internet address the environment variable `FCGI_WEB_SERVER_ADDRS`"
                   " can list the web servers' addresses.",
           .set = [](Settings& s, const Value& v) { s.listen = v.text; },
           .agree = [](const Settings& a, const Settings& b) { return a.listen == b.listen; }},
    Option{.name = "socket-mode", .argument = "OCTAL", .default_value = "0660",
           .meaning = "mode of a Unix socket that --listen creates",
           .text = "The mode of a Unix socket that `listen` creates, in octal digits. Its group is that of the user who"
                   " starts `reelgate`.",
           .set = [](Settings& s, const Value& v) { s.socket_mode = mode_from(v); },
           .agree = [](const Settings& a, const Settings& b) { return a.socket_mode == b.socket_mode; }},
    Option{.name = "threads", .argument = "N", .default_in_words = "the greater of 4 and 2 x cores",
           .compute_default = [](const Settings&) { return std::to_string(engine::default_threads()); },
           .example = "4", .meaning = "worker threads, not a limit on viewers",
           .text = "How many requests are worked on at the same moment, 1 to 1024. This does not limit viewers: one"
                   " that waits takes no thread.",
           .set = [](Settings& s, const Value& v) { s.engine.threads = number_from(v, 1, 1024); },
           .agree = [](const Settings& a, const Settings& b) { return a.engine.threads == b.engine.threads; }},
    Option{.name = "max-viewers", .argument = "N", .default_value = "0",
           .meaning = "answers at a time, 503 beyond them (0: as many as descriptors allow)",
           .text = "How many answers may go on at a time; one more gets 503 with Retry-After at once. 0: as many as"
                   " descriptors allow.",
           .set = [](Settings& s, const Value& v) { s.engine.max_viewers = number_from(v, 0, 1'000'000'000); }},
    Option{.name = "stall-timeout", .argument = "SECONDS", .default_value = "600",
           .meaning = "drop a viewer that takes no byte, or a request that stays incomplete, for this long (0: never)",
           .text = "Seconds, up to 86400, after which a viewer that takes no byte is dropped, even if it sends"
                   " something meanwhile. So is a peer whose request is still incomplete. 0: never.",
           .set = [](Settings& s, const Value& v) { s.engine.stall_timeout = seconds_from(v); }},
    Option{.name = "storage-timeout", .argument = "SECONDS", .default_value = "5",
           .meaning = "answer 503 for films whose storage is silent for this long",
           .text = "Seconds, 1 to 3600, after which storage that has answered nothing counts as hung. New requests for"
                   " films on it get 503 with Retry-After; transfers go on when it answers again. Films on other"
                   " storage are not held up in the meantime.",
           .set = [](Settings& s, const Value& v) { s.engine.storage_timeout = seconds_from(v, 1, 3600); }},
    Option{.name = "grace", .argument = "SECONDS", .default_value = "30",
           .meaning = "how long SIGTERM lets transfers finish",
           .text = "Seconds, up to 86400, that running answers may still take after the signal to stop. 0: they are cut"
                   " off at once.",
           .set = [](Settings& s, const Value& v) { s.engine.grace = seconds_from(v); }},

    // What is answered

    Option{.name = "max-ranges", .argument = "N", .default_value = "100",
           .meaning = "ignore a Range with more range-specs than this",
           .text = "A Range field with more ranges than this, 1 to 10000, is ignored and the whole video sent"
                   " (RFC 9110 §14.2).",
           .set = [](Settings& s, const Value& v) { s.handler.policy.max_ranges = number_from(v, 1, 10'000); }},
    Option{.name = "offload", .argument = "HOW", .default_value = "none",
           .meaning = "x-sendfile or x-accel-redirect: the web server sends the file; none: reelgate does",
           .text = "Who sends the file. `none`: `reelgate`. `x-sendfile`: lighttpd, or Apache with mod_xsendfile."
                   " `x-accel-redirect`: nginx. The web server must be set up for it, and be allowed to read the"
                   " files.",
           .set = [](Settings& s, const Value& v) { s.handler.delivery.offload = offload_from(v); }},
    Option{.name = "offload-prefix", .argument = "PATH", .default_value = "/reelgate-internal/",
           .meaning = "the part of X-Accel-Redirect before a file's path",
           .text = "The part of X-Accel-Redirect before the path of a file: the internal location of nginx. Begins and"
                   " ends with a slash. With several `videos` give it as often, in the same order: `reelgate` itself"
                   " sends the films of a folder that has none.",
           .is_repeatable = true,
           .set = [](Settings& s, const Value& v) {
               s.handler.delivery.offload_prefixes.push_back(prefix_from(v));
           }},
    Option{.name = "cache-control", .argument = "VALUE", .default_value = "private, no-cache",
           .meaning = "Cache-Control of 200, 206 and 304",
           .text = "The value of Cache-Control in 200, 206 and 304. Behind a CDN for example `public, max-age=86400`."
                   " With neither a lifetime nor no-cache, browsers guess a lifetime, and may play a film that was"
                   " withdrawn. Errors always have no-store.",
           .set = [](Settings& s, const Value& v) { s.handler.policy.cache_control = field_value_from(v); }},
    Option{.name = "cors-origin", .argument = "ORIGIN", .example = "https://www.example.org",
           .meaning = "origin whose pages may read answers: scheme://host[:port], or *",
           .text = "An origin whose pages may read answers, `scheme://host[:port]` in lower case, or * for all of them."
                   " May be given several times; one value may also hold several, with commas between them.",
           .is_repeatable = true,
           .set = [](Settings& s, const Value& v) { add_origins(s.handler.policy.cors_origins, v); }},
    Option{.name = "cors-credentials", .argument = "SWITCH", .default_value = "off",
           .meaning = "whether pages of those origins may ask with cookies: on or off; alone: on",
           .text = "Whether pages of those origins may ask with cookies, as `crossorigin=\"use-credentials\"` does:"
                   " `on` or `off`. Not together with a `cors-origin` of *, which browsers refuse.",
           .is_switch = true,
           .set = [](Settings& s, const Value& v) {
               s.handler.policy.cors_credentials = cors_credentials_from(v, s.handler.policy.cors_origins);
           }},

    // Who may watch

    Option{.name = "link-key", .argument = "FILE", .default_in_words = "none: no links",
           .example = "/etc/reelgate/link-key",
           .meaning = "the keys of links that expire, one a line",
           .text = "The keys of links that expire: see \"Links that expire\" in `reelgate-access(7)`. One a line,"
                   " at least 32 bytes in base64 or hexadecimal digits; `NAME:` before it names it in the log. Each of"
                   " them verifies, the first signs. Others than the owner and the group must not be able to read the"
                   " file. It is read again at SIGHUP.",
           .set = [](Settings& s, const Value& v) { s.handler.links.key_file = v.text; }},
    Option{.name = "link", .argument = "USE", .default_in_words = "required, where there is a link-key",
           .compute_default = [](const Settings& s) {
               return std::string{s.handler.links.key_file.empty() ? "" : "required"};
           },
           .example = "required",
           .meaning = "required: no film without a link; accepted: without one the catalogue decides",
           .text = "What a link is for, where there is a `link-key`. `required`: a request without a good one is"
                   " refused. `accepted`: without one the catalogue alone decides; a bad one is refused all the same."
                   " Either way the catalogue is asked as well, and `:_link` is 1 in `query` if there is a good one.",
           .set = [](Settings& s, const Value& v) {
               s.handler.links.use = link_use_from(v, s.handler.links.key_file);
           }},
    Option{.name = "link-cookie", .argument = "NAME", .default_in_words = "none", .example = "reelgate_link",
           .meaning = "the cookie that may hold a link, too",
           .text = "The name of a cookie that may hold a link, for players that lose the query:"
                   " `token=...&expires=...`. It is looked at if the address has none.",
           .set = [](Settings& s, const Value& v) {
               s.handler.links.cookie = link_cookie_from(v, s.handler.links.key_file);
           }},
    Option{.name = "auth-path", .argument = "PATH", .default_in_words = "none", .example = "/reelgate-auth",
           .meaning = "the path where a web server asks who may watch",
           .text = "The path where another web server asks whether an address may be watched: it gets 204, 401, 403 or"
                   " 404. See \"Servers that ask first\" in `reelgate-access(7)`. Off unless it is given.",
           .set = [](Settings& s, const Value& v) { s.handler.auth_path = path_from(v); }},
    Option{.name = "www-authenticate", .argument = "VALUE", .default_in_words = "none",
           .example = "Basic realm=\"Films\"",
           .meaning = "WWW-Authenticate of 401; without it a 401 of the query becomes 403",
           .text = "The value of WWW-Authenticate in an answer 401. Without it, an `allow` of 401 is answered with"
                   " 403.",
           .set = [](Settings& s, const Value& v) { s.handler.policy.www_authenticate = field_value_from(v); }},
    Option{.name = "cache-protected", .argument = "SWITCH", .default_value = "off",
           .meaning = "whether cache-control holds for films that not everybody may watch: on or off; alone: on",
           .text = "Whether `cache-control` also holds for answers that depend on a link, or on a query that"
                   " names anything of the request: `on` or `off`. Otherwise these have `private, no-cache`. Only for a"
                   " shared cache that verifies by itself, for each request, who may watch.",
           .is_switch = true,
           .set = [](Settings& s, const Value& v) { s.handler.policy.cache_protected = switch_from(v); }},

    // How it is watched

    Option{.name = "status-path", .argument = "PATH", .default_in_words = "none", .example = "/reelgate-status",
           .meaning = "the path of the server's status",
           .text = "The path of the server's status: see \"Figures\" in `reelgate(8)`. Off unless it is given.",
           .set = [](Settings& s, const Value& v) {
               s.engine.status_path = own_path_from(v, {{"auth-path", s.handler.auth_path}});
           },
           .agree = [](const Settings& a, const Settings& b) { return a.engine.status_path == b.engine.status_path; }},
    Option{.name = "ping-path", .argument = "PATH", .default_in_words = "none", .example = "/reelgate-ping",
           .meaning = "the path of the health check",
           .text = "The path of the health check, which answers `pong`. Off unless it is given, and must differ from"
                   " `status-path` and `auth-path`.",
           .set = [](Settings& s, const Value& v) {
               s.engine.ping_path = own_path_from(v, {{"status-path", s.engine.status_path},
                                                      {"auth-path", s.handler.auth_path}});
           },
           .agree = [](const Settings& a, const Settings& b) { return a.engine.ping_path == b.engine.ping_path; }},
    Option{.name = "log-level", .argument = "LEVEL", .default_value = "notice",
           .meaning = "error, warning, notice, info or debug; on standard error",
           .text = "The least important lines that are logged: `error`, `warning`, `notice`, `info` (a line for each"
                   " response) or `debug` (one for each request as well).",
           .set = [](Settings& s, const Value& v) { s.log_level = log_level_from(v); }},
    Option{.name = "config", .argument = "FILE", .meaning = "reads options from FILE, one \"name = value\" a line"},
};

}  // namespace reelgate::options
