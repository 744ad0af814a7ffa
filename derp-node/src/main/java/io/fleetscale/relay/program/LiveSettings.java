package io.fleetscale.relay.program;

import io.fleetscale.relay.DerpRelay;
import io.fleetscale.relay.admission.VerifyUrl;
import io.fleetscale.relay.mesh.Mesh;
import io.fleetscale.runtime.net.ClientAddress;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The part of the settings that changes while the relay runs, without ending a connection: the rate of nodes, who says whom to
 * admit, which proxies are trusted, and the other relays of the mesh. Thread-safe.
 */
final class LiveSettings {
    private static final Logger LOG = LoggerFactory.getLogger(LiveSettings.class);

    private final RelaySettings started;
    private final DerpRelay relay;
    private final VerifyUrl verify;
    private final @Nullable Mesh mesh;
    private volatile ClientAddress clients;
    private RelaySettings current;

    /** @param mesh null without a mesh key: then there is none until the next start */
    LiveSettings(RelaySettings started, DerpRelay relay, VerifyUrl verify, @Nullable Mesh mesh) {
        this.started = started;
        this.relay = relay;
        this.verify = verify;
        this.mesh = mesh;
        this.clients = new ClientAddress(started.trustedProxies());
        this.current = started;
    }

    /** Whose PROXY and forwarding headers are believed by connections that begin now. */
    ClientAddress clients() {
        return clients;
    }

    /**
     * Takes what can be changed; what cannot is named in one line and left as it is.
     *
     * @return whether anything is different now
     */
    synchronized boolean apply(RelaySettings next) {
        boolean changed = false;
        if (!next.receiveRate().equals(current.receiveRate())) {
            relay.useReceiveRate(next.receiveRate());
            changed = true;
        }
        if (!Objects.equals(next.verifyUrl(), current.verifyUrl())
                || next.verifyFailOpen() != current.verifyFailOpen()) {
            verify.use(next.verifyUrl(), next.verifyFailOpen());
            changed = true;
        }
        if (!next.trustedProxies().equals(current.trustedProxies())) {
            clients = new ClientAddress(next.trustedProxies());
            changed = true;
        }
        if (mesh != null && !next.meshWith().equals(current.meshWith())) {
            mesh.join(next.meshWith());
            changed = true;
        }
        current = next;
        sayWhatWaits(next.fixed());
        return changed;
    }

    private void sayWhatWaits(Map<String, Object> wanted) {
        Map<String, Object> inUse = started.fixed();
        String keys = String.join(
                ", ",
                wanted.keySet().stream()
                        .filter(key -> !Objects.equals(wanted.get(key), inUse.get(key)))
                        .toList());
        if (!keys.isEmpty()) {
            LOG.atWarn().addKeyValue("keys", keys).log("these settings take effect at the next start only");
        }
    }
}
