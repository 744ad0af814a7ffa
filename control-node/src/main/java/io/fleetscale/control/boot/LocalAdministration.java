package io.fleetscale.control.boot;

import io.fleetscale.proto.headscale.v1.HeadscaleServiceGrpc;
import io.fleetscale.proto.headscale.v1.HeadscaleServiceGrpc.HeadscaleServiceBlockingStub;
import io.fleetscale.proto.relay.v1.RelayServiceGrpc;
import io.fleetscale.proto.relay.v1.RelayServiceGrpc.RelayServiceBlockingStub;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioDomainSocketChannel;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** The administration of an instance on this machine, over its unix socket and so without a key. Thread-safe. */
final class LocalAdministration implements AutoCloseable {
    private static final Duration CALL_LIMIT = Duration.ofSeconds(10);

    private final EventLoopGroup loop = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    private final ManagedChannel channel;

    LocalAdministration(Path unixSocket) {
        channel = NettyChannelBuilder.forAddress(UnixDomainSocketAddress.of(unixSocket))
                .channelType(NioDomainSocketChannel.class, UnixDomainSocketAddress.class)
                .withOption(ChannelOption.SO_KEEPALIVE, null) // gRPC sets it, unix sockets do not know it
                .overrideAuthority("localhost")
                .usePlaintext()
                .eventLoopGroup(loop)
                .directExecutor()
                .build();
    }

    HeadscaleServiceBlockingStub headscale() {
        return HeadscaleServiceGrpc.newBlockingStub(channel)
                .withDeadlineAfter(CALL_LIMIT.toMillis(), TimeUnit.MILLISECONDS);
    }

    RelayServiceBlockingStub relays() {
        return RelayServiceGrpc.newBlockingStub(channel)
                .withDeadlineAfter(CALL_LIMIT.toMillis(), TimeUnit.MILLISECONDS);
    }

    @Override
    public void close() {
        channel.shutdownNow();
        var unused = loop.shutdownGracefully(0, 1, TimeUnit.SECONDS);
    }
}
