package io.fleetscale.control.api.testing;

import io.grpc.netty.GrpcSslContexts;
import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.InstantSource;

/** Serves the administration in memory, for programs of others: {@code SOCKET [PORT CERTIFICATE KEY]}. */
public final class AdministrationProgram {
    private AdministrationProgram() {}

    public static void main(String[] arguments) throws IOException, InterruptedException {
        try (MemoryAdministration administration = new MemoryAdministration(InstantSource.system())) {
            administration.listeners.startUnix(Path.of(arguments[0]), 0700, MemoryAdministration.LOCAL_ECHO);
            if (arguments.length > 1) {
                administration.listeners.startTcp(
                        new InetSocketAddress(InetAddress.getLoopbackAddress(), Integer.parseInt(arguments[1])),
                        GrpcSslContexts.forServer(new File(arguments[2]), new File(arguments[3]))
                                .build());
            }
            System.out.println("serving " + arguments[0]);
            Thread.currentThread().join();
        }
    }
}
