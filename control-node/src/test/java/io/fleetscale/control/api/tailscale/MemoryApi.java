package io.fleetscale.control.api.tailscale;

import io.fleetscale.config.ClientFeatureConfig;
import io.fleetscale.control.access.Policies;
import io.fleetscale.control.access.PolicyExamination;
import io.fleetscale.control.access.PolicyInForce;
import io.fleetscale.control.access.PolicyServiceApprovers;
import io.fleetscale.control.access.PolicySource;
import io.fleetscale.control.access.PolicyTagOwners;
import io.fleetscale.control.access.ServerEnvironment;
import io.fleetscale.control.api.credential.CredentialCheck;
import io.fleetscale.control.api.credential.FailedAttempts;
import io.fleetscale.control.audit.AuditLog;
import io.fleetscale.control.device.Devices;
import io.fleetscale.control.device.PostureAttributes;
import io.fleetscale.control.frontdoor.http.HttpCall;
import io.fleetscale.control.frontdoor.http.HttpReply;
import io.fleetscale.control.logstream.LogStreamStates;
import io.fleetscale.control.node.Nodes;
import io.fleetscale.control.oauthapp.OAuthApps;
import io.fleetscale.control.outbound.OutboundHttp;
import io.fleetscale.control.policy.language.PolicyLanguage;
import io.fleetscale.control.preauthkey.PreAuthKeys;
import io.fleetscale.control.presence.Presence;
import io.fleetscale.control.secret.Sealer;
import io.fleetscale.control.tailnet.Change;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.NodeId;
import io.fleetscale.control.tailnet.Role;
import io.fleetscale.control.tailnet.User;
import io.fleetscale.control.tailnet.UserId;
import io.fleetscale.control.testing.TestTailnet;
import io.fleetscale.control.trust.Credentials;
import io.fleetscale.control.trust.WorkloadIdentity;
import io.fleetscale.control.user.Users;
import io.fleetscale.control.vipservice.HostingChangelog;
import io.fleetscale.control.vipservice.ServiceHosting;
import io.fleetscale.control.vipservice.VipServices;
import io.fleetscale.control.webhook.Webhooks;
import io.fleetscale.wire.ip.IpAddress;
import io.fleetscale.wire.key.MachineKey;
import io.fleetscale.wire.key.NodeKey;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.sql.DataSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The API over a tailnet in memory; whatever asks the database fails. */
final class MemoryApi implements AutoCloseable {
    static final JsonMapper JSON = JsonMapper.shared();

    final TestTailnet tailnet = TestTailnet.create();
    final OutboundHttp http = new OutboundHttp(false);
    final User owner;
    final Credentials credentials;
    final TailscaleApi api;
    private final DataSource away = (DataSource) Proxy.newProxyInstance(
            MemoryApi.class.getClassLoader(), new Class<?>[] {DataSource.class}, (proxy, method, arguments) -> {
                throw new SQLException("this test has no database");
            });

    MemoryApi() {
        this(PolicyLanguage.WHOLE);
    }

    /** @param language what a policy may say */
    MemoryApi(PolicyLanguage language) {
        owner = setRole(tailnet.user("owner"), Role.OWNER);
        PolicyInForce policy = new PolicyInForce(List::of);
        PolicyTagOwners tagOwners = new PolicyTagOwners(policy);
        ServerEnvironment environment =
                new ServerEnvironment("https://control.example.com", ClientFeatureConfig.defaults());
        FailedAttempts attempts = new FailedAttempts(() -> tailnet.now().getEpochSecond() * 1_000_000_000L);
        credentials = new Credentials(tailnet, TestTailnet.MAC, tagOwners, "api.control.example.com");
        Sealer sealer = Sealer.derive(TestTailnet.MAC, "test", new SecureRandom());
        Users users = new Users(tailnet);
        api = new ApiParts(
                        tailnet,
                        users,
                        new Devices(tailnet, new Nodes(tailnet, tagOwners), tagOwners),
                        new PostureAttributes(tailnet),
                        new PreAuthKeys(tailnet, TestTailnet.MAC),
                        credentials,
                        new WorkloadIdentity(http, tailnet::now),
                        new OAuthApps(tailnet, TestTailnet.MAC),
                        new VipServices(
                                new HostingChangelog(
                                        tailnet, new ServiceHosting(new PolicyServiceApprovers(policy), true)),
                                tagOwners),
                        new Webhooks(tailnet, sealer, http, away),
                        new AuditLog(away),
                        null,
                        new LogStreamStates(away),
                        new Policies(
                                tailnet, new PolicySource.InDatabase(), new PolicyExamination(environment), language),
                        environment,
                        false,
                        tagOwners,
                        new CredentialCheck(tailnet, TestTailnet.MAC, attempts, tailnet::now),
                        attempts,
                        id -> Presence.NONE,
                        http,
                        sealer,
                        "Ttest123456CNTRL",
                        tailnet::now,
                        // a second between any two requests: the budget never runs out
                        new java.util.concurrent.atomic.AtomicLong()::incrementAndGet)
                .api();
    }

    User setRole(User user, Role role) {
        return TestTailnet.get(new Users(tailnet).setRole(user.id(), role));
    }

    /** An access token of a user. */
    String token(UserId user) {
        return TestTailnet.get(credentials.createAccessToken(user, 30, "test")).text();
    }

    Node node(long id, String name) {
        byte[] key = new byte[32];
        key[0] = (byte) id;
        Node node = Node.builder(new NodeId(id), MachineKey.of(key), NodeKey.of(key), "nStable" + id, tailnet.now())
                .userId(owner.id())
                .hostname(name)
                .givenName(name)
                .ipv4(IpAddress.parse("100.64.0." + id))
                .build();
        tailnet.apply(new Change.NodePut(node));
        return node;
    }

    /** An answer. */
    record Answer(int status, HttpReply reply) {
        JsonNode json() {
            return JSON.readTree(reply.body());
        }

        String message() {
            return json().path("message").asString("");
        }

        Optional<String> header(String name) {
            return reply.headers().stream()
                    .filter(header -> header.name().equalsIgnoreCase(name))
                    .map(HttpReply.Header::value)
                    .findFirst();
        }
    }

    Answer call(String method, String path, String token, String body, String... headers) {
        HttpHeaders all = new DefaultHttpHeaders();
        if (!token.isEmpty()) {
            all.set("authorization", "Bearer " + token);
        }
        for (int i = 0; i < headers.length; i += 2) {
            all.set(headers[i], headers[i + 1]);
        }
        int question = path.indexOf('?');
        HttpReply reply = api.handle(new HttpCall(
                method,
                TailscaleApi.ROOT + (question < 0 ? path : path.substring(0, question)),
                question < 0 ? "" : path.substring(question + 1),
                Map.of(),
                all,
                body.getBytes(StandardCharsets.UTF_8),
                IpAddress.parse("192.0.2.9"),
                true));
        return new Answer(reply.status(), reply);
    }

    @Override
    public void close() {
        http.close();
    }
}
