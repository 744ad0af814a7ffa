package io.fleetscale.control.testing;

import io.fleetscale.control.ControlException;
import io.fleetscale.control.address.AddressSettings;
import io.fleetscale.control.changelog.Actor;
import io.fleetscale.control.changelog.Changelog;
import io.fleetscale.control.changelog.Decision;
import io.fleetscale.control.changelog.HardWrite;
import io.fleetscale.control.changelog.ImageListener;
import io.fleetscale.control.changelog.testing.MemoryChangelog;
import io.fleetscale.control.node.NodeDefaults;
import io.fleetscale.control.secret.SecretMac;
import io.fleetscale.control.tailnet.Change;
import io.fleetscale.control.tailnet.Setting;
import io.fleetscale.control.tailnet.TailnetImage;
import io.fleetscale.control.tailnet.User;
import io.fleetscale.control.user.NewUser;
import io.fleetscale.control.user.Users;
import io.fleetscale.wire.ip.IpPrefix;
import io.fleetscale.wire.key.Bytes32;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CopyOnWriteArrayList;

/** A log in memory with a clock that tests turn. Thread-safe but for {@link #pass}. */
public final class TestTailnet implements Changelog {
    public static final Instant START = Instant.parse("2026-03-01T12:00:00Z");

    /** Not a MAC, but different for different secrets, which is all that tests of decisions need. */
    public static final SecretMac MAC = secret -> {
        try {
            return Bytes32.of(MessageDigest.getInstance("SHA-256").digest(secret.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    };

    private final MemoryChangelog log = new MemoryChangelog(this::now, 42);
    private final List<Actor> actors = new CopyOnWriteArrayList<>();
    private volatile Instant now = START;

    public static TestTailnet withPrefixes(String v4, String v6) {
        TestTailnet tailnet = new TestTailnet();
        AddressSettings settings = new AddressSettings(
                v4.isEmpty() ? null : IpPrefix.parse(v4),
                v6.isEmpty() ? null : IpPrefix.parse(v6),
                AddressSettings.Allocation.SEQUENTIAL);
        tailnet.set(Setting.PREFIXES, settings.toJson());
        return tailnet;
    }

    public static TestTailnet create() {
        return withPrefixes("100.64.0.0/10", "fd7a:115c:a1e0::/48");
    }

    public void set(String setting, String json) {
        apply(new Change.SettingPut(new Setting(setting, Bytes32.ZERO, json)));
    }

    public void defaultExpiry(Duration expiry) {
        set(Setting.NODE_DEFAULTS, new NodeDefaults(expiry, Duration.ofMinutes(2), "tn.example.com").toJson());
    }

    public User user(String name) {
        return get(new Users(log).create(new NewUser(name, "", "", "")));
    }

    public void apply(Change... changes) {
        get(log.write((image, context) -> new Decision<>(List.of(changes), changes.length)));
    }

    public void pass(Duration time) {
        now = now.plus(time);
    }

    /** In whose name writes came, in order; those in nobody's name are left out. */
    public List<Actor> actors() {
        return List.copyOf(actors);
    }

    /** Plays a database that is gone. */
    public void setAway(boolean away) {
        log.setAway(away);
    }

    /** Away, and reads that consent to it are answered from what is known. */
    public void setAwayForAll(boolean forAll) {
        log.setAwayForAll(forAll);
    }

    public Instant now() {
        return now;
    }

    @Override
    public TailnetImage image() {
        return log.image();
    }

    @Override
    public <R> CompletableFuture<R> write(HardWrite<R> write) {
        Actor.current().ifPresent(actors::add);
        return log.write(write);
    }

    @Override
    public CompletableFuture<TailnetImage> current() {
        return log.current();
    }

    @Override
    public void addListener(ImageListener listener) {
        log.addListener(listener);
    }

    /** The result of a future that has completed. */
    public static <R> R get(CompletableFuture<R> future) {
        try {
            return future.join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof ControlException refused ? refused : e;
        }
    }
}
