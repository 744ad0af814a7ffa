package io.fleetscale.control.api.grpc;

import io.grpc.BindableService;
import io.grpc.Channel;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import java.io.IOException;
import java.util.List;

/**
 * The same services for callers within the process (REST), without bytes in between. Calls run on the caller's thread,
 * which must be a virtual one.
 */
public final class InProcessEndpoint implements AutoCloseable {
    private final Server server;
    private final ManagedChannel channel;

    public InProcessEndpoint(List<BindableService> services) {
        String name = InProcessServerBuilder.generateName();
        InProcessServerBuilder builder =
                InProcessServerBuilder.forName(name).directExecutor().intercept(ErrorInterceptor.tellingBoth());
        services.forEach(builder::addService);
        server = builder.build();
        channel = InProcessChannelBuilder.forName(name).directExecutor().build();
    }

    public void start() throws IOException {
        server.start();
    }

    public Channel channel() {
        return channel;
    }

    @Override
    public void close() {
        channel.shutdownNow();
        server.shutdownNow();
    }
}
