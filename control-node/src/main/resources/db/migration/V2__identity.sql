-- ---- login at an OpenID Connect issuer ----

-- SHA-256 of states that came back: each is taken once, whichever instance it comes back to.
CREATE TABLE oidc_used_states (
    digest  bytea PRIMARY KEY,
    expires timestamptz NOT NULL
);
CREATE INDEX oidc_used_states_expires ON oidc_used_states (expires);

-- ---- certificates by ACME, common to all instances ----

-- The account's key, and a certificate with its key for each host name; sealed under a key of the server.
CREATE TABLE acme_secrets (
    name    text PRIMARY KEY,
    sealed  bytea NOT NULL,
    updated timestamptz NOT NULL
);

-- What any instance must answer to the ACME server for an order that one of them placed.
CREATE TABLE acme_challenges (
    token         text PRIMARY KEY,
    -- Host name that is asked for.
    identifier    text NOT NULL,
    authorization_text text NOT NULL,
    expires       timestamptz NOT NULL
);
