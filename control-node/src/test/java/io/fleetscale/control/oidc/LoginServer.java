package io.fleetscale.control.oidc;

import com.google.protobuf.ByteString;
import io.fleetscale.config.OidcConfig;
import io.fleetscale.control.address.IpPools;
import io.fleetscale.control.api.testing.MemoryLogins;
import io.fleetscale.control.frontdoor.FrontDoor;
import io.fleetscale.control.frontdoor.FrontDoorConfig;
import io.fleetscale.control.frontdoor.http.RouteTable;
import io.fleetscale.control.frontdoor.noise.NoiseRoutes;
import io.fleetscale.control.login.AuthId;
import io.fleetscale.control.login.LocalLoginSignals;
import io.fleetscale.control.login.LoginPages;
import io.fleetscale.control.login.PendingLogin;
import io.fleetscale.control.node.TagOwners;
import io.fleetscale.control.oauthapp.ConsentRoutes;
import io.fleetscale.control.oauthapp.OAuthApps;
import io.fleetscale.control.registration.LoginApprovals;
import io.fleetscale.control.tailnet.TailnetImage;
import io.fleetscale.control.tailnet.User;
import io.fleetscale.control.testing.TestTailnet;
import io.fleetscale.control.user.Users;
import io.fleetscale.runtime.net.FreePorts;
import io.fleetscale.wire.ip.IpAddress;
import io.fleetscale.wire.key.LockKey;
import io.fleetscale.wire.key.MachineKey;
import io.fleetscale.wire.key.NodeKey;
import io.fleetscale.wire.noise.MachinePrivateKey;
import io.fleetscale.wire.tailcfg.Hostinfo;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;

/** Instances that let people log in at a provider, over one tailnet in memory. The first one is behind the server's URL. */
final class LoginServer implements AutoCloseable {
    final TestTailnet tailnet = TestTailnet.create();
    final MemoryLogins logins = new MemoryLogins();
    final OAuthApps apps = new OAuthApps(tailnet, TestTailnet.MAC);
    final Set<String> permittedTags = ConcurrentHashMap.newKeySet();
    volatile CheckLogins.Outcome checkOutcome = CheckLogins.Outcome.NOT_A_CHECK;
    volatile Duration later = Duration.ZERO;

    private final Set<String> used = ConcurrentHashMap.newKeySet();
    private final SecureRandom random = new SecureRandom();
    private final ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor();
    private final List<Runnable> parts = new ArrayList<>();
    private final List<Integer> ports = new ArrayList<>();

    LoginServer(OidcConfig config, int instances, Duration retry) throws Exception {
        // Real time: the provider's tokens are of now.
        InstantSource clock = () -> Instant.now().plus(later);
        for (int port : FreePorts.tcp(InetAddress.getLoopbackAddress(), instances)) {
            ports.add(port);
        }
        for (int port : ports) {
            Issuer issuer = new Issuer(config, serverUrl(), clock, retry);
            issuer.start();
            parts.add(issuer::close);
            RouteTable.Builder routes = RouteTable.builder();
            ConsentRoutes consents =
                    new ConsentRoutes(apps, new Users(tailnet), TestTailnet.MAC, serverUrl(), clock, random);
            OidcRoutes oidc = new OidcRoutes(
                    issuer,
                    config,
                    serverUrl(),
                    new Users(tailnet),
                    logins,
                    new LoginApprovals(
                            tailnet,
                            new Owners(),
                            IpPools.NONE,
                            logins,
                            new LocalLoginSignals(id -> {}),
                            (node, hostinfo) -> {},
                            executor,
                            clock,
                            random),
                    (id, user) -> checkOutcome,
                    consents::ask,
                    (state, expires) -> used.add(state),
                    TestTailnet.MAC,
                    clock,
                    random);
            oidc.register(routes, LoginPages::register, LoginPages::check);
            consents.register(routes, oidc::begin);
            FrontDoor door = new FrontDoor(
                    FrontDoorConfig.listeningOn(List.of(new InetSocketAddress(InetAddress.getLoopbackAddress(), port))),
                    MachinePrivateKey.generate(random),
                    routes.build(),
                    new NoiseRoutes(),
                    Optional.empty(),
                    Optional::empty,
                    new SimpleMeterRegistry(),
                    System::nanoTime);
            door.start();
            parts.add(door::close);
        }
    }

    String serverUrl() {
        return "http://localhost:" + ports.getFirst();
    }

    /** The same path at another instance. */
    URI at(int instance, URI uri) {
        return URI.create("http://localhost:" + ports.get(instance) + uri.getRawPath()
                + (uri.getRawQuery() == null ? "" : "?" + uri.getRawQuery()));
    }

    /** A machine that waits. */
    PendingLogin machine(String hostname, String... requestTags) {
        byte[] machineKey = new byte[32];
        random.nextBytes(machineKey);
        return machine(MachineKey.of(machineKey), hostname, requestTags);
    }

    PendingLogin machine(MachineKey machineKey, String hostname, String... requestTags) {
        byte[] nodeKey = new byte[32];
        random.nextBytes(nodeKey);
        String tags = requestTags.length == 0 ? "" : '"' + String.join("\",\"", requestTags) + '"';
        PendingLogin login = new PendingLogin(
                AuthId.next(random),
                machineKey,
                NodeKey.of(nodeKey),
                NodeKey.ZERO,
                LockKey.ZERO,
                Hostinfo.parse(ByteString.copyFromUtf8(
                        "{\"OS\":\"linux\",\"Hostname\":\"" + hostname + "\",\"RequestTags\":[" + tags + "]}")),
                false,
                null,
                TestTailnet.START,
                "192.0.2.44",
                PendingLogin.State.WAITING,
                null);
        logins.add(login);
        return login;
    }

    URI registerUri(PendingLogin login) {
        return URI.create(serverUrl() + "/register/" + login.id());
    }

    User onlyUser() {
        if (tailnet.image().users().size() != 1) {
            throw new AssertionError(
                    "not one user but " + tailnet.image().users().values());
        }
        return tailnet.image().users().values().iterator().next();
    }

    @Override
    public void close() {
        parts.reversed().forEach(Runnable::run);
        executor.shutdownNow();
    }

    private final class Owners implements TagOwners {
        @Override
        public boolean exists(TailnetImage image, String tag) {
            return true;
        }

        @Override
        public boolean permits(TailnetImage image, String tag, @Nullable User user, List<IpAddress> addresses) {
            return permittedTags.contains(tag);
        }
    }
}
