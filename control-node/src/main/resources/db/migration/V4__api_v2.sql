-- ---- what the API v2 adds ----

-- Hard state, written with the log: things that only their feature of the API knows, as JSON.
CREATE TABLE resources (
    kind text NOT NULL,
    id   text NOT NULL,
    json text NOT NULL,
    PRIMARY KEY (kind, id)
);

-- Who changed what: one row for each write that somebody caused, in the transaction of the write.
CREATE TABLE audit_log (
    -- Number of the write in the log.
    version     bigint PRIMARY KEY,
    at          timestamptz NOT NULL,
    actor_id    text NOT NULL,
    actor_name  text NOT NULL,
    target_type text NOT NULL,
    target_id   text NOT NULL,
    action      text NOT NULL,
    property    text NOT NULL DEFAULT '',
    -- The whole entry, JSON.
    entry       text NOT NULL
);
CREATE INDEX audit_log_at ON audit_log (at);

-- Events that wait for their webhook; written in the transaction of what they tell.
CREATE TABLE webhook_deliveries (
    id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    endpoint text NOT NULL,
    body     text NOT NULL,
    created  timestamptz NOT NULL,
    attempts integer NOT NULL DEFAULT 0,
    -- Not before then; whoever takes one moves it on first, so that a second sender passes it by.
    due      timestamptz NOT NULL
);
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (due);

-- How far each log stream has come, and its figures.
CREATE TABLE log_stream_state (
    log_type text PRIMARY KEY,
    version  bigint NOT NULL,
    due      timestamptz NOT NULL,
    -- JSON
    status   text NOT NULL
);
