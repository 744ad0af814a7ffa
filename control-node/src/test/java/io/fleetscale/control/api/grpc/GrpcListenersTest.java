package io.fleetscale.control.api.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.fleetscale.control.api.testing.MemoryAdministration;
import io.fleetscale.proto.headscale.v1.AuthRegisterRequest;
import io.fleetscale.proto.headscale.v1.CreateApiKeyRequest;
import io.fleetscale.proto.headscale.v1.CreateUserRequest;
import io.fleetscale.proto.headscale.v1.DebugCreateNodeRequest;
import io.fleetscale.proto.headscale.v1.DeleteNodeRequest;
import io.fleetscale.proto.headscale.v1.DeleteUserRequest;
import io.fleetscale.proto.headscale.v1.GetNodeRequest;
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
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioDomainSocketChannel;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GrpcListenersTest {
    private final MemoryAdministration administration = new MemoryAdministration(InstantSource.system());

    private final EventLoopGroup clients = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());

    @TempDir
    Path directory;

    @AfterEach
    void stop() {
        Future<?> unused = clients.shutdownGracefully(0, 1, TimeUnit.SECONDS);
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

    /** The command line of headscale 0.30 speaks HTTP where that of 0.29 speaks gRPC. */
    @Test
    void theUnixSocketSpeaksHttpToo() throws Exception {
        Path socket = directory.resolve("s");
        administration.listeners.startUnix(socket, 0700, MemoryAdministration.LOCAL_ECHO);
        try (SocketChannel connection = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
            for (String request : List.of("POST /api/v1/user", "PUT /api/v1/policy")) {
                connection.write(ByteBuffer.wrap((request + " HTTP/1.1\r\nHost: local\r\nContent-Length: 2\r\n\r\n{}")
                        .getBytes(StandardCharsets.US_ASCII)));
                StringBuilder answer = new StringBuilder();
                ByteBuffer buffer = ByteBuffer.allocate(1024);
                while (!answer.toString().endsWith(" {}")) {
                    assertThat(connection.read(buffer.clear())).isPositive();
                    answer.append(StandardCharsets.US_ASCII.decode(buffer.flip()));
                }
                assertThat(answer.toString()).startsWith("HTTP/1.1 200 OK\r\n").endsWith("\r\n\r\n" + request + " {}");
            }
        }
    }

    /** F054: callers tell a conflict from an outage, with headscale 0.29's texts. */
    @Test
    void refusalsHaveThePreciseStatus() throws Exception {
        Path socket = directory.resolve("s");
        administration.listeners.startUnix(socket, 0700, MemoryAdministration.LOCAL_ECHO);
        ManagedChannel channel = NettyChannelBuilder.forAddress(UnixDomainSocketAddress.of(socket))
                .channelType(NioDomainSocketChannel.class, UnixDomainSocketAddress.class)
                .withOption(ChannelOption.SO_KEEPALIVE, null)
                .eventLoopGroup(clients)
                .overrideAuthority("localhost")
                .usePlaintext()
                .build();
        try {
            HeadscaleServiceBlockingStub server = HeadscaleServiceGrpc.newBlockingStub(channel);
            CreateUserRequest bob =
                    CreateUserRequest.newBuilder().setName("bob").build();
            assertThat(server.createUser(bob).getUser().getName()).isEqualTo("bob");
            refused(() -> server.createUser(bob), Status.Code.ALREADY_EXISTS, "bob");
            refused(
                    () -> server.deleteUser(
                            DeleteUserRequest.newBuilder().setId(99).build()),
                    Status.Code.NOT_FOUND,
                    "user not found");
            refused(
                    () -> server.getNode(
                            GetNodeRequest.newBuilder().setNodeId(999_999).build()),
                    Status.Code.NOT_FOUND,
                    "node not found");
            refused(
                    () -> server.deleteNode(
                            DeleteNodeRequest.newBuilder().setNodeId(999_999).build()),
                    Status.Code.NOT_FOUND,
                    "node not found");
            for (int i = 0; i < 2; i++) {
                String key = "hskey-authreq-" + "A".repeat(23) + i;
                var unused = server.debugCreateNode(DebugCreateNodeRequest.newBuilder()
                        .setUser("bob")
                        .setKey(key)
                        .setName("n" + i)
                        .build());
                var registered = server.authRegister(AuthRegisterRequest.newBuilder()
                        .setUser("bob")
                        .setAuthId(key)
                        .build());
                assertThat(registered.hasNode()).isTrue();
            }
            refused(
                    () -> server.deleteUser(
                            DeleteUserRequest.newBuilder().setId(1).build()),
                    Status.Code.FAILED_PRECONDITION,
                    "user not empty: node(s) found: user \"bob\" owns 2");
        } finally {
            channel.shutdownNow();
        }
    }

    private static void refused(ThrowingCallable call, Status.Code code, String text) {
        StatusRuntimeException refused = catchThrowableOfType(StatusRuntimeException.class, call);
        assertThat(refused).isNotNull();
        assertThat(refused.getStatus().getCode()).as(refused.getMessage()).isEqualTo(code);
        assertThat(refused.getStatus().getDescription()).contains(text);
    }

    @Test
    void overTcpEveryCallShowsAKey() throws Exception {
        administration.listeners.startTcp(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), null);
        Path socket = directory.resolve("s");
        administration.listeners.startUnix(socket, 0700, MemoryAdministration.LOCAL_ECHO);
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
        administration.listeners.startUnix(socket, 0750, MemoryAdministration.LOCAL_ECHO);
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
            assertThatThrownBy(() -> administration.listeners.startUnix(stale, 0700, MemoryAdministration.LOCAL_ECHO))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("another process listens");
        }
        assertThat(stale).exists();
        administration.listeners.startUnix(stale, 0700, MemoryAdministration.LOCAL_ECHO);
        Path file = Files.writeString(directory.resolve("file"), "precious");
        assertThatThrownBy(() -> administration.listeners.startUnix(file, 0700, MemoryAdministration.LOCAL_ECHO))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("no socket");
        assertThat(file).hasContent("precious");
        assertThatThrownBy(() -> administration.listeners.startUnix(
                        directory.resolve("x".repeat(200)), 0700, MemoryAdministration.LOCAL_ECHO))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("unix_socket");
    }
}
