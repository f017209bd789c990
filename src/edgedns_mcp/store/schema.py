"""The tables, and how an older database becomes a current one."""

APPLICATION_ID = 0x45444E53  # "EDNS": tells our files from other SQLite files
VERSION = 8

_FIRST = """
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
"""

_ACCOUNTS_AND_SPANS = """
    -- An organisation's part of the database. `source` is who fills it: local (imports, events), edgedns, demo.
    CREATE TABLE account(
        account_no INTEGER PRIMARY KEY, source TEXT NOT NULL, name TEXT NOT NULL, tier TEXT NOT NULL,
        UNIQUE(source, name)
    ) STRICT;
    INSERT INTO account(source, name, tier) SELECT 'local', '', 'developer'
        WHERE EXISTS (SELECT 1 FROM coverage) OR EXISTS (SELECT 1 FROM key);
    INSERT INTO account(source, name, tier) SELECT DISTINCT 'edgedns', account, 'developer' FROM reading;

    ALTER TABLE key RENAME TO old_key;
    CREATE TABLE key(
        key_no INTEGER PRIMARY KEY, account_no INTEGER NOT NULL, key_id TEXT NOT NULL, name TEXT NOT NULL,
        environment TEXT NOT NULL, team TEXT NOT NULL, cost_center TEXT NOT NULL, last_four TEXT NOT NULL,
        allowed_environments TEXT NOT NULL,  -- separated by spaces
        created_at INTEGER, revoked_at INTEGER, expires_at INTEGER, replaced_by TEXT NOT NULL,
        listed INTEGER NOT NULL,  -- 1: from an inventory; 0: found in the data
        salt BLOB, secret BLOB,  -- SHA-256 of salt and secret, of keys created here
        UNIQUE(account_no, key_id)
    ) STRICT;
    INSERT INTO key SELECT key_no, 1, key_id, name, environment, team, '', last_four, '', created_at, revoked_at, NULL,
        '', listed, NULL, NULL FROM old_key;
    DROP TABLE old_key;
    CREATE INDEX key_by_last_four ON key(last_four) WHERE secret IS NOT NULL;

    -- What one UTC hour (since 1970) saw, exactly. environment: 0 unknown, 1 live, 2 test.
    ALTER TABLE cell RENAME TO old_cell;
    CREATE TABLE cell(
        hour INTEGER NOT NULL, key_no INTEGER NOT NULL, endpoint_no INTEGER NOT NULL, environment INTEGER NOT NULL,
        requests INTEGER NOT NULL, errors INTEGER NOT NULL, last_s INTEGER NOT NULL,  -- into the hour
        PRIMARY KEY(hour, key_no, endpoint_no, environment)
    ) STRICT, WITHOUT ROWID;
    INSERT INTO cell SELECT start / 3600, key_no, endpoint_no,
        CASE environment WHEN 'live' THEN 1 WHEN 'test' THEN 2 ELSE 0 END, requests, errors, last_activity - start
        FROM old_cell;
    DROP TABLE old_cell;

    -- What any other stretch of time saw: a day, the time between two readings, a lower bound. `class` is the smallest
    -- n with length_s <= 3600 * 2^n, so that those over a moment are found without reading all that ended later.
    CREATE TABLE span(
        account_no INTEGER NOT NULL, class INTEGER NOT NULL, end INTEGER NOT NULL, key_no INTEGER NOT NULL,
        endpoint_no INTEGER NOT NULL, environment INTEGER NOT NULL, length_s INTEGER NOT NULL,
        is_lower INTEGER NOT NULL, requests INTEGER NOT NULL, errors INTEGER NOT NULL, last_activity INTEGER NOT NULL,
        PRIMARY KEY(account_no, class, end, key_no, endpoint_no, environment, length_s, is_lower)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX span_lower ON span(account_no, end, key_no, endpoint_no) WHERE is_lower = 1;

    -- Running sums (see running.py), made from cells and spans: kind 0 by key and 1 by endpoint of the account `owner`,
    -- 2 by endpoint of the key `owner`. A body holds a sum for each key or endpoint (see packed.py).
    DROP TABLE pair;
    DROP TABLE day_sum;
    CREATE TABLE running(
        kind INTEGER NOT NULL, owner INTEGER NOT NULL, step INTEGER NOT NULL, hour INTEGER NOT NULL,
        body BLOB NOT NULL, PRIMARY KEY(kind, owner, step, hour)
    ) STRICT, WITHOUT ROWID;

    ALTER TABLE coverage RENAME TO old_coverage;
    CREATE TABLE coverage(
        account_no INTEGER NOT NULL, feed TEXT NOT NULL, start INTEGER NOT NULL, end INTEGER NOT NULL,
        PRIMARY KEY(account_no, feed, start)
    ) STRICT, WITHOUT ROWID;
    INSERT INTO coverage SELECT 1, feed, start, end FROM old_coverage;
    DROP TABLE old_coverage;

    ALTER TABLE ledger RENAME TO old_ledger;
    DROP INDEX ledger_by_head;
    CREATE TABLE ledger(
        account_no INTEGER NOT NULL, digest BLOB NOT NULL, bytes INTEGER NOT NULL, options TEXT NOT NULL,
        lines INTEGER NOT NULL, requests INTEGER NOT NULL, rejected INTEGER NOT NULL, head BLOB NOT NULL,
        last INTEGER NOT NULL, PRIMARY KEY(account_no, digest)
    ) STRICT, WITHOUT ROWID;
    INSERT INTO ledger SELECT 1, digest, bytes, options, lines, 0, rejected, head, last FROM old_ledger;
    DROP TABLE old_ledger;
    CREATE INDEX ledger_by_head ON ledger(account_no, head);
    CREATE INDEX ledger_by_size ON ledger(account_no, bytes);

    -- Where lines could not be read: between the readable ones before and after them.
    CREATE TABLE rejected(
        account_no INTEGER NOT NULL, start INTEGER NOT NULL, end INTEGER NOT NULL, lines INTEGER NOT NULL,
        PRIMARY KEY(account_no, start, end)
    ) STRICT, WITHOUT ROWID;
    -- Events that carried an id, so that none counts twice.
    CREATE TABLE event(
        account_no INTEGER NOT NULL, day INTEGER NOT NULL, digest BLOB NOT NULL, PRIMARY KEY(account_no, day, digest)
    ) STRICT, WITHOUT ROWID;
    -- Figures that a file of counts stated, so that an overlapping file repeats them and does not add.
    CREATE TABLE stated(
        key_no INTEGER NOT NULL, start INTEGER NOT NULL, end INTEGER NOT NULL, endpoint_no INTEGER NOT NULL,
        environment INTEGER NOT NULL, requests INTEGER NOT NULL, errors INTEGER NOT NULL,
        PRIMARY KEY(key_no, start, end, endpoint_no, environment)
    ) STRICT, WITHOUT ROWID;
    -- Cumulative totals that a file of counters stated.
    CREATE TABLE snapshot(
        key_no INTEGER NOT NULL, at INTEGER NOT NULL, requests INTEGER NOT NULL, errors INTEGER,
        PRIMARY KEY(key_no, at)
    ) STRICT, WITHOUT ROWID;
    -- Batches of live events that were acknowledged, by their idempotency key.
    CREATE TABLE batch(
        account_no INTEGER NOT NULL, name TEXT NOT NULL, digest BLOB NOT NULL, taken_at INTEGER NOT NULL,
        answer TEXT NOT NULL, PRIMARY KEY(account_no, name)
    ) STRICT, WITHOUT ROWID;

    ALTER TABLE reading RENAME TO old_reading;
    DROP INDEX reading_by_account;
    CREATE TABLE reading(
        reading_no INTEGER PRIMARY KEY, account_no INTEGER NOT NULL, credential TEXT NOT NULL,
        taken_at INTEGER NOT NULL, body TEXT NOT NULL
    ) STRICT;
    INSERT INTO reading SELECT reading_no, account_no, credential, taken_at, body
        FROM old_reading JOIN account ON account.name = old_reading.account AND account.source = 'edgedns';
    DROP TABLE old_reading;
    CREATE INDEX reading_by_account ON reading(account_no, taken_at);
    -- What the next reading is compared with.
    CREATE TABLE known(account_no INTEGER PRIMARY KEY, body TEXT NOT NULL) STRICT;
    -- Who does what one process at a time should do.
    CREATE TABLE lease(name TEXT PRIMARY KEY, holder TEXT NOT NULL, until INTEGER NOT NULL) STRICT, WITHOUT ROWID;
"""

_SHEETS = """
    -- What the hours of one UTC day (since 1970) saw of a key, exactly: the cells of all its hours in one body (see
    -- sheets.py).
    CREATE TABLE sheet(
        day INTEGER NOT NULL, key_no INTEGER NOT NULL, body BLOB NOT NULL, PRIMARY KEY(day, key_no)
    ) STRICT;
    ALTER TABLE cell RENAME TO old_cell;  -- versions.py puts its rows on sheets
"""

_FINDINGS = """
    -- Findings that somebody knows of: not told again until a moment.
    CREATE TABLE acknowledged(
        account_no INTEGER NOT NULL, finding_id TEXT NOT NULL, until INTEGER NOT NULL,
        PRIMARY KEY(account_no, finding_id)
    ) STRICT, WITHOUT ROWID;
    -- Findings that an address was told of, by a digest of the address.
    CREATE TABLE notified(
        account_no INTEGER NOT NULL, finding_id TEXT NOT NULL, address BLOB NOT NULL, at INTEGER NOT NULL,
        PRIMARY KEY(account_no, finding_id, address)
    ) STRICT, WITHOUT ROWID;
"""

_TOLD = """
    -- What EdgeDNS says once a day beside its counters: of a key, and of the account with the sum of its keys then.
    ALTER TABLE key ADD COLUMN last_used_at INTEGER;
    CREATE TABLE account_total(
        account_no INTEGER NOT NULL, taken_at INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY(account_no, taken_at)
    ) STRICT, WITHOUT ROWID;
    -- When each of these calls was made last, by an API key's fingerprint, and what came of it.
    CREATE TABLE daily(
        account_no INTEGER NOT NULL, call TEXT NOT NULL, credential TEXT NOT NULL, asked_at INTEGER NOT NULL,
        is_good INTEGER NOT NULL, outcome TEXT NOT NULL, PRIMARY KEY(account_no, call, credential)
    ) STRICT, WITHOUT ROWID;
"""

_ODD_SPANS = """
    -- Of the spans about as long as a day, of which there may be millions, those that are no exact count of a UTC day.
    CREATE INDEX span_odd ON span(account_no, end)
        WHERE class = 5 AND (is_lower = 1 OR length_s <> 86400 OR end % 86400 <> 0);
"""

_CLOSINGS = """
    -- Chargebacks that are closed: what was charged as JSON, packed. `seen` is a digest of the usage accounted for.
    CREATE TABLE closing(
        account_no INTEGER NOT NULL, start INTEGER NOT NULL, end INTEGER NOT NULL, at INTEGER NOT NULL,
        version TEXT NOT NULL, seen BLOB NOT NULL, body BLOB NOT NULL, PRIMARY KEY(account_no, start)
    ) STRICT;
    -- What the period that begins at `start` charged to correct the one that began at `of`, in minor units.
    CREATE TABLE correction(
        account_no INTEGER NOT NULL, start INTEGER NOT NULL, of INTEGER NOT NULL, key_id TEXT NOT NULL,
        units INTEGER NOT NULL, PRIMARY KEY(account_no, start, of, key_id)
    ) STRICT, WITHOUT ROWID;
"""

_SUMS = "-- Nothing changes; an older program would not keep the checksums that pages of new files end with."

# One list of statements per version; a database of version n runs MIGRATIONS[n:] in one transaction.
MIGRATIONS: tuple[str, ...] = (_FIRST, _ACCOUNTS_AND_SPANS, _SHEETS, _FINDINGS, _TOLD, _ODD_SPANS, _CLOSINGS, _SUMS)
SHEETS = 3  # the version that has them
