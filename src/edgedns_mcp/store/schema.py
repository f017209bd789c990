"""The tables, and how an older database becomes a current one."""

APPLICATION_ID = 0x45444E53  # "EDNS": tells our files from other SQLite files
VERSION = 1

# One list of statements per version; a database of version n runs MIGRATIONS[n:] in one transaction.
MIGRATIONS: tuple[str, ...] = (
    """
    CREATE TABLE key(
        key_no INTEGER PRIMARY KEY, key_id TEXT NOT NULL UNIQUE, name TEXT NOT NULL, environment TEXT NOT NULL,
        team TEXT NOT NULL, last_four TEXT NOT NULL, created_at INTEGER, revoked_at INTEGER,
        listed INTEGER NOT NULL  -- 1: from an inventory; 0: found in the data
    ) STRICT;
    CREATE TABLE endpoint(endpoint_no INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE) STRICT;

    CREATE TABLE cell(
        start INTEGER NOT NULL, key_no INTEGER NOT NULL, endpoint_no INTEGER NOT NULL, end INTEGER NOT NULL,
        environment TEXT NOT NULL, requests INTEGER NOT NULL, errors INTEGER NOT NULL, last_activity INTEGER NOT NULL,
        PRIMARY KEY(start, key_no, endpoint_no, end, environment)
    ) STRICT, WITHOUT ROWID;

    -- Running sums of a pair up to the end of a UTC day, one row per day with requests; endpoint_no 0: all endpoints.
    CREATE TABLE pair(
        key_no INTEGER NOT NULL, endpoint_no INTEGER NOT NULL, PRIMARY KEY(key_no, endpoint_no)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX pair_by_endpoint ON pair(endpoint_no);
    CREATE TABLE day_sum(
        key_no INTEGER NOT NULL, endpoint_no INTEGER NOT NULL, day INTEGER NOT NULL,
        requests INTEGER NOT NULL, errors INTEGER NOT NULL, last_activity INTEGER NOT NULL,
        PRIMARY KEY(key_no, endpoint_no, day)
    ) STRICT, WITHOUT ROWID;

    -- What a feed observed, from its first to its last request; touching stretches are merged.
    CREATE TABLE coverage(
        feed TEXT NOT NULL, start INTEGER NOT NULL, end INTEGER NOT NULL, PRIMARY KEY(feed, start)
    ) STRICT, WITHOUT ROWID;

    -- What was imported: the digest of the first `bytes` bytes of a file, whatever its name; a row for each import.
    CREATE TABLE ledger(
        digest BLOB PRIMARY KEY, bytes INTEGER NOT NULL, options TEXT NOT NULL, lines INTEGER NOT NULL,
        rejected INTEGER NOT NULL, head BLOB NOT NULL, last INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX ledger_by_head ON ledger(head);

    CREATE TABLE reading(
        reading_no INTEGER PRIMARY KEY, account TEXT NOT NULL, credential TEXT NOT NULL, taken_at INTEGER NOT NULL,
        body TEXT NOT NULL
    ) STRICT;
    CREATE INDEX reading_by_account ON reading(account, taken_at);
    """,
)
