CREATE TABLE IF NOT EXISTS objects (
    bucket TEXT NOT NULL,
    key TEXT NOT NULL,
    inode INTEGER NOT NULL,
    modified_ns INTEGER NOT NULL,
    size INTEGER NOT NULL,
    attributes TEXT NOT NULL,
    is_folder INTEGER GENERATED ALWAYS AS (key LIKE '%/') VIRTUAL,
    PRIMARY KEY (bucket, key, inode, modified_ns)
);

CREATE INDEX IF NOT EXISTS folder_objects ON objects (bucket, key) WHERE is_folder;

-- Keys that no path can hold.
CREATE TABLE IF NOT EXISTS hashed_keys (
    bucket TEXT NOT NULL,
    key TEXT NOT NULL,
    PRIMARY KEY (bucket, key)
) WITHOUT ROWID;

-- Noncurrent versions and delete markers; their content is a file named by the version in the bucket's version folder.
CREATE TABLE IF NOT EXISTS versions (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    bucket TEXT NOT NULL,
    key TEXT NOT NULL,
    version_id TEXT NOT NULL,
    is_delete_marker INTEGER NOT NULL,
    modified_ns INTEGER NOT NULL,
    attributes TEXT NOT NULL,
    UNIQUE (bucket, key, version_id)
);

CREATE TABLE IF NOT EXISTS uploads (
    upload_id TEXT PRIMARY KEY,
    bucket TEXT NOT NULL,
    key TEXT NOT NULL,
    initiated_at TEXT NOT NULL,
    attributes TEXT NOT NULL
);

CREATE TABLE IF NOT EXISTS parts (
    upload_id TEXT NOT NULL,
    part_number INTEGER NOT NULL,
    etag TEXT NOT NULL,
    size INTEGER NOT NULL,
    modified_at TEXT NOT NULL,
    checksums TEXT NOT NULL,
    file_name TEXT NOT NULL,
    PRIMARY KEY (upload_id, part_number)
);
