package io.fleetscale.control.api.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.fleetscale.control.api.testing.MemoryAdministration;
import io.fleetscale.proto.headscale.v1.CreateApiKeyRequest;
import io.fleetscale.proto.headscale.v1.HeadscaleServiceGrpc;
import io.fleetscale.proto.headscale.v1.HeadscaleServiceGrpc.HeadscaleServiceBlockingStub;
import io.fleetscale.proto.headscale.v1.ListUsersRequest;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.reflection.v1.ServerReflectionGrpc;
import io.grpc.reflection.v1.ServerReflectionRequest;
import io.grpc.reflection.v1.ServerReflectionResponse;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.InstantSource;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GrpcListenersTest {
    private final MemoryAdministration administration = new MemoryAdministration(InstantSource.system());

    @TempDir
    Path directory;

    @AfterEach
    void stop() {
        administration.close();
    }

    private static HeadscaleServiceBlockingStub withKey(ManagedChannel channel, String authorization) {
        Metadata headers = new Metadata();
        headers.put(Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER), authorization);
        return HeadscaleServiceGrpc.newBlockingStub(channel)
                .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers));
    }

    private static void refused(HeadscaleServiceBlockingStub server, Status.Code code, String text) {
        StatusRuntimeException refused = catchThrowableOfType(
                StatusRuntimeException.class, () -> server.listUsers(ListUsersRequest.getDefaultInstance()));
        assertThat(refused).isNotNull();
        assertThat(refused.getStatus().getCode()).isEqualTo(code);
        assertThat(refused.getStatus().getDescription()).isEqualTo(text);
    }

    @Test
    void overTcpEveryCallShowsAKey() throws Exception {
        administration.listeners.startTcp(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), null);
        Path socket = directory.resolve("s");
        administration.listeners.startUnix(socket, 0700);
        ManagedChannel channel = NettyChannelBuilder.forAddress("127.0.0.1", administration.listeners.tcpPort())
                .usePlaintext()
                .build();
        try {
            refused(
                    HeadscaleServiceGrpc.newBlockingStub(channel),
                    Status.Code.UNAUTHENTICATED,
                    "authorization token not supplied");
            refused(
                    withKey(channel, "Basic x"),
                    Status.Code.UNAUTHENTICATED,
                    "missing \"Bearer \" prefix in \"Authorization\" header");
            refused(withKey(channel, "Bearer x"), Status.Code.INTERNAL, "validating token");
            refused(
                    withKey(channel, "Bearer hskey-api-" + "a".repeat(12) + "-" + "b".repeat(64)),
                    Status.Code.INTERNAL,
                    "validating token");
            var created = new CompletableFuture<String>();
            administration.service.createApiKey(
                    CreateApiKeyRequest.getDefaultInstance(), observer(created, answer -> answer.getApiKey()));
            refused(withKey(channel, "Bearer " + created.get()), Status.Code.UNAUTHENTICATED, "invalid token");
            var valid = new CompletableFuture<String>();
            administration.service.createApiKey(
                    CreateApiKeyRequest.newBuilder()
                            .setExpiration(
                                    com.google.protobuf.Timestamp.newBuilder().setSeconds(253402300799L))
                            .build(),
                    observer(valid, answer -> answer.getApiKey()));
            assertThat(withKey(channel, "Bearer " + valid.get())
                            .listUsers(ListUsersRequest.getDefaultInstance())
                            .getUsersList())
                    .isEmpty();
            administration.listeners.setServing(true);
            assertThat(HealthGrpc.newBlockingStub(channel)
                            .check(HealthCheckRequest.getDefaultInstance())
                            .getStatus())
                    .isEqualTo(ServingStatus.SERVING);
            var reflected = new CompletableFuture<ServerReflectionResponse>();
            var question =
                    ServerReflectionGrpc.newStub(channel).serverReflectionInfo(observer(reflected, answer -> answer));
            question.onNext(
                    ServerReflectionRequest.newBuilder().setListServices("").build());
            question.onCompleted();
            assertThat(reflected.get(5, TimeUnit.SECONDS).toString()).contains("headscale.v1.HeadscaleService");
        } finally {
            channel.shutdownNow();
        }
    }

    private static <A, R> StreamObserver<A> observer(
            CompletableFuture<R> into, java.util.function.Function<A, R> part) {
        return new StreamObserver<>() {
            @Override
            public void onNext(A answer) {
                into.complete(part.apply(answer));
            }

            @Override
            public void onError(Throwable failed) {
                into.completeExceptionally(failed);
            }

            @Override
            public void onCompleted() {}
        };
    }

    @Test
    void theSocketFileHasItsPermissionsAndGoesAway() throws Exception {
        Path socket = directory.resolve("made/here.sock");
        administration.listeners.startUnix(socket, 0750);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(socket)))
                .isEqualTo("rwxr-x---");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(directory.resolve("made"))))
                .isEqualTo("rwx------");
        administration.listeners.close();
        assertThat(socket).doesNotExist();
    }

    @Test
    void whatAnEarlierRunLeftIsRemovedButNothingElse() throws Exception {
        Path stale = directory.resolve("stale.sock");
        try (ServerSocketChannel left = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            left.bind(UnixDomainSocketAddress.of(stale));
            assertThatThrownBy(() -> administration.listeners.startUnix(stale, 0700))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("another process listens");
        }
        assertThat(stale).exists();
        administration.listeners.startUnix(stale, 0700);
        Path file = Files.writeString(directory.resolve("file"), "precious");
        assertThatThrownBy(() -> administration.listeners.startUnix(file, 0700))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("no socket");
        assertThat(file).hasContent("precious");
        assertThatThrownBy(() -> administration.listeners.startUnix(directory.resolve("x".repeat(200)), 0700))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("unix_socket");
    }
}
