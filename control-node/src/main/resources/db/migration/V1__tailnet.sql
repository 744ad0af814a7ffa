-- The truth of a tailnet. Rules for every later migration: expand first, contract at the earliest one release later, so
-- that two neighbouring releases run on one schema; a migration that shuts an older release out raises
-- schema_release.oldest_program.
--
-- Hard state (users .. primary_routes) is written only in the transaction that also appends to the log and raises
-- tailnet.head. The record columns hold the protobuf messages of fleetscale.grid.v1; the columns beside them are what the
-- database must keep unique or search, copied from the record by the same statement.

CREATE TABLE schema_release (
    only_row       boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    -- Number of the last migration that an older program can live with: a program that knows fewer migrations refuses.
    oldest_program integer NOT NULL
);
INSERT INTO schema_release (oldest_program) VALUES (1);

CREATE TABLE tailnet (
    only_row          boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    -- Number of the last record of the log. Locking this row is what puts writes in order.
    head              bigint NOT NULL DEFAULT 0 CHECK (head >= 0),
    -- Its random id: equal numbers with another id are another history (a restored backup).
    head_record_id    bytea,
    -- The next number of each kind; never used twice.
    next_user         bigint NOT NULL DEFAULT 1,
    next_node         bigint NOT NULL DEFAULT 1,
    next_pre_auth_key bigint NOT NULL DEFAULT 1,
    next_api_key      bigint NOT NULL DEFAULT 1,
    next_policy       bigint NOT NULL DEFAULT 1
);
INSERT INTO tailnet DEFAULT VALUES;
-- One row, updated by every write: leave room in its page so that updates stay heap-only.
ALTER TABLE tailnet SET (fillfactor = 10, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);

CREATE TABLE log (
    version   bigint PRIMARY KEY,
    record_id bytea NOT NULL,
    -- Of the transaction that wrote it: resolves a connection that was lost during COMMIT.
    batch_id  bytea NOT NULL,
    -- LogRecord
    body      bytea NOT NULL,
    at        timestamptz NOT NULL
);

CREATE TABLE users (
    id          bigint PRIMARY KEY,
    name        text NOT NULL,
    -- NULL for local users.
    provider_id text,
    record      bytea NOT NULL
);
-- One local user of each name, any number of users of a provider.
CREATE UNIQUE INDEX users_local_name ON users (name) WHERE provider_id IS NULL;
CREATE UNIQUE INDEX users_provider_id ON users (provider_id) WHERE provider_id IS NOT NULL;

CREATE TABLE nodes (
    id          bigint PRIMARY KEY,
    machine_key bytea NOT NULL,
    node_key    bytea NOT NULL,
    user_id     bigint,
    given_name  text NOT NULL,
    ipv4        inet,
    ipv6        inet,
    record      bytea NOT NULL,
    CONSTRAINT nodes_node_key UNIQUE (node_key),
    CONSTRAINT nodes_ipv4 UNIQUE (ipv4),
    CONSTRAINT nodes_ipv6 UNIQUE (ipv6)
);
CREATE UNIQUE INDEX nodes_given_name ON nodes (lower(given_name));

CREATE TABLE pre_auth_keys (
    id       bigint PRIMARY KEY,
    prefix   text NOT NULL,
    user_id  bigint,
    reusable boolean NOT NULL,
    -- Raised once for a key that is not reusable, by UPDATE ... WHERE NOT used.
    used     boolean NOT NULL,
    record   bytea NOT NULL,
    CONSTRAINT pre_auth_keys_prefix UNIQUE (prefix)
);

CREATE TABLE api_keys (
    id     bigint PRIMARY KEY,
    prefix text NOT NULL,
    record bytea NOT NULL,
    CONSTRAINT api_keys_prefix UNIQUE (prefix)
);

-- Every version that was ever set; the highest id is in force.
CREATE TABLE policies (
    id         bigint PRIMARY KEY,
    text       text NOT NULL,
    updated_at timestamptz NOT NULL
);

CREATE TABLE settings (
    name          text PRIMARY KEY,
    source_digest bytea NOT NULL,
    json          text NOT NULL
);

CREATE TABLE primary_routes (
    prefix  text PRIMARY KEY,
    node_id bigint NOT NULL
);

-- ---- instances ----

CREATE SEQUENCE instance_incarnations;

CREATE TABLE instances (
    name         text PRIMARY KEY,
    -- Raised by whoever supersedes; the holder of the former number can then commit nothing.
    incarnation  bigint NOT NULL,
    renewed      timestamptz NOT NULL,
    expires      timestamptz NOT NULL,
    -- Server processes of its write connections: a superseder ends them.
    backend_pids integer[] NOT NULL DEFAULT '{}',
    -- Last number of the log that it has applied: older records are kept for it.
    applied      bigint NOT NULL DEFAULT 0,
    -- Where the other instances reach it, and what it runs.
    address      text NOT NULL DEFAULT '',
    release      text NOT NULL DEFAULT ''
);

-- The members that the side with the majority agreed on; raised by UPDATE ... WHERE view = :seen.
CREATE TABLE cluster (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    view     bigint NOT NULL DEFAULT 0,
    members  text[] NOT NULL DEFAULT '{}'
);
INSERT INTO cluster DEFAULT VALUES;

-- ---- soft state: outside the log, written in batches ----

CREATE TABLE node_presence (
    node_id bigint PRIMARY KEY,
    epoch   bigint NOT NULL,
    counter bigint NOT NULL,
    -- Presence
    record  bytea NOT NULL
);

-- Written with UPDATE ... WHERE epoch < :new only: a late goodbye of an old session changes nothing.
CREATE TABLE node_sessions (
    node_id bigint PRIMARY KEY,
    epoch   bigint NOT NULL,
    -- NodeSession
    record  bytea NOT NULL
);

CREATE TABLE pending_logins (
    id      text PRIMARY KEY,
    expires timestamptz NOT NULL,
    -- PendingLogin
    record  bytea NOT NULL
);
CREATE INDEX pending_logins_expires ON pending_logins (expires);

-- ---- keys of the server ----

CREATE TABLE server_keys (
    name         text PRIMARY KEY,
    -- SHA-256 over a label and the key: an instance that holds another key is refused.
    fingerprint  bytea NOT NULL,
    -- AES-256-GCM under the key-encryption key; NULL when the key is in a file of mode 0600.
    sealed_value bytea
);
