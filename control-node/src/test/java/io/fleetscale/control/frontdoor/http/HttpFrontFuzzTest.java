package io.fleetscale.control.frontdoor.http;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.fleetscale.control.frontdoor.limit.Accounts;
import io.fleetscale.control.frontdoor.limit.ByteBudget;
import io.fleetscale.control.frontdoor.limit.Limits;
import io.fleetscale.control.frontdoor.limit.Rate;
import io.fleetscale.control.frontdoor.limit.Visitor;
import io.fleetscale.control.frontdoor.meter.FrontDoorMeters;
import io.fleetscale.control.frontdoor.noise.NoiseEntrance;
import io.fleetscale.control.frontdoor.noise.NoiseRoutes;
import io.fleetscale.runtime.net.ClientAddress;
import io.fleetscale.wire.ip.IpAddress;
import io.fleetscale.wire.ip.IpPrefix;
import io.fleetscale.wire.noise.MachinePrivateKey;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import java.security.SecureRandom;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/** Whatever the first bytes of a connection are: nothing escapes the pipeline, and no budget leaks. */
class HttpFrontFuzzTest {
    private static final ByteBudget BODIES = new ByteBudget(1 << 20);
    private static final Semaphore AT_WORK = new Semaphore(4);
    private static final HttpService SERVICE = service();

    @FuzzTest(maxDuration = "60s")
    void firstBytes(byte @Nullable [] data) {
        if (data == null) {
            return;
        }
        for (IpAddress peer : List.of(IpAddress.parse("192.0.2.1"), IpAddress.parse("198.51.100.1"))) {
            EmbeddedChannel channel = new EmbeddedChannel();
            Visitor visitor = new Visitor(channel, peer, () -> {});
            ProtocolSniffer.install(channel.pipeline(), SERVICE, visitor);
            int middle = data.length / 2;
            channel.writeInbound(Unpooled.copiedBuffer(data, 0, middle));
            if (channel.isOpen()) {
                channel.writeInbound(Unpooled.copiedBuffer(data, middle, data.length - middle));
            }
            visitor.clearDeadline();
            channel.runPendingTasks();
            channel.finishAndReleaseAll();
            visitor.leave();
        }
        if (BODIES.used() != 0 || AT_WORK.availablePermits() != 4) {
            throw new AssertionError("a request kept " + BODIES.used() + " bytes or a permit");
        }
    }

    private static HttpService service() {
        Limits all = Limits.DEFAULT;
        Limits limits = new Limits(
                all.connections(),
                Integer.MAX_VALUE,
                new Rate(1e9, Integer.MAX_VALUE),
                new Rate(1e9, Integer.MAX_VALUE),
                all.machineConnections(),
                all.machineRequests(),
                all.headTimeout(),
                all.bodyTimeout(),
                all.idleTimeout(),
                all.noiseIdleTimeout(),
                all.stallTimeout(),
                all.headBytes(),
                all.rpcBodyBytes(),
                all.bodyBytesInFlight(),
                all.concurrentRequests(),
                all.waitingHandshakes());
        Accounts accounts = new Accounts(limits, System::nanoTime);
        FrontDoorMeters meters = new FrontDoorMeters(new SimpleMeterRegistry(), System::nanoTime);
        NoiseEntrance noise = new NoiseEntrance(
                MachinePrivateKey.generate(new SecureRandom()),
                113,
                new NoiseRoutes(),
                limits,
                accounts,
                meters,
                BODIES,
                Runnable::run,
                Runnable::run);
        RouteTable routes = RouteTable.builder()
                .route("*", "/{any...}", 100, call -> HttpReply.text(200, call.query() + call.bodyText()))
                .build();
        return new HttpService(
                routes,
                noise,
                Optional.empty(),
                Optional::empty,
                new ClientAddress(List.of(IpPrefix.parse("192.0.2.0/24"))),
                limits,
                accounts,
                meters,
                BODIES,
                Runnable::run,
                AT_WORK,
                () -> "",
                () -> true);
    }
}
