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
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

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
}
