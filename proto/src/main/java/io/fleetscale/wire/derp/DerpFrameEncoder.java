package io.fleetscale.wire.derp;

import io.fleetscale.wire.ip.IpAddress;
import io.fleetscale.wire.key.Bytes32;
import io.fleetscale.wire.key.NodeKey;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Appends frames to a buffer. Thread-safe: only static functions. Source: tailscale derp/derp.go, derp_client.go. */
public final class DerpFrameEncoder {
    /** "DERP" and U+1F511 in UTF-8. */
    static final long MAGIC = 0x4445_5250_f09f_9491L;

    private DerpFrameEncoder() {}

    /** First frame of a relay: magic and public key. */
    public static void serverKey(ByteBuf out, NodeKey relay) {
        header(out, FrameType.SERVER_KEY, Long.BYTES + DerpLimits.KEY_BYTES);
        out.writeLong(MAGIC);
        key(out, relay.raw());
    }

    /** First frame of a node: public key and sealed ClientInfo. */
    public static void clientInfo(ByteBuf out, NodeKey node, byte[] sealed) {
        header(out, FrameType.CLIENT_INFO, DerpLimits.KEY_BYTES + sealed.length);
        key(out, node.raw());
        out.writeBytes(sealed);
    }

    /** The relay's answer to an admitted node. */
    public static void serverInfo(ByteBuf out, byte[] sealed) {
        header(out, FrameType.SERVER_INFO, sealed.length);
        out.writeBytes(sealed);
    }

    public static void sendPacket(ByteBuf out, Bytes32 destination, byte[] packet) {
        header(out, FrameType.SEND_PACKET, DerpLimits.KEY_BYTES + packet.length);
        key(out, destination);
        out.writeBytes(packet);
    }

    public static void recvPacket(ByteBuf out, Bytes32 source, byte[] packet) {
        header(out, FrameType.RECV_PACKET, DerpLimits.KEY_BYTES + packet.length);
        key(out, source);
        out.writeBytes(packet);
    }

    public static void forwardPacket(ByteBuf out, Bytes32 source, Bytes32 destination, byte[] packet) {
        header(out, FrameType.FORWARD_PACKET, 2 * DerpLimits.KEY_BYTES + packet.length);
        key(out, source);
        key(out, destination);
        out.writeBytes(packet);
    }

    /** Turns a SendPacket frame at {@code start} into the RecvPacket that its destination gets; the length stays. */
    public static void rewriteAsReceived(ByteBuf frame, int start, byte[] source) {
        frame.setByte(start, FrameType.RECV_PACKET);
        frame.setBytes(start + DerpLimits.HEADER_BYTES, source);
    }

    /** Header and source of the ForwardPacket that carries a packet of {@code packetBytes}; destination and packet follow. */
    public static void forwardHead(ByteBuf out, byte[] source, int packetBytes) {
        header(out, FrameType.FORWARD_PACKET, 2 * DerpLimits.KEY_BYTES + packetBytes);
        out.writeBytes(source);
    }

    /**
     * Turns a ForwardPacket frame at {@code start} into the RecvPacket that its destination gets.
     *
     * @return where the RecvPacket starts; it ends where the frame ends
     */
    public static int rewriteForwarded(ByteBuf frame, int start, int frameBytes, byte[] source) {
        int received = start + DerpLimits.KEY_BYTES;
        frame.setByte(received, FrameType.RECV_PACKET);
        frame.setInt(received + 1, frameBytes - DerpLimits.HEADER_BYTES - DerpLimits.KEY_BYTES);
        frame.setBytes(received + DerpLimits.HEADER_BYTES, source);
        return received;
    }

    public static void keepAlive(ByteBuf out) {
        header(out, FrameType.KEEP_ALIVE, 0);
    }

    public static void notePreferred(ByteBuf out, boolean home) {
        header(out, FrameType.NOTE_PREFERRED, 1);
        out.writeBoolean(home);
    }

    public static void peerGone(ByteBuf out, Bytes32 peer, PeerGoneReason reason) {
        header(out, FrameType.PEER_GONE, DerpLimits.PEER_GONE_BYTES);
        key(out, peer);
        out.writeByte(reason.code());
    }

    /** {@code address} null means unknown: sixteen zero bytes and port 0. */
    public static void peerPresent(ByteBuf out, Bytes32 peer, @Nullable IpAddress address, int port, int flags) {
        header(out, FrameType.PEER_PRESENT, DerpLimits.PEER_PRESENT_BYTES);
        key(out, peer);
        if (address == null) {
            out.writeZero(16 + Short.BYTES);
        } else {
            out.writeLong(address.high());
            out.writeLong(address.isV6() ? address.low() : 0xFFFF_0000_0000L | address.low());
            out.writeShort(port);
        }
        out.writeByte(flags);
    }

    public static void watchConnections(ByteBuf out) {
        header(out, FrameType.WATCH_CONNS, 0);
    }

    public static void closePeer(ByteBuf out, Bytes32 peer) {
        header(out, FrameType.CLOSE_PEER, DerpLimits.KEY_BYTES);
        key(out, peer);
    }

    public static void ping(ByteBuf out, long payload) {
        header(out, FrameType.PING, Long.BYTES);
        out.writeLong(payload);
    }

    public static void pong(ByteBuf out, long payload) {
        header(out, FrameType.PONG, Long.BYTES);
        out.writeLong(payload);
    }

    /** Tells a problem of the relay in words; empty means healthy again. */
    public static void health(ByteBuf out, String problem) {
        header(out, FrameType.HEALTH, ByteBufUtil.utf8Bytes(problem));
        ByteBufUtil.writeUtf8(out, problem);
    }

    /** Announces a restart: when to come back and for how long to try. Both in whole milliseconds, below 50 days. */
    public static void restarting(ByteBuf out, Duration reconnectIn, Duration tryFor) {
        header(out, FrameType.RESTARTING, 2 * Integer.BYTES);
        out.writeInt((int) reconnectIn.toMillis());
        out.writeInt((int) tryFor.toMillis());
    }

    private static void header(ByteBuf out, int type, int length) {
        out.writeByte(type);
        out.writeInt(length);
    }

    private static void key(ByteBuf out, Bytes32 key) {
        out.writeBytes(key.toArray());
    }
}
