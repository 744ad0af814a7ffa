package io.fleetscale.control.relay;

import io.fleetscale.control.changelog.Changelog;
import io.fleetscale.control.derpmap.DerpMapSettings;
import io.fleetscale.control.derpmap.RelayMember;
import io.fleetscale.control.derpmap.RelayMembers;
import io.fleetscale.control.tailnet.TailnetImage;
import io.fleetscale.wire.tailcfg.JsonWriter;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** The registered relays, for those who administer them. Thread-safe. */
public final class Relays {
    private final Changelog changelog;
    private final RelaySightings sightings;

    public Relays(Changelog changelog, RelaySightings sightings) {
        this.changelog = changelog;
        this.sightings = sightings;
    }

    /**
     * A relay as the tailnet and as this instance know it.
     *
     * @param report its latest sign of life; empty when it is silent
     * @param silence since its last sign of life, or since this instance started
     */
    public record Known(RelayMember member, Optional<RelayReport> report, Duration silence) {}

    /** All, in the order of the DERP map. */
    public CompletableFuture<List<Known>> list() {
        return changelog.current().thenApply(image -> {
            boolean unused = sightings.refresh();
            return RelayMembers.of(image).members().stream().map(this::known).toList();
        });
    }

    /** The DERP map exactly as clients get it. */
    public CompletableFuture<String> map() {
        return changelog.current().thenApply(Relays::mapText);
    }

    private static String mapText(TailnetImage image) {
        JsonWriter json = new JsonWriter(4096);
        DerpMapSettings.effective(image).write(json);
        return new String(json.toBytes(), StandardCharsets.UTF_8);
    }

    /**
     * Takes a relay out of the map; it then sends its clients away by itself.
     *
     * @param force also the last one of its region, which is otherwise {@code FAILED_PRECONDITION}
     */
    public CompletableFuture<Known> drain(String name, boolean force) {
        return changelog.write(RelayDecisions.drain(name, force)).thenApply(this::known);
    }

    public CompletableFuture<Known> undrain(String name) {
        return changelog.write(RelayDecisions.undrain(name)).thenApply(this::known);
    }

    /** Forgets a relay; one that still reports comes back at once. */
    public CompletableFuture<Known> remove(String name, boolean force) {
        return changelog.write(RelayDecisions.remove(name, force)).thenApply(this::known);
    }

    /** Gives a region's relays a new mesh key; links that are there stay. Completes with the key's number. */
    public CompletableFuture<Integer> changeMeshKey(int regionId) {
        return changelog.write(RelayDecisions.changeMeshKey(regionId));
    }

    private Known known(RelayMember member) {
        return new Known(member, sightings.alive(member.name()), sightings.silence(member.name()));
    }
}
