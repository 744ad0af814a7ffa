package io.fleetscale.loadtest.relay;

import io.fleetscale.wire.derp.BoxKey;
import io.fleetscale.wire.derp.BoxKeyPair;
import io.fleetscale.wire.derp.ClientInfo;
import io.fleetscale.wire.derp.DerpFrameEncoder;
import io.fleetscale.wire.derp.DerpLimits;
import io.fleetscale.wire.derp.FrameException;
import io.fleetscale.wire.derp.PeerGoneReason;
import io.fleetscale.wire.derp.RelayFrameDecoder;
import io.fleetscale.wire.derp.RelayFrameSink;
import io.fleetscale.wire.derp.ServerKey;
import io.fleetscale.wire.key.Bytes32;
import io.fleetscale.wire.key.NodeKey;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * One node's connection to a relay: the HTTP request, the greeting, then frames, as a client of today without fast start. The
 * last handler of its pipeline. Confined to its event loop but for {@link #admitted}, {@link #key} and {@link #close}.
 */
final class RelayClient extends ChannelInboundHandlerAdapter implements RelayFrameSink {
    private static final String UPGRADED = "HTTP/1.1 101";
    private static final String HEAD_END = "\r\n\r\n";
    private static final int MAX_HEAD_BYTES = 8 * 1024;

    private final BoxKeyPair keys;
    private final String host;
    private final PacketSink packets;
    private final SecureRandom random;
    private final CompletableFuture<RelayClient> admitted = new CompletableFuture<>();
    private @Nullable ChannelHandlerContext ctx;
    private @Nullable ByteBuf head;
    private @Nullable RelayFrameDecoder decoder;
    private @Nullable BoxKey box;
    private boolean upgraded;

    /** Takes what other nodes send. */
    @FunctionalInterface
    interface PacketSink {
        /** A packet of {@code length} bytes at {@code start}; on the receiver's event loop, the buffer is lent. */
        void packet(RelayClient receiver, ByteBuf buffer, int start, int length);
    }

    RelayClient(String host, SecureRandom random, PacketSink packets) {
        this.keys = BoxKeyPair.generate(random);
        this.host = host;
        this.random = random;
        this.packets = packets;
    }

    NodeKey key() {
        return keys.publicKey();
    }

    /** Completes when the relay has let the node in; fails with what it did instead. */
    CompletableFuture<RelayClient> admitted() {
        return admitted;
    }

    /** The connection could not be made. */
    void notConnected(Throwable cause) {
        admitted.completeExceptionally(cause);
    }

    boolean isWritable() {
        return ctx != null && ctx.channel().isWritable();
    }

    /** Sends a packet and flushes it, as clients do with each. The packet is the caller's. */
    void send(NodeKey destination, byte[] packet) {
        ChannelHandlerContext context = context();
        ByteBuf frame = context.alloc().directBuffer(DerpLimits.HEADER_BYTES + DerpLimits.KEY_BYTES + packet.length);
        DerpFrameEncoder.sendPacket(frame, destination.raw(), packet);
        var unused = context.writeAndFlush(frame, context.voidPromise());
    }

    /** Runs something on the node's event loop. */
    void execute(Runnable task) {
        context().executor().execute(task);
    }

    /** Takes nothing from the relay any more. */
    void stopReading() {
        context().channel().config().setAutoRead(false);
    }

    void close() {
        if (ctx != null) {
            var unused = ctx.close();
        }
    }

    private ChannelHandlerContext context() {
        if (ctx == null) {
            throw new IllegalStateException("not connected yet");
        }
        return ctx;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext context) {
        ctx = context;
        decoder = new RelayFrameDecoder(context.alloc());
    }

    @Override
    public void channelActive(ChannelHandlerContext context) {
        byte[] request = ("GET /derp HTTP/1.1\r\nHost: " + host
                        + "\r\nUser-Agent: loadtest\r\nConnection: Upgrade\r\nUpgrade: DERP\r\n\r\n")
                .getBytes(StandardCharsets.US_ASCII);
        var unused =
                context.writeAndFlush(context.alloc().buffer(request.length).writeBytes(request));
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        if (!(message instanceof ByteBuf bytes) || decoder == null) {
            ReferenceCountUtil.release(message);
            return;
        }
        try {
            if (upgraded) {
                decoder.decode(bytes, this);
            } else {
                readHead(context, bytes);
            }
        } catch (FrameException e) {
            end(context, e);
        }
    }

    private void readHead(ChannelHandlerContext context, ByteBuf bytes) {
        ByteBuf all = head == null ? context.alloc().buffer(bytes.readableBytes()) : head;
        head = all;
        all.writeBytes(bytes);
        bytes.release();
        String text = all.toString(StandardCharsets.ISO_8859_1);
        int end = text.indexOf(HEAD_END);
        if (end < 0) {
            if (all.readableBytes() > MAX_HEAD_BYTES) {
                end(context, new IOException("the HTTP answer is too long"));
            }
            return;
        }
        if (!text.startsWith(UPGRADED)) {
            end(context, new IOException("the relay answered " + text.substring(0, text.indexOf('\r'))));
            return;
        }
        upgraded = true;
        head = null;
        if (decoder != null) {
            decoder.decode(all.skipBytes(end + HEAD_END.length()), this);
        }
    }

    @Override
    public void serverKey(ServerKey relay) {
        ChannelHandlerContext context = context();
        Optional<BoxKey> shared = keys.boxWith(relay.relay());
        if (shared.isEmpty()) {
            end(context, new IOException("the relay's key is zero or of low order"));
            return;
        }
        box = shared.get();
        ClientInfo info = new ClientInfo(Optional.empty(), DerpLimits.PROTOCOL_VERSION, true, false, "");
        byte[] sealed = box.seal(info.toJson().getBytes(StandardCharsets.UTF_8), random);
        ByteBuf out = context.alloc().buffer();
        DerpFrameEncoder.clientInfo(out, key(), sealed);
        DerpFrameEncoder.notePreferred(out, true);
        var unused = context.writeAndFlush(out);
    }

    @Override
    public void serverInfo(byte[] sealed) {
        if (box == null || box.open(sealed).isEmpty()) {
            end(context(), new IOException("the relay's ServerInfo does not open"));
            return;
        }
        admitted.complete(this);
    }

    @Override
    public void recvPacket(ByteBuf buffer, int start, int frameBytes) {
        int before = DerpLimits.HEADER_BYTES + DerpLimits.KEY_BYTES;
        packets.packet(this, buffer, start + before, frameBytes - before);
    }

    @Override
    public void ping(long payload) {
        ByteBuf out = context().alloc().buffer();
        DerpFrameEncoder.pong(out, payload);
        var unused = context().writeAndFlush(out);
    }

    @Override
    public void peerPresent(Bytes32 peer, int flags) {
        // for relays of a mesh only
    }

    @Override
    public void peerGone(Bytes32 peer, PeerGoneReason reason) {
        // the packets that are missing tell it
    }

    @Override
    public void restarting() {
        // the end of the connection tells it
    }

    @Override
    public void other(int type, int length) {
        // keep-alives, health
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        end(context, new IOException("the relay ended the connection"));
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        end(context, cause);
    }

    private void end(ChannelHandlerContext context, Throwable cause) {
        admitted.completeExceptionally(cause);
        if (decoder != null) {
            decoder.close();
        }
        if (head != null) {
            head.release();
            head = null;
        }
        var unused = context.close();
    }
}
