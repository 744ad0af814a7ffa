package io.fleetscale.control.api.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.Timestamp;
import com.google.protobuf.UnknownFieldSet;
import io.fleetscale.control.api.testing.MemoryAdministration;
import io.fleetscale.proto.headscale.v1.ApiKey;
import io.fleetscale.proto.headscale.v1.CreateApiKeyRequest;
import io.fleetscale.proto.headscale.v1.CreatePreAuthKeyRequest;
import io.fleetscale.proto.headscale.v1.CreateUserRequest;
import io.fleetscale.proto.headscale.v1.DeleteUserRequest;
import io.fleetscale.proto.headscale.v1.ExpireApiKeyRequest;
import io.fleetscale.proto.headscale.v1.ExpirePreAuthKeyRequest;
import io.fleetscale.proto.headscale.v1.HeadscaleServiceGrpc;
import io.fleetscale.proto.headscale.v1.HeadscaleServiceGrpc.HeadscaleServiceBlockingStub;
import io.fleetscale.proto.headscale.v1.HealthRequest;
import io.fleetscale.proto.headscale.v1.ListApiKeysRequest;
import io.fleetscale.proto.headscale.v1.ListNodesRequest;
import io.fleetscale.proto.headscale.v1.ListPreAuthKeysRequest;
import io.fleetscale.proto.headscale.v1.ListUsersRequest;
import io.fleetscale.proto.headscale.v1.Node;
import io.fleetscale.proto.headscale.v1.PreAuthKey;
import io.fleetscale.proto.headscale.v1.RegisterMethod;
import io.fleetscale.proto.headscale.v1.User;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.MetadataUtils;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioDomainSocketChannel;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * What the operator for Kubernetes and the Prometheus exporter call: the operator makes its key over the unix socket, and both
 * go on over TCP without TLS and with the key. Source: headscale-surface 9.7, 9.8.
 */
@Timeout(60)
@SuppressWarnings("NullAway.Init")
class ToolsOverGrpcTest {
    private static final InstantSource CLOCK = InstantSource.fixed(Instant.parse("2026-06-01T12:00:00Z"));
    private static final Timestamp LATER = Timestamp.newBuilder()
            .setSeconds(Instant.parse("2026-09-01T00:00:00Z").getEpochSecond())
            .build();

    private final MemoryAdministration administration = new MemoryAdministration(CLOCK);
    private final EventLoopGroup loop = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    private final List<ManagedChannel> channels = new ArrayList<>();

    @TempDir
    Path directory;

    private HeadscaleServiceBlockingStub socket;

    @BeforeEach
    void start() throws Exception {
        Path path = directory.resolve("s");
        administration.listeners.startUnix(path, 0700, MemoryAdministration.LOCAL_ECHO);
        administration.listeners.startTcp(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), null);
        ManagedChannel channel = NettyChannelBuilder.forAddress(UnixDomainSocketAddress.of(path))
                .channelType(NioDomainSocketChannel.class, UnixDomainSocketAddress.class)
                .eventLoopGroup(loop)
                .withOption(ChannelOption.SO_KEEPALIVE, null)
                .overrideAuthority("localhost")
                .usePlaintext()
                .build();
        channels.add(channel);
        socket = HeadscaleServiceGrpc.newBlockingStub(channel);
    }

    @AfterEach
    void stop() {
        channels.forEach(ManagedChannel::shutdownNow);
        administration.close();
        var unused = loop.shutdownGracefully(0, 0, TimeUnit.MILLISECONDS);
    }

    private HeadscaleServiceBlockingStub withKey(String key) {
        ManagedChannel channel = NettyChannelBuilder.forAddress("127.0.0.1", administration.listeners.tcpPort())
                .usePlaintext()
                .build();
        channels.add(channel);
        Metadata headers = new Metadata();
        headers.put(Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER), "Bearer " + key);
        return HeadscaleServiceGrpc.newBlockingStub(channel)
                .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers));
    }

    private String newKey() {
        return socket.createApiKey(
                        CreateApiKeyRequest.newBuilder().setExpiration(LATER).build())
                .getApiKey();
    }

    @Test
    void operator() {
        assertThat(socket.listApiKeys(ListApiKeysRequest.getDefaultInstance()).getApiKeysList())
                .isEmpty();
        HeadscaleServiceBlockingStub server = withKey(newKey());
        ListUsersRequest named = ListUsersRequest.newBuilder().setName("team").build();
        assertThat(server.listUsers(named).getUsersList()).isEmpty();
        User user = server.createUser(CreateUserRequest.newBuilder()
                        .setName("team")
                        .setDisplayName("Team")
                        .setEmail("team@example.com")
                        .setPictureUrl("https://example.com/t.png")
                        .build())
                .getUser();
        assertThat(server.listUsers(named).getUsersList()).containsExactly(user);
        CreatePreAuthKeyRequest wanted = CreatePreAuthKeyRequest.newBuilder()
                .setUser(user.getId())
                .setReusable(true)
                .setEphemeral(true)
                .setExpiration(LATER)
                .addAclTags("tag:k8s")
                .build();
        PreAuthKey key = server.createPreAuthKey(wanted).getPreAuthKey();
        assertThat(key.getKey()).hasSizeGreaterThan(70);
        server.createPreAuthKey(wanted);

        // compiled from messages of 0.27: field 1 was the user, field 2 the key; field 1 is the key's number since
        ExpirePreAuthKeyRequest old = ExpirePreAuthKeyRequest.newBuilder()
                .setId(user.getId())
                .setUnknownFields(UnknownFieldSet.newBuilder()
                        .addField(
                                2,
                                UnknownFieldSet.Field.newBuilder()
                                        .addLengthDelimited(ByteString.copyFromUtf8(key.getKey()))
                                        .build())
                        .build())
                .build();
        assertThat(server.expirePreAuthKey(old).getSerializedSize()).isZero();
        List<PreAuthKey> keys = server.listPreAuthKeys(ListPreAuthKeysRequest.getDefaultInstance())
                .getPreAuthKeysList();
        assertThat(keys.getFirst().getExpiration().getSeconds())
                .isEqualTo(CLOCK.instant().getEpochSecond());
        assertThat(keys.getLast().getExpiration()).isEqualTo(LATER);

        // it replaces its key: a new one, then the old one by prefix
        String next = newKey();
        ApiKey first =
                socket.listApiKeys(ListApiKeysRequest.getDefaultInstance()).getApiKeys(0);
        assertThat(socket.expireApiKey(ExpireApiKeyRequest.newBuilder()
                                .setPrefix(first.getPrefix())
                                .build())
                        .getSerializedSize())
                .isZero();
        assertThat(withKey(next)
                        .deleteUser(DeleteUserRequest.newBuilder()
                                .setId(user.getId())
                                .build())
                        .getSerializedSize())
                .isZero();
    }

    @Test
    void exporter() {
        HeadscaleServiceBlockingStub server = withKey(newKey());
        server.createUser(CreateUserRequest.newBuilder().setName("ann").build());
        administration.pend("ann", "hskey-authreq-" + "w".repeat(24), "Laptop");
        administration.register("ann", "hskey-authreq-" + "w".repeat(24));
        server.createPreAuthKey(CreatePreAuthKeyRequest.newBuilder()
                .setUser(1)
                .addAclTags("tag:a")
                .build());

        assertThat(server.health(HealthRequest.getDefaultInstance()).getDatabaseConnectivity())
                .isTrue();
        User user = server.listUsers(ListUsersRequest.getDefaultInstance()).getUsers(0);
        assertThat(user.getName()).isEqualTo("ann");
        assertThat(user.hasCreatedAt()).isTrue();
        Node node = server.listNodes(ListNodesRequest.getDefaultInstance()).getNodes(0);
        assertThat(node.getGivenName()).isEqualTo("laptop");
        assertThat(node.getMachineKey()).startsWith("mkey:");
        assertThat(node.getIpAddressesList()).hasSize(2);
        assertThat(node.getUser().getId()).isEqualTo(1);
        assertThat(node.getRegisterMethod()).isEqualTo(RegisterMethod.REGISTER_METHOD_CLI);
        assertThat(node.getOnline()).isFalse();
        assertThat(node.hasExpiry()).isFalse();
        ApiKey key = server.listApiKeys(ListApiKeysRequest.getDefaultInstance()).getApiKeys(0);
        assertThat(key.getPrefix()).endsWith("-***");
        assertThat(key.getExpiration()).isEqualTo(LATER);
        PreAuthKey registering = server.listPreAuthKeys(ListPreAuthKeysRequest.getDefaultInstance())
                .getPreAuthKeys(0);
        assertThat(registering.getUser().getName()).isEqualTo("ann");
        assertThat(registering.getAclTagsList()).containsExactly("tag:a");
        assertThat(registering.getUsed()).isFalse();
    }
}
