-- The catalogue of reelgate: the videos, and whether they may be streamed.
-- `reelgate init` runs this. An application with a table of its own does not need it: see --query.

CREATE TABLE videos (
    -- The id in the URI: unreserved characters only (RFC 3986, section 2.3), 128 at most, never "." or "..".
    id         TEXT PRIMARY KEY NOT NULL
               CHECK (length(id) BETWEEN 1 AND 128 AND id NOT GLOB '*[^A-Za-z0-9._~-]*' AND id NOT IN ('.', '..')),
    -- reelgate streams 'complete' (--ready); until then a downloader may write any other status.
    status     TEXT NOT NULL DEFAULT 'pending',
    -- When the row was added, UTC.
    added_at   TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%SZ', 'now')),
    -- Path below one of the folders of videos, or an absolute one; NULL: the id followed by .mp4.
    file       TEXT,
    -- Name of a download, without the extension; NULL: the id.
    title      TEXT,
    -- Media type; NULL: the one that the file's extension implies.
    media_type TEXT,
    -- Strong entity tag; NULL: one made of the file's date and length.
    etag       TEXT
) WITHOUT ROWID;  -- the look-up by id is one descent in one tree

-- "reel": by this reelgate knows a catalogue of its own, and that its columns mean what they mean here.
PRAGMA application_id = 0x7265656c;
PRAGMA user_version = 2;
