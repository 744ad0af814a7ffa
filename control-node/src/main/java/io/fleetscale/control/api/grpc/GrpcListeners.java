package io.fleetscale.control.api.grpc;

import io.fleetscale.config.ApiConfig.V1Errors;
import io.fleetscale.control.api.credential.CredentialCheck;
import io.fleetscale.control.frontdoor.http.RouteHandler;
import io.grpc.BindableService;
import io.grpc.Server;
import io.grpc.ServerInterceptor;
import io.grpc.ServerInterceptors;
import io.grpc.ServerServiceDefinition;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.netty.InternalNettyServerCredentials;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.services.HealthStatusManager;
import io.grpc.protobuf.services.ProtoReflectionServiceV1;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerDomainSocketChannel;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.socket.nio.NioServerDomainSocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.handler.ssl.SslContext;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The gRPC servers. They share the process's event loops; calls run on {@code calls}, which must be virtual threads,
 * because handlers wait for the log. Call {@link #start} once, then {@link #close}. Not thread-safe.
 */
public final class GrpcListeners implements AutoCloseable {
    /** Largest request. Source: grpc-go's default, which headscale keeps. */
    public static final int MAX_MESSAGE_BYTES = 4 << 20;

    private static final int MAX_METADATA_BYTES = 16 << 10;
    private static final int MAX_CALLS_PER_CONNECTION = 100;
    private static final long CLOSE_SECONDS = 2;

    private final List<BindableService> services;
    private final CredentialCheck credentials;
    private final V1Errors errors;
    private final EventLoopGroup acceptors;
    private final EventLoopGroup workers;
    private final Executor calls;
    private final HealthStatusManager health = new HealthStatusManager();
    private final List<Server> servers = new ArrayList<>();
    private @Nullable UnixSocketFile socketFile;
    private @Nullable Server tcp;

    public GrpcListeners(
            List<BindableService> services,
            CredentialCheck credentials,
            V1Errors errors,
            EventLoopGroup acceptors,
            EventLoopGroup workers,
            Executor calls) {
        this.services = List.copyOf(services);
        this.credentials = credentials;
        this.errors = errors;
        this.acceptors = acceptors;
        this.workers = workers;
        this.calls = calls;
    }

    /**
     * Binds the unix socket; no key is asked there.
     *
     * @param http answers what comes as HTTP/1.1 and not as gRPC
     * @param permissions of the socket file, for example 0770
     * @throws IOException naming the path, if it cannot be bound
     */
    public void startUnix(Path path, int permissions, RouteHandler http) throws IOException {
        UnixSocketFile file = new UnixSocketFile(path, permissions);
        file.prepare();
        boolean epoll = usesEpoll();
        SocketAddress address = epoll ? new DomainSocketAddress(path.toString()) : UnixDomainSocketAddress.of(path);
        Class<? extends ServerChannel> channel =
                epoll ? EpollServerDomainSocketChannel.class : NioServerDomainSocketChannel.class;
        NettyServerBuilder builder = configure(
                NettyServerBuilder.forAddress(
                        address, InternalNettyServerCredentials.create(new LocalEntrance(http, calls))),
                channel);
        // gRPC sets it; a unix socket does not know it, and Netty would warn on each connection
        builder.withChildOption(ChannelOption.SO_KEEPALIVE, null);
        ServerInterceptor local = new LocalActorInterceptor();
        services.forEach(service -> builder.addService(ServerInterceptors.intercept(service.bindService(), local)));
        start(builder, "unix socket " + path);
        socketFile = file;
        file.restrict();
    }

    /**
     * Binds a TCP address, one more with each call; every call shows an API key. Port 0 takes any free port.
     *
     * @param tls null only when plaintext is allowed by configuration; must offer {@code h2} by ALPN
     */
    public void startTcp(InetSocketAddress address, @Nullable SslContext tls) throws IOException {
        Class<? extends ServerChannel> channel =
                usesEpoll() ? EpollServerSocketChannel.class : NioServerSocketChannel.class;
        NettyServerBuilder builder = configure(NettyServerBuilder.forAddress(address), channel);
        if (tls != null) {
            builder.sslContext(tls);
        }
        BearerInterceptor bearer = new BearerInterceptor(credentials);
        for (BindableService service : services) {
            ServerServiceDefinition definition = service.bindService();
            builder.addService(ServerInterceptors.intercept(definition, bearer));
        }
        Server started = start(builder, "gRPC address " + address);
        tcp = tcp == null ? started : tcp;
    }

    /** The TCP port that was bound first; the integrator prints it. */
    public int tcpPort() {
        Server server = tcp;
        if (server == null) {
            throw new IllegalStateException("the gRPC TCP listener is not started");
        }
        return server.getPort();
    }

    /** Answers of the standard health service from now on. */
    public void setServing(boolean serving) {
        health.setStatus(
                HealthStatusManager.SERVICE_NAME_ALL_SERVICES,
                serving ? ServingStatus.SERVING : ServingStatus.NOT_SERVING);
    }

    private boolean usesEpoll() {
        return workers instanceof IoEventLoopGroup group && group.isIoType(EpollIoHandler.class);
    }

    private NettyServerBuilder configure(NettyServerBuilder builder, Class<? extends ServerChannel> channel) {
        return builder.channelType(channel)
                .bossEventLoopGroup(acceptors)
                .workerEventLoopGroup(workers)
                .executor(calls)
                .intercept(new StaleReadsInterceptor())
                .intercept(ErrorInterceptor.answering(errors))
                .maxInboundMessageSize(MAX_MESSAGE_BYTES)
                .maxInboundMetadataSize(MAX_METADATA_BYTES)
                .maxConcurrentCallsPerConnection(MAX_CALLS_PER_CONNECTION)
                .permitKeepAliveTime(10, TimeUnit.SECONDS)
                .permitKeepAliveWithoutCalls(true)
                .addService(ProtoReflectionServiceV1.newInstance())
                .addService(health.getHealthService());
    }

    private Server start(NettyServerBuilder builder, String what) throws IOException {
        Server server = builder.build();
        try {
            server.start();
        } catch (IOException failed) {
            Throwable cause = failed.getCause() == null ? failed : failed.getCause();
            throw new IOException("cannot listen on " + what + ": " + cause.getMessage(), failed);
        }
        servers.add(server);
        return server;
    }

    /** Lets running calls end for at most two seconds, then cuts them; removes the socket file. */
    @Override
    public void close() {
        health.enterTerminalState();
        servers.forEach(Server::shutdown);
        long deadlineNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(CLOSE_SECONDS);
        for (Server server : servers) {
            try {
                if (!server.awaitTermination(deadlineNanos - System.nanoTime(), TimeUnit.NANOSECONDS)) {
                    server.shutdownNow();
                }
            } catch (InterruptedException interrupted) {
                server.shutdownNow();
                Thread.currentThread().interrupt();
            }
        }
        servers.clear();
        if (socketFile != null) {
            socketFile.remove();
        }
    }
}
