package io.fleetscale.control.api.testing;

import io.fleetscale.config.ApiConfig.V1Errors;
import io.fleetscale.config.ClientFeatureConfig;
import io.fleetscale.control.access.Policies;
import io.fleetscale.control.access.PolicyInForce;
import io.fleetscale.control.access.PolicyQuestions;
import io.fleetscale.control.access.PolicySource;
import io.fleetscale.control.access.ServerEnvironment;
import io.fleetscale.control.address.IpPools;
import io.fleetscale.control.api.credential.CredentialCheck;
import io.fleetscale.control.api.credential.FailedAttempts;
import io.fleetscale.control.api.grpc.GrpcListeners;
import io.fleetscale.control.api.headscale.AdministrationService;
import io.fleetscale.control.api.headscale.HeadscaleService;
import io.fleetscale.control.api.headscale.NodePresenceView;
import io.fleetscale.control.api.headscale.UserRoleService;
import io.fleetscale.control.api.policy.PolicyService;
import io.fleetscale.control.apikey.ApiKeys;
import io.fleetscale.control.changelog.Decision;
import io.fleetscale.control.changelog.testing.MemoryChangelog;
import io.fleetscale.control.frontdoor.http.HttpReply;
import io.fleetscale.control.frontdoor.http.RouteHandler;
import io.fleetscale.control.login.LocalLoginSignals;
import io.fleetscale.control.node.Nodes;
import io.fleetscale.control.node.TagOwners;
import io.fleetscale.control.policy.language.PolicyLanguage;
import io.fleetscale.control.preauthkey.PreAuthKeys;
import io.fleetscale.control.registration.LoginApprovals;
import io.fleetscale.control.secret.SecretMac;
import io.fleetscale.control.tailnet.Change;
import io.fleetscale.control.tailnet.NodeId;
import io.fleetscale.control.tailnet.Setting;
import io.fleetscale.control.tailnet.TailnetImage;
import io.fleetscale.control.tailnet.User;
import io.fleetscale.control.trust.Credentials;
import io.fleetscale.control.trust.TokenRpcs;
import io.fleetscale.control.user.Users;
import io.fleetscale.wire.ip.IpAddress;
import io.fleetscale.wire.key.Bytes32;
import io.fleetscale.wire.key.DiscoKey;
import io.grpc.BindableService;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/** Everything behind the administration interfaces, on a log in memory; the tag {@code tag:known} exists. */
public final class MemoryAdministration implements AutoCloseable {
    /** What the unix socket answers to HTTP. */
    public static final RouteHandler LOCAL_ECHO =
            call -> HttpReply.text(200, call.method() + " " + call.path() + " " + call.bodyText());

    private static final TagOwners TAGS = new TagOwners() {
        @Override
        public boolean exists(TailnetImage image, String tag) {
            return tag.equals("tag:known");
        }

        @Override
        public boolean permits(TailnetImage image, String tag, @Nullable User user, List<IpAddress> addresses) {
            return exists(image, tag);
        }
    };

    public final MemoryChangelog changelog;
    public final HeadscaleService service;
    public final AdministrationService more;
    public final PolicyService policies;
    public final UserRoleService roles;
    public final CredentialCheck credentials;
    public final Map<NodeId, NodePresenceView.Presence> presences = new ConcurrentHashMap<>();
    public final GrpcListeners listeners;
    private final LoginApprovals logins;
    private final ExecutorService calls = Executors.newVirtualThreadPerTaskExecutor();
    private final EventLoopGroup loops = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());

    public MemoryAdministration(InstantSource clock) {
        this(clock, System::nanoTime);
    }

    /** The budget of failed attempts is refilled by the second clock. */
    public MemoryAdministration(InstantSource clock, LongSupplier nanoTime) {
        this.changelog = new MemoryChangelog(clock, 1);
        this.logins = new LoginApprovals(
                changelog,
                TAGS,
                IpPools.NONE,
                new MemoryLogins(),
                new LocalLoginSignals(id -> {}),
                (node, hostinfo) -> {},
                calls,
                clock,
                new Random(2));
        this.service = new HeadscaleService(
                changelog,
                new Users(changelog),
                new Nodes(changelog, TAGS),
                new PreAuthKeys(changelog, secretMac()),
                new ApiKeys(changelog, secretMac()),
                logins,
                new Policies(changelog, new PolicySource.InDatabase(), (image, document) -> {}),
                id -> presences.getOrDefault(id, NodePresenceView.Presence.UNKNOWN));
        this.more = new AdministrationService(
                changelog,
                new Nodes(changelog, TAGS),
                logins,
                id -> presences.getOrDefault(id, NodePresenceView.Presence.UNKNOWN));
        this.policies = new PolicyService(new PolicyQuestions(
                changelog,
                new PolicyInForce(List::of),
                new ServerEnvironment("https://control.example.com", ClientFeatureConfig.defaults()),
                PolicyLanguage.WHOLE));
        this.roles = new UserRoleService(changelog, new Users(changelog));
        this.credentials = new CredentialCheck(changelog, secretMac(), new FailedAttempts(nanoTime), clock);
        TokenRpcs tokens =
                new TokenRpcs(changelog, new Credentials(changelog, secretMac(), TAGS, "https://control.example.com"));
        List<BindableService> services = List.of(service, more, policies, roles, tokens);
        this.listeners = new GrpcListeners(services, credentials, V1Errors.SUPERSET, loops, loops, calls);
        Setting prefixes = new Setting(
                Setting.PREFIXES, Bytes32.ZERO, "{\"v4\":\"100.64.0.0/10\",\"v6\":\"fd7a:115c:a1e0::/48\"}");
        changelog
                .write((image, context) -> Decision.of("", new Change.SettingPut(prefixes)))
                .join();
    }

    private static SecretMac secretMac() {
        return secret -> {
            try {
                Mac mac = Mac.getInstance("HmacSHA256");
                mac.init(new SecretKeySpec(new byte[32], "HmacSHA256"));
                return Bytes32.of(mac.doFinal(secret.getBytes(StandardCharsets.UTF_8)));
            } catch (GeneralSecurityException impossible) {
                throw new IllegalStateException(impossible);
            }
        };
    }

    /** Lets a made-up client wait for approval. */
    public void pend(String user, String authId, String hostname) {
        logins.createForDebugging(user, authId, hostname, List.of()).join();
    }

    /** Approves a waiting client. */
    public void register(String user, String authId) {
        logins.register(user, authId).join();
    }

    /** Marks a node online with a disco key. */
    public void connect(NodeId id, InstantSource clock) {
        presences.put(id, new NodePresenceView.Presence(true, clock.instant(), DiscoKey.ZERO));
    }

    @Override
    public void close() {
        listeners.close();
        calls.close();
        var unused = loops.shutdownGracefully(0, 0, TimeUnit.MILLISECONDS);
    }
}
