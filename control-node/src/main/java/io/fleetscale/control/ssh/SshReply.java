package io.fleetscale.control.ssh;

import io.fleetscale.wire.tailcfg.SshPolicy;

/** What a node is answered that asks about a session. */
public sealed interface SshReply {
    /** What it has to do: accept, reject, or show the message and ask again at another address. */
    record Act(SshPolicy.Action action) implements SshReply {}

    /**
     * The question itself is wrong.
     *
     * @param status of HTTP
     */
    record Refused(int status, String reason) implements SshReply {}
}
