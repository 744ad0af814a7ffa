package io.fleetscale.loadtest.client;

import io.fleetscale.wire.key.DiscoKey;
import io.fleetscale.wire.key.LockKey;
import io.fleetscale.wire.key.NodeKey;
import io.fleetscale.wire.noise.MachinePrivateKey;
import java.security.SecureRandom;

/**
 * What makes a node: the keys that a real client keeps on its disk, and its host name. The node, disco and lock keys
 * exist as public halves only: nothing in the control protocol proves them.
 *
 * @param hostname one DNS label
 */
public record NodeIdentity(
        MachinePrivateKey machine, NodeKey nodeKey, DiscoKey discoKey, LockKey lockKey, String hostname) {

    private static final SecureRandom RANDOM = new SecureRandom();

    /** New keys. */
    public static NodeIdentity create(String hostname) {
        return new NodeIdentity(
                MachinePrivateKey.generate(RANDOM),
                NodeKey.of(random32()),
                DiscoKey.of(random32()),
                LockKey.of(random32()),
                hostname);
    }

    /** The same node after a restart of its client. */
    public NodeIdentity restarted() {
        return new NodeIdentity(machine, nodeKey, DiscoKey.of(random32()), lockKey, hostname);
    }

    private static byte[] random32() {
        byte[] bytes = new byte[32];
        RANDOM.nextBytes(bytes);
        return bytes;
    }
}
