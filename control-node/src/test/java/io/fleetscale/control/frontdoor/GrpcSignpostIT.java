package io.fleetscale.control.frontdoor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCalls;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import java.io.ByteArrayInputStream;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A gRPC client at the main port learns where gRPC is. Source: field case F048. */
@Timeout(60)
class GrpcSignpostIT {
    private static final String METHOD = "headscale.v1.HeadscaleService/Health";
    private static final String DIRECTION = "this port serves no gRPC: use control.example:50443";

    @Test
    void plainHttp2() throws Exception {
        try (RunningDoor door = new RunningDoor().start()) {
            refused(NettyChannelBuilder.forAddress(door.address())
                    .usePlaintext()
                    .build());
        }
    }

    @Test
    void http2ByAlpn(@TempDir File directory) throws Exception {
        RunningDoor door = new RunningDoor();
        SslContext server = HttpFrontIT.selfSigned(directory);
        door.tls = () -> Optional.of(server);
        try (door) {
            door.start();
            refused(NettyChannelBuilder.forAddress(door.address())
                    .sslContext(GrpcSslContexts.forClient()
                            .trustManager(InsecureTrustManagerFactory.INSTANCE)
                            .build())
                    .build());
        }
    }

    @Test
    void http1BehindAProxyThatEndsTls() throws Exception {
        try (RunningDoor door = new RunningDoor().start()) {
            assertThat(door.raw("POST /" + METHOD + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                            + "Content-Type: application/grpc+proto\r\nContent-Length: 5\r\n\r\n\0\0\0\0\0"))
                    .startsWith("HTTP/1.1 200")
                    .containsIgnoringCase("content-type: application/grpc\r\n")
                    .containsIgnoringCase("grpc-status: 12\r\n")
                    .containsIgnoringCase("grpc-message: " + DIRECTION + "\r\n");
        }
    }

    private static void refused(ManagedChannel channel) {
        MethodDescriptor<byte[], byte[]> health = MethodDescriptor.newBuilder(new Bytes(), new Bytes())
                .setType(MethodDescriptor.MethodType.UNARY)
                .setFullMethodName(METHOD)
                .build();
        try {
            CallOptions options = CallOptions.DEFAULT.withDeadlineAfter(10, TimeUnit.SECONDS);
            assertThatThrownBy(() -> ClientCalls.blockingUnaryCall(channel, health, options, new byte[0]))
                    .isInstanceOf(StatusRuntimeException.class)
                    .hasMessage("UNIMPLEMENTED: " + DIRECTION);
        } finally {
            channel.shutdownNow();
        }
    }

    private static final class Bytes implements MethodDescriptor.Marshaller<byte[]> {
        @Override
        public InputStream stream(byte[] value) {
            return new ByteArrayInputStream(value);
        }

        @Override
        public byte[] parse(InputStream stream) {
            try {
                return stream.readAllBytes();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
