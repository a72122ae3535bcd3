-- The catalogue of reelgate: which videos there are, and whether they may be streamed.
-- `reelgate init` runs this. An application that has a table of its own needs none of it: see --query.

CREATE TABLE IF NOT EXISTS videos (
    -- What stands in the URI: unreserved characters only (RFC 3986, section 2.3), 128 at the most, no "." and "..".
    id       TEXT PRIMARY KEY NOT NULL
             CHECK (length(id) BETWEEN 1 AND 128 AND id NOT GLOB '*[^A-Za-z0-9._~-]*' AND id NOT IN ('.', '..')),
    -- 'complete' is what reelgate streams (--ready); a downloader writes what it likes until then.
    status   TEXT NOT NULL DEFAULT 'pending',
    -- When the row was made, UTC.
    added_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%SZ', 'now'))
) WITHOUT ROWID;  -- the look-up by id is one descent in one tree
