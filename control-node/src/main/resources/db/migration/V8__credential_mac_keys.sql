-- Keys of the MACs under which the secrets of API keys, pre-auth keys and other credentials are stored. All that stand here are
-- good; the newest that every instance has seen makes new MACs. Number 0 is the server's own, in server_keys; the others are
-- sealed under a key that is derived from that one.
CREATE TABLE credential_mac_keys (
    number integer PRIMARY KEY,
    sealed bytea NOT NULL,
    made   timestamptz NOT NULL DEFAULT clock_timestamp()
);
INSERT INTO credential_mac_keys (number, sealed) VALUES (0, '');
