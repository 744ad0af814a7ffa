package io.fleetscale.wire.derp;

import io.fleetscale.wire.key.Bytes32;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Cuts the byte stream of a relay into frames and hands them to a {@link RelayFrameSink}. The first frame must be a ServerKey.
 * After a {@link FrameException} everything else is discarded. Confined to one thread. Source: tailscale derp/derp_client.go,
 * recvTimeout.
 */
public final class RelayFrameDecoder implements AutoCloseable {
    /** Longer frames end the connection, as in the upstream client. */
    public static final int MAX_FRAME_BYTES = 1024 * 1024;

    private final ByteBufAllocator allocator;
    private @Nullable ByteBuf cut;
    private boolean greeted;
    private boolean closed;

    public RelayFrameDecoder(ByteBufAllocator allocator) {
        this.allocator = allocator;
    }

    /**
     * Decodes all frames that {@code input} completes. Takes over the buffer.
     *
     * @throws FrameException on the first violation
     */
    public void decode(ByteBuf input, RelayFrameSink sink) {
        ByteBuf bytes = joined(input);
        try {
            while (!closed && bytes.readableBytes() >= DerpLimits.HEADER_BYTES) {
                int start = bytes.readerIndex();
                int length = checkedLength(bytes.getUnsignedByte(start), bytes.getInt(start + 1));
                if (bytes.readableBytes() < DerpLimits.HEADER_BYTES + length) {
                    break;
                }
                bytes.skipBytes(DerpLimits.HEADER_BYTES + length);
                dispatch(bytes, start, length, sink);
            }
            if (!closed && bytes.isReadable()) {
                cut = allocator.buffer(Math.max(2048, bytes.readableBytes())).writeBytes(bytes);
            }
        } catch (FrameException e) {
            close();
            throw e;
        } finally {
            bytes.release();
        }
    }

    private ByteBuf joined(ByteBuf input) {
        ByteBuf before = cut;
        cut = null;
        if (before == null) {
            return input;
        }
        try {
            return before.writeBytes(input);
        } finally {
            input.release();
        }
    }

    private int checkedLength(int type, int length) {
        int least = switch (type) {
            case FrameType.SERVER_KEY -> Long.BYTES + DerpLimits.KEY_BYTES;
            case FrameType.SERVER_INFO -> BoxKey.NONCE_BYTES;
            case FrameType.RECV_PACKET, FrameType.PEER_PRESENT, FrameType.PEER_GONE -> DerpLimits.KEY_BYTES;
            case FrameType.PING -> Long.BYTES;
            default -> 0;
        };
        int most = type == FrameType.SERVER_KEY ? DerpLimits.MAX_SERVER_KEY_BYTES : MAX_FRAME_BYTES;
        if (length < least || length > most) {
            throw new FrameException(
                    FrameFault.BAD_LENGTH,
                    "frame of type " + type + " has " + Integer.toUnsignedString(length) + " bytes: must be " + least
                            + ".." + most);
        }
        if (!greeted && type != FrameType.SERVER_KEY) {
            throw new FrameException(FrameFault.NO_GREETING, "first frame has type " + type);
        }
        return length;
    }

    private void dispatch(ByteBuf bytes, int start, int length, RelayFrameSink sink) {
        int payload = start + DerpLimits.HEADER_BYTES;
        int type = bytes.getUnsignedByte(start);
        switch (type) {
            case FrameType.SERVER_KEY -> {
                greeted = true;
                Optional<ServerKey> key = ServerKey.read(bytes.slice(payload, length));
                sink.serverKey(
                        key.orElseThrow(() -> new FrameException(FrameFault.BAD_KEY, "the other side is no relay")));
            }
            case FrameType.SERVER_INFO -> {
                byte[] sealed = new byte[length];
                bytes.getBytes(payload, sealed);
                sink.serverInfo(sealed);
            }
            case FrameType.RECV_PACKET -> sink.recvPacket(bytes, start, DerpLimits.HEADER_BYTES + length);
            // Older relays leave out what follows the key.
            case FrameType.PEER_PRESENT ->
                sink.peerPresent(
                        key(bytes, payload),
                        length >= DerpLimits.PEER_PRESENT_BYTES
                                ? bytes.getUnsignedByte(payload + DerpLimits.PEER_PRESENT_BYTES - 1)
                                : 0);
            case FrameType.PEER_GONE -> {
                boolean notHere = length > DerpLimits.KEY_BYTES
                        && bytes.getByte(payload + DerpLimits.KEY_BYTES) == PeerGoneReason.NOT_HERE.code();
                sink.peerGone(key(bytes, payload), notHere ? PeerGoneReason.NOT_HERE : PeerGoneReason.DISCONNECTED);
            }
            case FrameType.PING -> sink.ping(bytes.getLong(payload));
            case FrameType.RESTARTING -> sink.restarting();
            default -> sink.other(type, length);
        }
    }

    /** Gives back all buffers; further input is discarded. */
    @Override
    public void close() {
        closed = true;
        if (cut != null) {
            cut.release();
            cut = null;
        }
    }

    private static Bytes32 key(ByteBuf buffer, int index) {
        byte[] bytes = new byte[DerpLimits.KEY_BYTES];
        buffer.getBytes(index, bytes);
        return Bytes32.of(bytes);
    }
}
