package io.fleetscale.loadtest.corpus;

import io.fleetscale.wire.ip.IpAddress;
import io.fleetscale.wire.ip.IpPrefix;
import java.time.Instant;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * One captured policy: the text, the tailnet, the verdict, and what each node was told. Source: policy 10.2.
 *
 * @param name of the file, for messages only
 * @param refusal what the service answered when it refused the policy, absent when it took it
 * @param autoUpdates the tailnet's setting
 * @param users empty where the capture lost them
 * @param nodes by name
 * @param views by node name; a node that did not settle has none
 */
public record Capture(
        String name,
        Instant capturedAt,
        String policy,
        @Nullable String refusal,
        boolean autoUpdates,
        List<CapturedUser> users,
        SortedMap<String, CapturedNode> nodes,
        SortedMap<String, View> views) {

    public Capture {
        users = List.copyOf(users);
        nodes = Collections.unmodifiableSortedMap(new TreeMap<>(nodes));
        views = Collections.unmodifiableSortedMap(new TreeMap<>(views));
    }

    /** A user of the captured tailnet; nodes name their owner by {@code name}. */
    public record CapturedUser(long id, String name, String email) {}

    /** @param user absent for a tagged node */
    public record CapturedNode(
            List<String> tags,
            IpAddress ipv4,
            IpAddress ipv6,
            @Nullable String user,
            SortedSet<IpPrefix> advertised) {
        public CapturedNode {
            tags = List.copyOf(tags);
            advertised = Collections.unmodifiableSortedSet(new TreeSet<>(advertised));
        }

        CapturedNode withIpv6(IpAddress newIpv6) {
            return new CapturedNode(tags, ipv4, newIpv6, user, advertised);
        }
    }

    /**
     * What one node was told.
     *
     * @param filter array of rules
     * @param ssh array of rules
     */
    public record View(Instant created, JsonNode filter, JsonNode ssh, Entry self, SortedMap<String, Entry> peers) {
        public View {
            peers = Collections.unmodifiableSortedMap(new TreeMap<>(peers));
        }
    }

    /** The entry of a node in a map. */
    public record Entry(Set<String> allowedIps, Set<String> primaryRoutes, Map<String, JsonNode> capabilities) {
        public Entry {
            allowedIps = Set.copyOf(allowedIps);
            primaryRoutes = Set.copyOf(primaryRoutes);
            capabilities = Collections.unmodifiableMap(new HashMap<>(capabilities));
        }
    }

    Capture withNode(String node, CapturedNode value) {
        SortedMap<String, CapturedNode> changed = new TreeMap<>(nodes);
        changed.put(node, value);
        return new Capture(name, capturedAt, policy, refusal, autoUpdates, users, changed, views);
    }
}
