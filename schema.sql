-- hindstat's store, format 1: the container. What is inside the blobs (captures, payload) is in docs/format.md.
-- This text is compiled into the program and run in one transaction when a store is created. Times are in ns, 64-bit
-- values that are unsigned in the program (checksums, sums, capabilities) keep their bits in a signed INTEGER.

PRAGMA application_id = 0x68696E64; -- 'hind'
PRAGMA user_version = 1;            -- the format; a reader refuses a higher one and reads every lower one

CREATE TABLE store (
  id       INTEGER PRIMARY KEY CHECK (id = 1), -- one row
  origin   BLOB NOT NULL,                    -- 16 random bytes: this file as the place of first recording
  checksum INTEGER NOT NULL                  -- XXH3-64 of origin
) STRICT;

CREATE TABLE host (
  id         INTEGER PRIMARY KEY,
  name       TEXT NOT NULL, -- host name, or the label given when recording
  machine_id TEXT NOT NULL, -- /etc/machine-id, '' when unknown
  UNIQUE (name, machine_id)
) STRICT;

-- One boot of one host as one store first recorded it: the scope of sequence numbers and of chains.
CREATE TABLE boot (
  id             INTEGER PRIMARY KEY,
  host_id        INTEGER NOT NULL REFERENCES host,
  origin         BLOB NOT NULL, -- store.origin of the store that first recorded it
  boot_uuid      TEXT NOT NULL, -- /proc/sys/kernel/random/boot_id, '' when unknown
  kernel_release TEXT NOT NULL, -- uname -r
  UNIQUE (host_id, origin, boot_uuid, kernel_release)
) STRICT;

-- The columns of a table as they were when it was recorded, once per distinct layout.
CREATE TABLE layout (
  id         INTEGER PRIMARY KEY,
  table_name TEXT NOT NULL,
  columns    TEXT NOT NULL,    -- JSON: [{"name","kind","role","unit","nullable","names":[[value,"text"],...]},...]
  checksum   INTEGER NOT NULL, -- XXH3-64 of both; equal layouts have equal checksums in every store
  UNIQUE (table_name, columns)
) STRICT;

CREATE TABLE snapshot (
  id              INTEGER PRIMARY KEY AUTOINCREMENT, -- how people name it; never used twice in this file
  boot_id         INTEGER NOT NULL REFERENCES boot,
  sequence        INTEGER NOT NULL, -- 1, 2, 3, ... within the boot row, in the order of recording
  uid             BLOB NOT NULL UNIQUE, -- 16 bytes, XXH3-128 of host, boot, time and content: the same in every store
  previous        BLOB, -- uid of the snapshot that its recorder stored before it of this host; NULL: it was the first
  realtime_ns     INTEGER NOT NULL, -- CLOCK_REALTIME when the recording began, ns since 1970-01-01 UTC
  boottime_ns     INTEGER NOT NULL, -- CLOCK_BOOTTIME at the same moment
  took_ns         INTEGER NOT NULL, -- from the first read to the last
  ntp_offset_us   INTEGER, -- adjtimex(2): offset; NULL when it could not be read
  ntp_maxerror_us INTEGER, -- adjtimex(2): maxerror
  ntp_status      INTEGER, -- adjtimex(2): STA_* bits
  recorder        TEXT NOT NULL,    -- program and version
  euid            INTEGER NOT NULL, -- effective uid of the recorder
  capabilities    INTEGER NOT NULL, -- its effective capabilities, 64 bits
  net_namespace   INTEGER NOT NULL, -- inode of its network namespace, 0 when unknown
  captures_layout INTEGER NOT NULL REFERENCES layout,
  captures_rows   INTEGER NOT NULL, -- rows of captures
  captures_base   INTEGER,          -- sequence of the snapshot that captures is a change set against; NULL: a keyframe
  checksum        INTEGER NOT NULL, -- XXH3-64 of every field but id, with those of host, boot and layout in full
  captures        BLOB NOT NULL,    -- how each table was read, as a block's payload; the table's rows are in the block
                                    -- of the first snapshot whose sequence is capture.stored_at or higher
  UNIQUE (boot_id, sequence)
) STRICT;

-- The rows of one table of one snapshot. A table equal to the one before has no block.
CREATE TABLE block (
  id          INTEGER PRIMARY KEY,
  snapshot_id INTEGER NOT NULL REFERENCES snapshot,
  layout_id   INTEGER NOT NULL REFERENCES layout,
  base_id     INTEGER REFERENCES block, -- the block that payload is a change set against; NULL: a keyframe
  row_count   INTEGER NOT NULL,         -- rows of the table, at most 2^28
  content_sum INTEGER NOT NULL,         -- sum of the hashes of its rows
  checksum    INTEGER NOT NULL,         -- XXH3-64 of payload, row_count, content_sum and the layout's checksum
  payload     BLOB NOT NULL,            -- one zstd frame
  UNIQUE (snapshot_id, layout_id)
) STRICT;

-- Who stands on a block that is to go.
CREATE INDEX block_base ON block (base_id) WHERE base_id IS NOT NULL;

-- A snapshot that was here, or that a store this one was cut from had: why it is not, so that it is not missing.
CREATE TABLE tombstone (
  uid         BLOB PRIMARY KEY, -- snapshot.uid
  boot_id     INTEGER NOT NULL REFERENCES boot,
  sequence    INTEGER NOT NULL,
  previous    BLOB,             -- snapshot.previous
  realtime_ns INTEGER NOT NULL, -- snapshot.realtime_ns
  reason      TEXT NOT NULL,    -- 'pruned', 'thinned', 'removed', 'not exported', 'lost'
  gone_ns     INTEGER NOT NULL, -- CLOCK_REALTIME when it went
  gone_here   INTEGER NOT NULL, -- 1: it went from this file; 0: from one that this file learnt it from
  checksum    INTEGER NOT NULL  -- XXH3-64 of every field, with those of host and boot in full instead of boot_id
) STRICT;

-- What an operator had to say about a moment ("deploy 4.2").
CREATE TABLE mark (
  uid      BLOB PRIMARY KEY,  -- 16 bytes, XXH3-128 of host, both times and text: the same in every store
  host_id  INTEGER NOT NULL REFERENCES host,
  at_ns    INTEGER NOT NULL,  -- the moment it is about, CLOCK_REALTIME
  made_ns  INTEGER NOT NULL,  -- CLOCK_REALTIME when it was written
  text     TEXT NOT NULL,
  checksum INTEGER NOT NULL   -- XXH3-64 of every field, with those of host in full instead of host_id
) STRICT;

-- A snapshot that pruning leaves alone. It need not be in this file.
CREATE TABLE pin (
  uid      BLOB PRIMARY KEY, -- snapshot.uid
  note     TEXT NOT NULL,    -- why
  made_ns  INTEGER NOT NULL, -- CLOCK_REALTIME when it was pinned
  checksum INTEGER NOT NULL  -- XXH3-64 of every field
) STRICT;

-- Recordings that could not be stored, in one go for one reason; known because the recorder noted them (FILE-gaps).
CREATE TABLE gap (
  uid      BLOB PRIMARY KEY, -- 16 bytes, XXH3-128 of host, reason and first_ns
  host_id  INTEGER NOT NULL REFERENCES host,
  reason   TEXT NOT NULL,    -- 'full': the disk was; 'busy': another process held the store
  first_ns INTEGER NOT NULL, -- CLOCK_REALTIME of the first of them
  last_ns  INTEGER NOT NULL, -- and of the last
  count    INTEGER NOT NULL, -- how many
  checksum INTEGER NOT NULL  -- XXH3-64 of every field, with those of host in full instead of host_id
) STRICT;

-- What this file is told to do by itself; not merged.
CREATE TABLE setting (
  name     TEXT PRIMARY KEY, -- 'keep_ns', 'max_bytes', 'thin'
  value    TEXT NOT NULL,    -- decimal; thin: EVERY_NS:AFTER_NS,...
  checksum INTEGER NOT NULL  -- XXH3-64 of both
) STRICT;
