package io.fleetscale.control.cli;

import io.fleetscale.proto.admin.v1.AdministrationServiceGrpc;
import io.fleetscale.proto.admin.v1.AdministrationServiceGrpc.AdministrationServiceBlockingStub;
import io.fleetscale.proto.cluster.v1.ClusterServiceGrpc;
import io.fleetscale.proto.cluster.v1.ClusterServiceGrpc.ClusterServiceBlockingStub;
import io.fleetscale.proto.headscale.v1.HeadscaleServiceGrpc;
import io.fleetscale.proto.headscale.v1.HeadscaleServiceGrpc.HeadscaleServiceBlockingStub;
import io.fleetscale.proto.policy.v1.PolicyServiceGrpc;
import io.fleetscale.proto.policy.v1.PolicyServiceGrpc.PolicyServiceBlockingStub;
import io.fleetscale.proto.relay.v1.RelayServiceGrpc;
import io.fleetscale.proto.relay.v1.RelayServiceGrpc.RelayServiceBlockingStub;
import io.fleetscale.proto.trust.v1.AppServiceGrpc;
import io.fleetscale.proto.trust.v1.AppServiceGrpc.AppServiceBlockingStub;
import io.fleetscale.proto.trust.v1.TokenServiceGrpc;
import io.fleetscale.proto.trust.v1.TokenServiceGrpc.TokenServiceBlockingStub;
import io.fleetscale.proto.user.v1.UserRoleServiceGrpc;
import io.fleetscale.proto.user.v1.UserRoleServiceGrpc.UserRoleServiceBlockingStub;
import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.MetadataUtils;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioDomainSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertPathBuilderException;
import java.security.cert.CertificateException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import javax.net.ssl.SSLException;

/** The gRPC channel of one command: one thread, NIO, no native libraries, so that it starts quickly. */
final class ServerConnection {
    private static final int MAX_MESSAGE_BYTES = 64 << 20;
    private static final long RETRY_MILLIS = 50;

    private final String target;
    private final ManagedChannel channel;
    private final EventLoopGroup loop;
    private final HeadscaleServiceBlockingStub stub;
    private final AdministrationServiceBlockingStub more;
    private final TokenServiceBlockingStub tokens;
    private final PolicyServiceBlockingStub policies;
    private final UserRoleServiceBlockingStub roles;
    private final AppServiceBlockingStub apps;
    private final RelayServiceBlockingStub relays;
    private final ClusterServiceBlockingStub cluster;

    private ServerConnection(
            String target,
            NettyChannelBuilder builder,
            EventLoopGroup loop,
            Metadata headers,
            long deadlineNanos,
            Consumer<String> notices) {
        this.target = target;
        this.loop = loop;
        this.channel = builder.eventLoopGroup(loop)
                .directExecutor()
                .maxInboundMessageSize(MAX_MESSAGE_BYTES)
                .disableRetry()
                .build();
        long nanos = deadlineNanos - System.nanoTime();
        Channel calls = ClientInterceptors.intercept(
                channel, new StaleNotice(notices), MetadataUtils.newAttachHeadersInterceptor(headers));
        this.stub = HeadscaleServiceGrpc.newBlockingStub(calls).withDeadlineAfter(nanos, TimeUnit.NANOSECONDS);
        this.policies = PolicyServiceGrpc.newBlockingStub(calls).withDeadlineAfter(nanos, TimeUnit.NANOSECONDS);
        this.roles = UserRoleServiceGrpc.newBlockingStub(calls).withDeadlineAfter(nanos, TimeUnit.NANOSECONDS);
        this.more = AdministrationServiceGrpc.newBlockingStub(calls).withDeadlineAfter(nanos, TimeUnit.NANOSECONDS);
        this.apps = AppServiceGrpc.newBlockingStub(calls).withDeadlineAfter(nanos, TimeUnit.NANOSECONDS);
        this.relays = RelayServiceGrpc.newBlockingStub(calls).withDeadlineAfter(nanos, TimeUnit.NANOSECONDS);
        this.tokens = TokenServiceGrpc.newBlockingStub(calls).withDeadlineAfter(nanos, TimeUnit.NANOSECONDS);
        this.cluster = ClusterServiceGrpc.newBlockingStub(calls).withDeadlineAfter(nanos, TimeUnit.NANOSECONDS);
    }

    /**
     * Connects; waits for a server that is just starting, at most the time-out.
     *
     * @param notices hears what a server says beside its answers, in lines for people
     * @throws CliFailure saying what cannot be reached and why
     */
    static ServerConnection open(CliSettings settings, Consumer<String> notices) {
        long deadlineNanos = System.nanoTime() + settings.timeout().toNanos();

        if (settings.address().isEmpty()) {
            awaitSocket(settings.unixSocket(), deadlineNanos);
            EventLoopGroup loop = newLoop();
            NettyChannelBuilder builder = NettyChannelBuilder.forAddress(
                            UnixDomainSocketAddress.of(settings.unixSocket()))
                    .channelType(NioDomainSocketChannel.class, UnixDomainSocketAddress.class)
                    .withOption(ChannelOption.SO_KEEPALIVE, null) // gRPC sets it, unix sockets do not know it
                    .overrideAuthority("localhost")
                    .usePlaintext();
            return new ServerConnection(
                    settings.unixSocket().toString(), builder, loop, new Metadata(), deadlineNanos, notices);
        }
        if (settings.apiKey().isEmpty()) {
            throw new CliFailure("connecting to headscale: HEADSCALE_CLI_API_KEY environment variable needs to be set");
        }
        Metadata headers = new Metadata();
        headers.put(
                Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER),
                "Bearer " + settings.apiKey().value());
        EventLoopGroup loop = newLoop();
        return new ServerConnection(settings.address(), tls(settings), loop, headers, deadlineNanos, notices);
    }

    private static EventLoopGroup newLoop() {
        return new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    }

    private static NettyChannelBuilder tls(CliSettings settings) {
        NettyChannelBuilder builder =
                NettyChannelBuilder.forTarget("dns:///" + settings.address()).channelType(NioSocketChannel.class);
        if (!settings.insecure()) {
            return builder.useTransportSecurity();
        }
        try {
            return builder.sslContext(GrpcSslContexts.forClient()
                    .trustManager(InsecureTrustManagerFactory.INSTANCE)
                    .endpointIdentificationAlgorithm(null)
                    .build());
        } catch (SSLException failed) {
            throw new CliFailure("connecting to headscale: preparing TLS: " + failed.getMessage());
        }
    }

    private static void awaitSocket(Path path, long deadlineNanos) {
        while (true) {
            try (SocketChannel probe = SocketChannel.open(StandardProtocolFamily.UNIX)) {
                probe.connect(UnixDomainSocketAddress.of(path));
                return;
            } catch (IOException failed) {
                if (Files.exists(path) && !Files.isWritable(path)) {
                    throw new CliFailure("connecting to headscale: unable to read/write to headscale socket \"" + path
                            + "\", do you have the correct permissions? " + failed.getMessage());
                }
                if (System.nanoTime() - deadlineNanos >= 0) {
                    throw new CliFailure("connecting to headscale: connecting to " + path + ": " + failed.getMessage()
                            + "; is the server running? (unix_socket in the configuration, HEADSCALE_UNIX_SOCKET,"
                            + " or HEADSCALE_CLI_ADDRESS for a server elsewhere)");
                }
                pause();
            }
        }
    }

    private static void pause() {
        try {
            Thread.sleep(RETRY_MILLIS);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new CliFailure("interrupted");
        }
    }

    HeadscaleServiceBlockingStub stub() {
        return stub;
    }

    /** Relays that registered. */
    RelayServiceBlockingStub relays() {
        return relays;
    }

    /** What our servers can do beyond headscale's. */
    AppServiceBlockingStub apps() {
        return apps;
    }

    TokenServiceBlockingStub tokens() {
        return tokens;
    }

    AdministrationServiceBlockingStub more() {
        return more;
    }

    /** Questions about policies. */
    PolicyServiceBlockingStub policies() {
        return policies;
    }

    /** The roles of users. */
    UserRoleServiceBlockingStub roles() {
        return roles;
    }

    /** The instances of the cluster. */
    ClusterServiceBlockingStub cluster() {
        return cluster;
    }

    /** A failed call in grpc-go's words, or why the server could not be reached. */
    String describe(String what, StatusRuntimeException failed) {
        Status status = failed.getStatus();
        boolean unreached = status.getCode() == Status.Code.UNAVAILABLE
                && failed.getStatus().getCause() != null;
        if (unreached) {
            Throwable cause = rootOf(status.getCause() == null ? failed : status.getCause());
            boolean certificate = cause instanceof CertPathBuilderException || cause instanceof CertificateException;
            return "connecting to headscale: connecting to " + target + ": "
                    + (certificate ? "the server's certificate is not trusted: " : "")
                    + cause.getMessage()
                    + (certificate ? "; HEADSCALE_CLI_INSECURE=true does without this check" : "");
        }
        String text = status.getDescription() == null ? "" : status.getDescription();
        return what + ": rpc error: code = " + goName(status.getCode()) + " desc = " + text;
    }

    private static Throwable rootOf(Throwable failed) {
        Throwable root = failed;
        while (root.getCause() != null && root.getCause() != root) {
            root = root.getCause();
        }
        return root;
    }

    private static String goName(Status.Code code) {
        return switch (code) {
            case OK -> "OK";
            case CANCELLED -> "Canceled";
            case UNKNOWN -> "Unknown";
            case INVALID_ARGUMENT -> "InvalidArgument";
            case DEADLINE_EXCEEDED -> "DeadlineExceeded";
            case NOT_FOUND -> "NotFound";
            case ALREADY_EXISTS -> "AlreadyExists";
            case PERMISSION_DENIED -> "PermissionDenied";
            case RESOURCE_EXHAUSTED -> "ResourceExhausted";
            case FAILED_PRECONDITION -> "FailedPrecondition";
            case ABORTED -> "Aborted";
            case OUT_OF_RANGE -> "OutOfRange";
            case UNIMPLEMENTED -> "Unimplemented";
            case INTERNAL -> "Internal";
            case UNAVAILABLE -> "Unavailable";
            case DATA_LOSS -> "DataLoss";
            case UNAUTHENTICATED -> "Unauthenticated";
        };
    }

    /** Does not wait: the process ends anyway, and in tests the loop ends by itself. */
    void close() {
        channel.shutdownNow();
        var unused = loop.shutdownGracefully(0, 0, TimeUnit.MILLISECONDS);
    }
}
