package io.fleetscale.control.cli;

import io.fleetscale.config.Secret;
import io.fleetscale.proto.headscale.v1.HeadscaleServiceGrpc;
import io.fleetscale.proto.headscale.v1.ListNodesRequest;
import io.fleetscale.proto.headscale.v1.ListNodesResponse;
import io.fleetscale.proto.headscale.v1.ListUsersRequest;
import io.fleetscale.proto.headscale.v1.ListUsersResponse;
import io.fleetscale.proto.headscale.v1.Node;
import io.fleetscale.proto.headscale.v1.User;
import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerDomainSocketChannel;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.UnixDomainSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;

/**
 * The run that fills the JVM's start-up cache: commands against a server of this process, so that every class that a
 * command needs has been loaded and linked once.
 */
final class WarmUp {
    private static final List<List<String>> RUNS = List.of(
            List.of("users", "list"),
            List.of("nodes", "list", "-o", "json"),
            List.of("nodes", "list", "-o", "yaml"),
            List.of("preauthkeys", "list"),
            List.of("apikeys", "create", "-e", "90d"),
            List.of("help"));

    private WarmUp() {}

    static CliCommand command(PolicyDatabase policies) {
        return CliCommand.of("warm-up", "Fill the start-up cache").hide().run(call -> run(call.program(), policies));
    }

    private static int run(String program, PolicyDatabase policies) {
        EventLoopGroup loop = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
        try {
            Path directory = Files.createTempDirectory("fleetscale-warm-up");
            Path socket = directory.resolve("s");
            Server server = NettyServerBuilder.forAddress(UnixDomainSocketAddress.of(socket))
                    .channelType(NioServerDomainSocketChannel.class)
                    .bossEventLoopGroup(loop)
                    .workerEventLoopGroup(loop)
                    .directExecutor()
                    .withChildOption(ChannelOption.SO_KEEPALIVE, null)
                    .addService(new Examples())
                    .build()
                    .start();
            // the configuration is read for its classes; the settings are those of the example server
            CliSettings.Source settings = config -> {
                CliSettings ignored = CliSettings.ofProcess(config);
                return new CliSettings(socket, "", Secret.EMPTY, Duration.ofSeconds(5), false);
            };
            PrintStream nowhere = new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8);
            CliContext context = new CliContext(
                    program, nowhere, nowhere, InputStream.nullInputStream(), settings, InstantSource.system(), true);
            for (List<String> run : RUNS) {
                new FleetscaleCommand(List.of(), policies, context).run(run.toArray(String[]::new));
            }
            server.shutdownNow();
            Files.deleteIfExists(socket);
            Files.delete(directory);
            return 0;
        } catch (IOException failed) {
            throw new CliFailure("warming up: " + failed.getMessage());
        } finally {
            var unused = loop.shutdownGracefully();
        }
    }

    /** Answers lists with one example. */
    private static final class Examples extends HeadscaleServiceGrpc.HeadscaleServiceImplBase {
        @Override
        public void listUsers(ListUsersRequest request, StreamObserver<ListUsersResponse> answer) {
            answer.onNext(ListUsersResponse.newBuilder()
                    .addUsers(User.newBuilder().setId(1).setName("example"))
                    .build());
            answer.onCompleted();
        }

        @Override
        public void listNodes(ListNodesRequest request, StreamObserver<ListNodesResponse> answer) {
            answer.onNext(ListNodesResponse.newBuilder()
                    .addNodes(Node.newBuilder().setId(1).setName("example"))
                    .build());
            answer.onCompleted();
        }
    }
}
