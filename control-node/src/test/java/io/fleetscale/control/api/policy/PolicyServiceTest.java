package io.fleetscale.control.api.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import io.fleetscale.config.ApiConfig;
import io.fleetscale.control.api.grpc.InProcessEndpoint;
import io.fleetscale.control.api.rest.RestRequest;
import io.fleetscale.control.api.rest.RestResponse;
import io.fleetscale.control.api.rest.RestTranscoder;
import io.fleetscale.control.api.testing.MemoryAdministration;
import io.fleetscale.proto.headscale.v1.CreateUserRequest;
import io.fleetscale.proto.headscale.v1.HeadscaleServiceGrpc;
import io.fleetscale.proto.headscale.v1.HeadscaleServiceGrpc.HeadscaleServiceBlockingStub;
import io.fleetscale.proto.policy.v1.Change;
import io.fleetscale.proto.policy.v1.DiffPolicyRequest;
import io.fleetscale.proto.policy.v1.DiffPolicyResponse;
import io.fleetscale.proto.policy.v1.ExaminePolicyRequest;
import io.fleetscale.proto.policy.v1.ExaminePolicyResponse;
import io.fleetscale.proto.policy.v1.ExplainPolicyRequest;
import io.fleetscale.proto.policy.v1.ExplainPolicyResponse;
import io.fleetscale.proto.policy.v1.PolicyServiceGrpc;
import io.fleetscale.proto.policy.v1.PolicyServiceGrpc.PolicyServiceBlockingStub;
import io.fleetscale.proto.policy.v1.TestFailure;
import java.io.IOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PolicyServiceTest {
    private final MemoryAdministration administration =
            new MemoryAdministration(InstantSource.fixed(Instant.parse("2026-06-01T12:00:00Z")));
    private final InProcessEndpoint endpoint =
            new InProcessEndpoint(List.of(administration.service, administration.policies));
    private final PolicyServiceBlockingStub server = PolicyServiceGrpc.newBlockingStub(endpoint.channel());

    @BeforeEach
    void start() throws IOException {
        endpoint.start();
        HeadscaleServiceBlockingStub headscale = HeadscaleServiceGrpc.newBlockingStub(endpoint.channel());
        for (String name : List.of("alice", "bob")) {
            assertThat(headscale
                            .createUser(
                                    CreateUserRequest.newBuilder().setName(name).build())
                            .hasUser())
                    .isTrue();
        }
        for (int i = 0; i < 2; i++) {
            String user = List.of("alice", "bob").get(i);
            String authId = "hskey-authreq-" + String.format("%024d", i);
            administration.pend(user, authId, user + "s-laptop");
            administration.register(user, authId);
        }
    }

    @AfterEach
    void stop() {
        endpoint.close();
        administration.close();
    }

    @Test
    void explainsThePolicyInForceAndOthers() {
        ExplainPolicyRequest request = ExplainPolicyRequest.newBuilder()
                .setSrc("alices-laptop")
                .setDst("bob@:80")
                .build();
        ExplainPolicyResponse open = server.explainPolicy(request);
        assertThat(open.getPairs(0).getForward().getAllowed()).isTrue();
        assertThat(open.getPairs(0).getDestination().getName()).isEqualTo("bobs-laptop");
        ExplainPolicyResponse closed = server.explainPolicy(
                request.toBuilder().setPolicy("{\"acls\": []}").build());
        assertThat(closed.getPairs(0).getForward().getAllowed()).isFalse();
        assertThat(closed.getPairs(0).getVisible()).isFalse();
        assertThatThrownBy(() -> server.explainPolicy(
                        request.toBuilder().setPolicy("{\"acls\": [}").build()))
                .hasMessageContaining("INVALID_ARGUMENT: parsing policy: line 1");
        assertThatThrownBy(() ->
                        server.explainPolicy(request.toBuilder().setDst("").build()))
                .hasMessageContaining("INVALID_ARGUMENT: a question needs a source and a destination");
    }

    @Test
    void tellsWhatAPolicyWouldChange() {
        DiffPolicyResponse difference = server.diffPolicy(
                DiffPolicyRequest.newBuilder().setPolicy("{\"acls\": []}").build());
        assertThat(difference.getSeenLost()).isEqualTo(1);
        assertThat(difference.getChangesList())
                .extracting(Change::getKind, Change::getGained, Change::getWhat, Change::getPairs)
                .containsExactly(tuple("traffic", false, "*", 2L));
    }

    @Test
    void tellsEveryFailingTestWithItsLine() {
        ExaminePolicyResponse examined = server.examinePolicy(
                ExaminePolicyRequest.newBuilder().setPolicy("""
                        {"acls": [],
                         "tests": [
                           {"src": "alice@", "accept": ["bob@:80"]},
                           {"src": "alice@", "deny": ["bob@:80"]},
                           {"src": "bob@", "accept": ["alice@:81"]},
                         ]}""").build());
        assertThat(examined.getValid()).isFalse();
        assertThat(examined.getMessage()).isEqualTo("test(s) failed");
        assertThat(examined.getFailuresList()).extracting(TestFailure::getLine).containsExactly(3, 5);
        assertThat(server.examinePolicy(ExaminePolicyRequest.newBuilder()
                                .setPolicy("{\"acls\": [],}")
                                .build())
                        .getValid())
                .isTrue();
        ExaminePolicyResponse broken = server.examinePolicy(
                ExaminePolicyRequest.newBuilder().setPolicy("{\n  \"acls\" 1}").build());
        assertThat(List.of(broken.getLine(), broken.getColumn())).containsExactly(2, 10);
    }

    @Test
    void theSameIsThereByRest() {
        RestTranscoder rest = new RestTranscoder(
                endpoint.channel(),
                List.of(administration.policies.bindService().getServiceDescriptor()),
                administration.credentials,
                ApiConfig.V1Errors.SUPERSET);
        RestResponse answer = rest.handle(new RestRequest(
                "GET",
                "/api/v1/policy/explain",
                "src=alices-laptop&dst=bobs-laptop:22",
                Map.of(),
                new byte[0],
                "192.0.2.1",
                true));
        assertThat(answer.status()).isEqualTo(200);
        assertThat(new String(answer.body(), StandardCharsets.UTF_8))
                .contains("\"allowed\":true")
                .contains("\"section\":\"\"");
    }

    /** Whoever asks badly is told what is wrong, by gRPC and by REST. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            src=alices-laptop                                  | a question needs a source and a destination
            src=nobody&dst=bobs-laptop:22                      | nobody
            src=alices-laptop&dst=bobs-laptop:0                | must be 1 to 65535
            src=alices-laptop&dst=bobs-laptop:65536            | must be 1 to 65535
            src=alices-laptop&dst=bobs-laptop:80-90            | must be 1 to 65535
            src=alices-laptop&dst=bobs-laptop:22&proto=icmp    | has no ports
            src=alices-laptop&dst=bobs-laptop:22&proto=xyz     | not known
            src=alices-laptop&dst=%2A:22                       | means everything
            src=alices-laptop&dst=autogroup%3Aself:22          | the source's own nodes
            src=alices-laptop&dst=svc%3Anone:443               | there is no service svc:none
            src=alices-laptop&dst=100.64.0.0%2F10              | more than one address
            """)
    void badQuestionsAreRefused(String query, String reason) {
        RestTranscoder rest = new RestTranscoder(
                endpoint.channel(),
                List.of(administration.policies.bindService().getServiceDescriptor()),
                administration.credentials,
                ApiConfig.V1Errors.SUPERSET);
        RestResponse answer = rest.handle(
                new RestRequest("GET", "/api/v1/policy/explain", query, Map.of(), new byte[0], "192.0.2.1", true));
        assertThat(answer.status()).isEqualTo(400);
        assertThat(new String(answer.body(), StandardCharsets.UTF_8)).contains(reason);
        Map<String, String> fields = new HashMap<>();
        for (String pair : query.split("&", -1)) {
            fields.put(
                    pair.substring(0, pair.indexOf('=')),
                    URLDecoder.decode(pair.substring(pair.indexOf('=') + 1), StandardCharsets.UTF_8));
        }
        assertThatThrownBy(() -> server.explainPolicy(ExplainPolicyRequest.newBuilder()
                        .setSrc(fields.getOrDefault("src", ""))
                        .setDst(fields.getOrDefault("dst", ""))
                        .setProto(fields.getOrDefault("proto", ""))
                        .build()))
                .hasMessageContaining("INVALID_ARGUMENT")
                .hasMessageContaining(reason);
    }
}
