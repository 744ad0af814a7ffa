package io.fleetscale.control.frontdoor.noise;

import io.fleetscale.control.frontdoor.limit.Accounts;
import io.fleetscale.control.frontdoor.limit.ByteBudget;
import io.fleetscale.control.frontdoor.limit.Limits;
import io.fleetscale.control.frontdoor.limit.Visitor;
import io.fleetscale.control.frontdoor.meter.FrontDoorMeters;
import io.fleetscale.control.frontdoor.meter.Refusal;
import io.fleetscale.wire.ip.IpAddress;
import io.fleetscale.wire.key.Bytes32;
import io.fleetscale.wire.key.ChallengeKey;
import io.fleetscale.wire.noise.EarlyPayload;
import io.fleetscale.wire.noise.MachinePrivateKey;
import io.fleetscale.wire.noise.NoiseException;
import io.fleetscale.wire.noise.NoiseFormat;
import io.fleetscale.wire.noise.RecordOpener;
import io.fleetscale.wire.noise.RecordSealer;
import io.fleetscale.wire.noise.ResponderHandshake;
import io.fleetscale.wire.noise.StaticAgreements;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http2.Http2FrameCodec;
import io.netty.handler.codec.http2.Http2MultiplexHandler;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;

/**
 * Lets clients in: from 101 bytes of initiation to HTTP/2 on the connection. The cryptography runs on a bounded executor;
 * everything else on the connection's event loop. Thread-safe.
 */
public final class NoiseEntrance {
    /** Name of the client program with the oldest capability version that we serve. */
    private static final String OLDEST_CLIENT = "Tailscale 1.80";

    /** About 200 bytes each; more than one instance serves well. */
    private static final int KNOWN_MACHINES = 20_000;

    private static final byte[] SWITCHING =
            head("HTTP/1.1 101 Switching Protocols", "Upgrade: tailscale-control-protocol", "Connection: upgrade");
    private static final byte[] OVERLOADED =
            head("HTTP/1.1 503 Service Unavailable", "Retry-After: 2", "Connection: close", "Content-Length: 0");

    private final StaticAgreements agreements;
    private final int minimumVersion;
    private final Accounts accounts;
    private final FrontDoorMeters meters;
    private final Executor handshakes;
    private final NoiseService service;
    private final SecureRandom random = new SecureRandom();

    /** How the records travel. */
    public enum Carrier {
        /** An HTTP/1.1 upgrade: we write the 101 and an early payload. */
        UPGRADE,
        /** Binary WebSocket messages, whose handshake is done. */
        WEBSOCKET
    }

    /**
     * @param minimumVersion oldest capability version that is let in
     * @param handshakes where the cryptography runs; a {@link RejectedExecutionException} is answered with 503
     * @param calls where RPCs run: virtual threads
     */
    public NoiseEntrance(
            MachinePrivateKey serverKey,
            int minimumVersion,
            NoiseRoutes routes,
            Limits limits,
            Accounts accounts,
            FrontDoorMeters meters,
            ByteBudget bodies,
            Executor handshakes,
            Executor calls) {
        this.agreements = new StaticAgreements(serverKey, KNOWN_MACHINES);
        this.minimumVersion = minimumVersion;
        this.accounts = accounts;
        this.meters = meters;
        this.handshakes = handshakes;
        this.service = new NoiseService(routes, limits, meters, bodies, calls);
    }

    /** What the executor found out. */
    private sealed interface Outcome {
        record Welcome(ResponderHandshake.Established established, ResponderHandshake handshake) implements Outcome {}

        @SuppressWarnings("ArrayRecordComponent") // written once, never compared
        record Refused(Refusal reason, String why, byte[] answer) implements Outcome {}
    }

    /**
     * Takes over a connection whose HTTP handlers are gone. Called on the event loop by the handler at the end of the
     * pipeline, right before it removes itself.
     *
     * @param source address of the client
     */
    public void admit(
            ChannelHandlerContext context, Visitor visitor, IpAddress source, byte[] initiation, Carrier carrier) {
        ChannelPipeline pipeline = context.pipeline();
        context.channel().config().setAutoRead(false);
        HeldBytes held = new HeldBytes();
        pipeline.addLast(held);
        ChannelHandlerContext heldContext = pipeline.context(held);
        try {
            handshakes.execute(() -> {
                if (!context.channel().isActive()) {
                    return;
                }
                long started = System.nanoTime();
                Outcome outcome = shakeHands(initiation);
                meters.handshakeTook(System.nanoTime() - started);
                context.channel().eventLoop().execute(() -> finish(heldContext, visitor, source, carrier, outcome));
            });
        } catch (RejectedExecutionException e) {
            meters.count(Refusal.OVERLOADED);
            ByteBuf answer = carrier == Carrier.UPGRADE ? Unpooled.wrappedBuffer(OVERLOADED) : Unpooled.EMPTY_BUFFER;
            heldContext.writeAndFlush(answer).addListener(ChannelFutureListener.CLOSE);
        }
    }

    private Outcome shakeHands(byte[] initiation) {
        try {
            ResponderHandshake handshake = ResponderHandshake.read(initiation, agreements);
            int version = handshake.protocolVersion();
            if (version < minimumVersion) {
                String why = "capability version " + version + " is too old: minimum " + minimumVersion + " ("
                        + OLDEST_CLIENT + ")";
                String name = service.routes().nameOf(handshake.peer());
                return new Outcome.Refused(
                        Refusal.OLD_VERSION,
                        why + ", machine key " + handshake.peer().toShortText()
                                + (name.isEmpty() ? "" : ", node " + name),
                        ResponderHandshake.refusal(why));
            }
            return new Outcome.Welcome(handshake.respond(random), handshake);
        } catch (NoiseException e) {
            String why = String.valueOf(e.getMessage());
            byte[] answer =
                    e.reason() == NoiseException.Reason.MALFORMED ? ResponderHandshake.refusal(why) : new byte[0];
            return new Outcome.Refused(Refusal.BAD_INITIATION, why, answer);
        }
    }

    private void finish(
            ChannelHandlerContext held, Visitor visitor, IpAddress source, Carrier carrier, Outcome outcome) {
        if (!held.channel().isActive()) {
            return;
        }
        switch (outcome) {
            case Outcome.Refused(Refusal reason, String why, byte[] answer) -> {
                meters.refuse(reason, source, why);
                ByteBuf out = carrier == Carrier.UPGRADE
                        ? Unpooled.wrappedBuffer(SWITCHING, answer)
                        : Unpooled.wrappedBuffer(answer);
                held.writeAndFlush(out).addListener(ChannelFutureListener.CLOSE);
            }
            case Outcome.Welcome(var established, var handshake) ->
                welcome(held, visitor, source, carrier, established, handshake);
        }
    }

    private void welcome(
            ChannelHandlerContext held,
            Visitor visitor,
            IpAddress source,
            Carrier carrier,
            ResponderHandshake.Established established,
            ResponderHandshake handshake) {
        RecordSealer sealer = new RecordSealer(established.keys().serverToClient());
        RecordOpener opener = new RecordOpener(established.keys().clientToServer());
        Http2FrameCodec http2 = CompactHttp2Codec.create(service.limits());
        NoiseConnection connection = new NoiseConnection(
                service,
                http2,
                visitor,
                accounts.ofMachine(handshake.peer()),
                handshake.peer(),
                handshake.protocolVersion(),
                source);
        try {
            ChannelFuture unused = held.write(greeting(held, carrier, established.response(), sealer));
        } catch (NoiseException e) {
            held.fireExceptionCaught(e);
            return;
        }
        ChannelPipeline pipeline = held.pipeline();
        held.channel().attr(NoiseConnection.KEY).set(connection);
        pipeline.addLast(new NoiseRecords(sealer, opener, connection::proven));
        pipeline.addLast(http2); // writes and flushes its SETTINGS
        pipeline.addLast(new Http2MultiplexHandler(RpcStream.INITIALIZER));
        pipeline.addLast(connection);
        pipeline.remove(held.handler()); // passes on what came early
        held.channel().config().setAutoRead(true);
    }

    private ByteBuf greeting(ChannelHandlerContext held, Carrier carrier, byte[] response, RecordSealer sealer)
            throws NoiseException {
        ByteBuf out = held.alloc().directBuffer(SWITCHING.length + 256);
        if (carrier == Carrier.UPGRADE) {
            out.writeBytes(SWITCHING);
        }
        out.writeBytes(response);
        if (carrier == Carrier.UPGRADE) {
            byte[] challenge = new byte[Bytes32.LENGTH]; // no client answers it, so nobody keeps a private half
            random.nextBytes(challenge);
            sealer.seal(Unpooled.wrappedBuffer(new EarlyPayload(ChallengeKey.of(challenge)).encode()), out);
        }
        return out;
    }

    private static byte[] head(String... lines) {
        return (String.join("\r\n", lines) + "\r\n\r\n").getBytes(StandardCharsets.US_ASCII);
    }

    /** The longest base64 text that can be an initiation. */
    public static int maxInitiationText() {
        return (NoiseFormat.INITIATION_LENGTH + 2) / 3 * 4;
    }
}
