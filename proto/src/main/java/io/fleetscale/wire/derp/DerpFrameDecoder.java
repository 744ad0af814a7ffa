package io.fleetscale.wire.derp;

import io.fleetscale.wire.key.Bytes32;
import io.fleetscale.wire.key.NodeKey;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import org.jspecify.annotations.Nullable;

/**
 * Cuts the byte stream of one node into frames and hands them to a {@link DerpFrameSink}. The first frame must be a
 * ClientInfo. A length is checked as soon as its header is there, before anything is allocated for it.
 *
 * <p>Whole frames are handed over inside the buffer that they arrived in; only a frame that is cut by the end of a
 * buffer is assembled in a buffer of its own, which grows with the bytes that really arrive. After a
 * {@link FrameException} everything else is discarded. Confined to one thread.
 */
public final class DerpFrameDecoder implements AutoCloseable {
    /** Most bytes that wait while the decoder is paused. */
    public static final int MAX_HELD_BYTES = 1024 * 1024;

    private static final int FIRST_ASSEMBLY_BYTES = 2048;
    private static final int SKIP = -1;

    private final ByteBufAllocator allocator;
    private @Nullable ByteBuf assembly;
    private @Nullable ByteBuf held;
    private int skipBytes;
    private boolean greeted;
    private boolean paused;
    private boolean closed;

    public DerpFrameDecoder(ByteBufAllocator allocator) {
        this.allocator = allocator;
    }

    /**
     * Decodes all frames that {@code input} completes. Takes over the buffer.
     *
     * @throws FrameException on the first violation
     */
    public void decode(ByteBuf input, DerpFrameSink sink) {
        try {
            while (!closed && !paused && input.isReadable()) {
                if (!step(input, sink)) {
                    break;
                }
            }
            if (!closed && input.isReadable()) {
                keep(input);
            }
        } catch (FrameException e) {
            close();
            throw e;
        } finally {
            input.release();
        }
    }

    /** Stops after the present frame; what follows is held back until {@link #resume}. */
    public void pause() {
        paused = true;
    }

    /** Decodes what was held back and goes on. */
    public void resume(DerpFrameSink sink) {
        paused = false;
        ByteBuf waiting = held;
        held = null;
        if (waiting != null) {
            decode(waiting, sink);
        }
    }

    /** Gives back all buffers; further input is discarded. */
    @Override
    public void close() {
        closed = true;
        if (assembly != null) {
            assembly.release();
            assembly = null;
        }
        if (held != null) {
            held.release();
            held = null;
        }
    }

    /** Consumes some input; false means that more is needed and the rest must be kept. */
    private boolean step(ByteBuf input, DerpFrameSink sink) {
        if (skipBytes > 0) {
            int skipped = Math.min(skipBytes, input.readableBytes());
            input.skipBytes(skipped);
            skipBytes -= skipped;
            return true;
        }
        if (assembly != null) {
            return assemble(assembly, input, sink);
        }
        if (input.readableBytes() < DerpLimits.HEADER_BYTES) {
            return false;
        }
        int start = input.readerIndex();
        int frameBytes = frameBytes(input, start, sink);
        if (frameBytes == SKIP) {
            input.skipBytes(DerpLimits.HEADER_BYTES);
            return true;
        }
        if (input.readableBytes() < frameBytes) {
            return false;
        }
        input.skipBytes(frameBytes);
        dispatch(input, start, frameBytes, sink);
        return true;
    }

    private boolean assemble(ByteBuf frame, ByteBuf input, DerpFrameSink sink) {
        if (frame.readableBytes() < DerpLimits.HEADER_BYTES) {
            move(input, frame, DerpLimits.HEADER_BYTES);
            if (frame.readableBytes() < DerpLimits.HEADER_BYTES) {
                return true;
            }
        }
        int frameBytes = frameBytes(frame, frame.readerIndex(), sink);
        if (frameBytes == SKIP) {
            assembly = null;
            frame.release();
            return true;
        }
        move(input, frame, frameBytes);
        if (frame.readableBytes() == frameBytes) {
            assembly = null;
            try {
                dispatch(frame, frame.readerIndex(), frameBytes, sink);
            } finally {
                frame.release();
            }
        }
        return true;
    }

    private static void move(ByteBuf input, ByteBuf frame, int wantedBytes) {
        frame.writeBytes(input, Math.min(wantedBytes - frame.readableBytes(), input.readableBytes()));
    }

    private void keep(ByteBuf input) {
        if (paused) {
            ByteBuf waiting = held == null ? allocator.buffer(input.readableBytes()) : held;
            held = waiting;
            if (input.readableBytes() > MAX_HELD_BYTES - waiting.readableBytes()) {
                throw new FrameException(
                        FrameFault.TOO_MUCH_BEFORE_ADMISSION,
                        "more than " + MAX_HELD_BYTES + " bytes arrived before admission");
            }
            waiting.writeBytes(input);
        } else {
            assembly = allocator.buffer(Math.max(FIRST_ASSEMBLY_BYTES, input.readableBytes()));
            assembly.writeBytes(input);
        }
    }

    /** Bytes of the frame whose header stands at {@code start}, or {@link #SKIP} when its payload has no use. */
    private int frameBytes(ByteBuf buffer, int start, DerpFrameSink sink) {
        int type = buffer.getUnsignedByte(start);
        int length = buffer.getInt(start + 1);
        if (!greeted) {
            if (type != FrameType.CLIENT_INFO) {
                throw new FrameException(FrameFault.NO_GREETING, "first frame has type " + type);
            }
            return checked(type, length, DerpLimits.MIN_CLIENT_INFO_BYTES, DerpLimits.MAX_CLIENT_INFO_BYTES);
        }
        return switch (type) {
            case FrameType.SEND_PACKET -> checked(type, length, DerpLimits.KEY_BYTES, DerpLimits.MAX_SEND_PACKET_BYTES);
            case FrameType.FORWARD_PACKET ->
                checked(type, length, 2 * DerpLimits.KEY_BYTES, DerpLimits.MAX_FORWARD_PACKET_BYTES);
            case FrameType.NOTE_PREFERRED -> checked(type, length, 1, 1);
            case FrameType.PING -> checked(type, length, DerpLimits.PING_BYTES, DerpLimits.MAX_PING_BYTES);
            case FrameType.WATCH_CONNS -> checked(type, length, 0, 0);
            case FrameType.CLOSE_PEER -> checked(type, length, DerpLimits.KEY_BYTES, DerpLimits.KEY_BYTES);
            default -> {
                checked(type, length, 0, DerpLimits.MAX_UNKNOWN_BYTES);
                skipBytes = length;
                sink.skipped(type, length);
                yield SKIP;
            }
        };
    }

    private static int checked(int type, int length, int least, int most) {
        if (length < least || length > most) {
            throw new FrameException(
                    FrameFault.BAD_LENGTH,
                    "frame of type " + type + " has " + Integer.toUnsignedString(length) + " bytes: must be " + least
                            + ".." + most);
        }
        return DerpLimits.HEADER_BYTES + length;
    }

    private void dispatch(ByteBuf buffer, int start, int frameBytes, DerpFrameSink sink) {
        int payload = start + DerpLimits.HEADER_BYTES;
        switch (buffer.getByte(start)) {
            case FrameType.SEND_PACKET -> sink.sendPacket(buffer, start, frameBytes);
            case FrameType.FORWARD_PACKET -> sink.forwardPacket(buffer, start, frameBytes);
            case FrameType.NOTE_PREFERRED -> sink.notePreferred(buffer.getByte(payload) != 0);
            case FrameType.PING -> sink.ping(buffer.getLong(payload));
            case FrameType.WATCH_CONNS -> sink.watchConnections();
            case FrameType.CLOSE_PEER -> sink.closePeer(key(buffer, payload));
            case FrameType.CLIENT_INFO -> {
                greeted = true;
                byte[] sealed = new byte[frameBytes - DerpLimits.HEADER_BYTES - DerpLimits.KEY_BYTES];
                buffer.getBytes(payload + DerpLimits.KEY_BYTES, sealed);
                sink.clientInfo(new NodeKey(key(buffer, payload)), sealed);
            }
            default -> throw new IllegalStateException("frameBytes() lets only known types through");
        }
    }

    private static Bytes32 key(ByteBuf buffer, int index) {
        byte[] bytes = new byte[DerpLimits.KEY_BYTES];
        buffer.getBytes(index, bytes);
        return Bytes32.of(bytes);
    }
}
