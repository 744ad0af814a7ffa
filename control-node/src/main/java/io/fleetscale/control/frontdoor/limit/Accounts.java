package io.fleetscale.control.frontdoor.limit;

import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.LoadingCache;
import io.fleetscale.wire.ip.IpAddress;
import io.fleetscale.wire.ip.IpPrefix;
import io.fleetscale.wire.key.MachineKey;
import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * The accounts of all sources and machine keys. IPv6 addresses of one /64 are one source. The caches are bounded: under
 * a flood of sources an old account may be forgotten, and its source starts afresh. Thread-safe.
 */
public final class Accounts {
    private static final int MAX_SOURCES = 100_000;
    private static final int MAX_MACHINES = 200_000;
    private static final int SOURCE_BITS_V6 = 64;
    private static final Duration FORGET_AFTER = Duration.ofMinutes(15);

    private final LoadingCache<IpAddress, Account> sources;
    private final LoadingCache<MachineKey, Account> machines;

    public Accounts(Limits limits, LongSupplier nanoTime) {
        sources = Caffeine.newBuilder()
                .maximumSize(MAX_SOURCES)
                .expireAfterAccess(FORGET_AFTER)
                .ticker(nanoTime::getAsLong)
                .build(source -> new Account(
                        limits.sourceConnections(), limits.sourceHandshakes(), limits.sourceRequests(), nanoTime));
        machines = Caffeine.newBuilder()
                .maximumSize(MAX_MACHINES)
                .weakValues() // a connection holds its own; who has none may start afresh
                .ticker(nanoTime::getAsLong)
                .build(machine -> new Account(
                        limits.machineConnections(), limits.sourceHandshakes(), limits.machineRequests(), nanoTime));
    }

    public Account ofSource(IpAddress source) {
        IpAddress group =
                source.isV6() ? new IpPrefix(source, SOURCE_BITS_V6).masked().address() : source;
        return sources.get(group);
    }

    public Account ofMachine(MachineKey machine) {
        return machines.get(machine);
    }
}
