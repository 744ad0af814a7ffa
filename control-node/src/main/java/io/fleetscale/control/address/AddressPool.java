package io.fleetscale.control.address;

import io.fleetscale.control.ControlException;
import io.fleetscale.control.ErrorCode;
import io.fleetscale.control.tailnet.NodeId;
import io.fleetscale.control.tailnet.Resource;
import io.fleetscale.control.tailnet.TailnetImage;
import io.fleetscale.wire.ip.IpAddress;
import io.fleetscale.wire.ip.IpPrefix;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Chooses free addresses of an image. Pure: what it gives is taken only once the node that carries it is in the image.
 * Source: headscale-surface 6.3.
 */
public final class AddressPool {
    /** Never given to nodes: ChromeOS's own range and the addresses of MagicDNS. Source: headscale-surface 6.3. */
    private static final List<IpPrefix> RESERVED = List.of(
            IpPrefix.parse("100.115.92.0/23"),
            IpPrefix.parse("100.100.100.100/32"),
            IpPrefix.parse("fd7a:115c:a1e0::53/128"));

    private static final String SERVICES = "vip-service";
    private static final JsonMapper JSON = JsonMapper.shared();

    private final SortedMap<IpAddress, NodeId> taken;
    private final Set<IpAddress> ofServices;
    private final AddressSettings settings;
    private final RandomGenerator random;

    public AddressPool(TailnetImage image, RandomGenerator random) {
        this.taken = image.addresses();
        this.ofServices = servicesOf(image);
        this.settings = AddressSettings.of(image);
        this.random = random;
    }

    /** What services of the tailnet have: JSON with the list {@code addrs}. */
    private static Set<IpAddress> servicesOf(TailnetImage image) {
        Map<String, Resource> services = image.resources(SERVICES);
        if (services.isEmpty()) {
            return Set.of();
        }
        Set<IpAddress> addresses = new HashSet<>();
        for (Resource service : services.values()) {
            for (JsonNode address : JSON.readTree(service.json()).path("addrs").values()) {
                addresses.add(IpAddress.parse(address.asString("")));
            }
        }
        return addresses;
    }

    /** Any address of a prefix that may be given, free or not. */
    public static IpAddress anyOf(IpPrefix prefix, RandomGenerator random) {
        Range range = Range.of(prefix);
        if (range == null) {
            throw new ControlException(ErrorCode.RESOURCE_EXHAUSTED, "prefix " + prefix + " has no address to give");
        }
        return skipReserved(random(prefix, range, random));
    }

    /** Whether any family is configured; without one no node can be registered. */
    public boolean isConfigured() {
        return settings.v4() != null || settings.v6() != null;
    }

    /** Null where the family is not configured; RESOURCE_EXHAUSTED when its prefix has no free address. */
    public @Nullable IpAddress nextV4() {
        return next(settings.v4());
    }

    /** Out of the first of the pools that has a free address; without pools, and without IPv4, as {@link #nextV4()}. */
    public @Nullable IpAddress nextV4(List<IpPrefix> pools) {
        if (pools.isEmpty() || settings.v4() == null) {
            return nextV4();
        }
        for (IpPrefix pool : pools) {
            IpAddress free =
                    pool.isSingle() ? firstFree(pool.address(), pool.address().next()) : free(pool);
            if (free != null) {
                return free;
            }
        }
        throw new ControlException(
                ErrorCode.RESOURCE_EXHAUSTED,
                "allocating IPs: failed to allocate IP: no free address in the ipPool of the policy, " + pools
                        + ": delete nodes or give the policy a larger one");
    }

    /** Null where the family is not configured; RESOURCE_EXHAUSTED when its prefix has no free address. */
    public @Nullable IpAddress nextV6() {
        return next(settings.v6());
    }

    private @Nullable IpAddress next(@Nullable IpPrefix prefix) {
        if (prefix == null) {
            return null;
        }
        IpAddress free = free(prefix);
        if (free == null) {
            throw new ControlException(
                    ErrorCode.RESOURCE_EXHAUSTED,
                    "allocating IPs: failed to allocate IP: no free address in " + prefix
                            + ", delete nodes or configure a larger prefix");
        }
        return free;
    }

    private @Nullable IpAddress free(IpPrefix prefix) {
        Range range = Range.of(prefix);
        return range == null
                ? null
                : switch (settings.allocation()) {
                    case SEQUENTIAL -> sequential(range);
                    case RANDOM -> freeFrom(random(prefix, range, random), range);
                };
    }

    /** After the highest in use; the lowest free one when the end is reached. */
    private @Nullable IpAddress sequential(Range range) {
        SortedMap<IpAddress, NodeId> used = taken.subMap(range.first, range.end);
        IpAddress after = used.isEmpty() ? range.first : used.lastKey().next();
        IpAddress free = firstFree(after, range.end);
        return free != null ? free : firstFree(range.first, range.end);
    }

    private @Nullable IpAddress freeFrom(IpAddress start, Range range) {
        IpAddress free = firstFree(start, range.end);
        return free != null ? free : firstFree(range.first, start);
    }

    /** The lowest address in [from, end) that is neither taken nor reserved. */
    private @Nullable IpAddress firstFree(IpAddress from, IpAddress end) {
        IpAddress candidate = skipReserved(from);
        if (candidate.compareTo(end) >= 0) {
            return null;
        }
        Iterator<IpAddress> used = taken.subMap(candidate, end).keySet().iterator();
        while (used.hasNext() && used.next().equals(candidate)) {
            candidate = candidate.next();
            IpAddress skipped = skipReserved(candidate);
            if (!skipped.equals(candidate)) {
                return firstFree(skipped, end);
            }
        }
        if (candidate.compareTo(end) < 0 && ofServices.contains(candidate)) {
            return firstFree(candidate.next(), end);
        }
        return candidate.compareTo(end) < 0 ? candidate : null;
    }

    private static IpAddress skipReserved(IpAddress address) {
        IpAddress candidate = address;
        for (IpPrefix reserved : RESERVED) {
            if (reserved.contains(candidate)) {
                candidate = reserved.last().next();
            }
        }
        return candidate;
    }

    private static IpAddress random(IpPrefix prefix, Range range, RandomGenerator random) {
        long high = random.nextLong();
        long low = random.nextLong();
        int hostBits = prefix.address().bitLength() - prefix.bits();
        long lowMask = hostBits >= 64 ? -1L : (1L << hostBits) - 1;
        long highMask = hostBits <= 64 ? 0 : hostBits == 128 ? -1L : (1L << (hostBits - 64)) - 1;
        IpAddress base = prefix.address();
        IpAddress address = new IpAddress(base.isV6(), base.high() | (high & highMask), base.low() | (low & lowMask));
        // The two ends are never given; they count as the lowest usable address.
        boolean usable = address.compareTo(range.first) >= 0 && address.compareTo(range.end) < 0;
        return usable ? address : range.first;
    }

    /** The usable addresses of a prefix: [first, end), without its first and last. */
    private record Range(IpAddress first, IpAddress end) {
        static @Nullable Range of(IpPrefix prefix) {
            IpAddress network = prefix.masked().address();
            IpAddress last = prefix.last();
            return network.equals(last) || network.next().equals(last) ? null : new Range(network.next(), last);
        }
    }
}
