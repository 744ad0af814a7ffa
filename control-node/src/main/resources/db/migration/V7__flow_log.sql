-- Network flow logs: what nodes counted of their traffic. The oldest go as the configuration says.
CREATE TABLE flow_log (
    -- In the order of the commits: writers take turns.
    id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    logged   timestamptz NOT NULL,
    -- Stable id of the node that uploaded it.
    node     text NOT NULL,
    -- The same for an upload that comes again.
    process  bigint,
    sequence bigint,
    -- It speaks for another node.
    spoofed  boolean NOT NULL,
    -- As the API shows it, but for the time; JSON.
    entry    text NOT NULL,
    UNIQUE (node, process, sequence)
);
CREATE INDEX flow_log_logged ON flow_log (logged);
