-- What each instance says of itself with every renewal of its lease, and what operators ask of it.
ALTER TABLE instances
    -- starting, ready, degraded, draining, fenced, stopped
    ADD COLUMN state         text NOT NULL DEFAULT 'ready',
    ADD COLUMN reason        text NOT NULL DEFAULT '',
    ADD COLUMN last_fenced   text NOT NULL DEFAULT '',
    ADD COLUMN sessions      integer NOT NULL DEFAULT 0,
    ADD COLUMN started       timestamptz NOT NULL DEFAULT clock_timestamp(),
    -- Sessions per second to give away; 0: as the instance sees fit, NULL: nobody asked.
    ADD COLUMN drain_rate    integer,
    -- How many sessions a rebalance leaves it; NULL: all.
    ADD COLUMN keep_sessions integer;

-- Where instances find each other's grids; name and columns are Ignite's.
CREATE TABLE IF NOT EXISTS tbl_addrs (hostname varchar(1024), port integer);

-- What further instances need to join, sealed under keys that only the tokens hold; taken once.
CREATE TABLE join_tokens (
    id      text PRIMARY KEY,
    sealed  bytea NOT NULL,
    expires timestamptz NOT NULL
);
