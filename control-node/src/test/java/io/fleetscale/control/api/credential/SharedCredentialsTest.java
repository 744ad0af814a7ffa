package io.fleetscale.control.api.credential;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.fleetscale.config.ApiConfig.V1Errors;
import io.fleetscale.control.api.grpc.InProcessEndpoint;
import io.fleetscale.control.api.rest.RestRequest;
import io.fleetscale.control.api.rest.RestResponse;
import io.fleetscale.control.api.rest.RestTranscoder;
import io.fleetscale.control.api.testing.MemoryAdministration;
import io.fleetscale.proto.headscale.v1.ExpireApiKeyRequest;
import io.fleetscale.proto.headscale.v1.HeadscaleServiceGrpc;
import io.fleetscale.proto.headscale.v1.HeadscaleServiceGrpc.HeadscaleServiceBlockingStub;
import io.fleetscale.proto.headscale.v1.ListUsersRequest;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.MetadataUtils;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;

/** API keys over REST and gRPC at once: what one way learns holds on the other. */
class SharedCredentialsTest {
    private static final String CALLER = "127.0.0.1";

    private final MemoryAdministration administration = new MemoryAdministration(InstantSource.system(), () -> 0);
    private final InProcessEndpoint endpoint = new InProcessEndpoint(List.of(administration.service));
    private final RestTranscoder rest = new RestTranscoder(
            endpoint.channel(),
            List.of(HeadscaleServiceGrpc.getServiceDescriptor()),
            administration.credentials,
            V1Errors.SUPERSET);

    @BeforeEach
    void start() throws Exception {
        endpoint.start();
        administration.listeners.startTcp(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), null);
    }

    @AfterEach
    void stop() {
        endpoint.close();
        administration.close();
    }

    private RestResponse send(String method, String path, String key, String body) {
        return rest.handle(new RestRequest(
                method,
                path,
                "",
                key.isEmpty() ? Map.of() : Map.of("authorization", List.of("Bearer " + key)),
                body.getBytes(StandardCharsets.UTF_8),
                CALLER,
                key.isEmpty()));
    }

    private String newKey() {
        String until = Instant.now().plus(Duration.ofHours(1)).toString();
        RestResponse made = send("POST", "/api/v1/apikey", "", "{\"expiration\":\"" + until + "\"}");
        return new JsonMapper().readTree(made.body()).path("apiKey").stringValue();
    }

    private int restStatus(String key) {
        return send("GET", "/api/v1/user", key, "").status();
    }

    private Status.Code grpcStatus(ManagedChannel channel, String key) {
        StatusRuntimeException refused = catchThrowableOfType(
                StatusRuntimeException.class,
                () -> withKey(channel, key).listUsers(ListUsersRequest.getDefaultInstance()));
        return refused == null ? Status.Code.OK : refused.getStatus().getCode();
    }

    private static HeadscaleServiceBlockingStub withKey(ManagedChannel channel, String key) {
        Metadata headers = new Metadata();
        headers.put(Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER), "Bearer " + key);
        return HeadscaleServiceGrpc.newBlockingStub(channel)
                .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers));
    }

    private ManagedChannel connect() {
        return NettyChannelBuilder.forAddress(CALLER, administration.listeners.tcpPort())
                .usePlaintext()
                .build();
    }

    @Test
    void aKeyRevokedOnOneWayIsDeadOnAll() {
        String mine = newKey();
        String byGrpc = newKey();
        String byRest = newKey();
        ManagedChannel channel = connect();
        try {
            for (String key : List.of(byGrpc, byRest)) {
                assertThat(restStatus(key)).isEqualTo(200);
                assertThat(grpcStatus(channel, key)).isEqualTo(Status.Code.OK);
            }

            var unused = withKey(channel, mine)
                    .expireApiKey(ExpireApiKeyRequest.newBuilder()
                            .setPrefix(prefix(byGrpc))
                            .build());
            assertThat(send("DELETE", "/api/v1/apikey/" + prefix(byRest), mine, "")
                            .status())
                    .isEqualTo(200);

            for (String key : List.of(byGrpc, byRest)) {
                assertThat(restStatus(key)).isEqualTo(401);
                assertThat(grpcStatus(channel, key)).isNotEqualTo(Status.Code.OK);
            }
            assertThat(restStatus(mine)).isEqualTo(200);
        } finally {
            channel.shutdownNow();
        }
    }

    @Test
    void wrongKeysOfOneAddressCountTogetherOverAllWays() {
        String mine = newKey();
        ManagedChannel channel = connect();
        try {
            for (int i = 0; i < FailedAttempts.PER_MINUTE / 2; i++) {
                assertThat(restStatus("hskey-api-wrong")).isEqualTo(401);
                assertThat(grpcStatus(channel, "hskey-api-wrong")).isEqualTo(Status.Code.INTERNAL);
            }
            assertThat(restStatus("hskey-api-wrong")).isEqualTo(429);
            assertThat(grpcStatus(channel, "hskey-api-wrong")).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
            assertThat(restStatus(mine)).as("a right key of the same address").isEqualTo(200);
        } finally {
            channel.shutdownNow();
        }
    }

    private static String prefix(String key) {
        return key.split("-", -1)[2];
    }
}
