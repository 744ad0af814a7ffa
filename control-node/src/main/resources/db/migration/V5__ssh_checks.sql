-- Sessions over SSH that somebody has let in: the pair needs no new approval for the period that the policy names.
CREATE TABLE ssh_checks (
    source_id      bigint NOT NULL,
    destination_id bigint NOT NULL,
    -- Owner of the source then; 0 for a tagged node.
    owner_id       bigint NOT NULL,
    -- Version of the policy then: under another one the approval counts for nothing.
    policy_id      bigint NOT NULL,
    approved       timestamptz NOT NULL,
    PRIMARY KEY (source_id, destination_id)
);
CREATE INDEX ssh_checks_approved ON ssh_checks (approved);
