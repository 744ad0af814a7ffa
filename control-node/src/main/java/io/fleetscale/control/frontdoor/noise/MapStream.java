package io.fleetscale.control.frontdoor.noise;

import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import org.jspecify.annotations.Nullable;

/**
 * A response body in pieces, for as long as the client listens. Confined to {@link #eventLoop}, except where a method
 * says otherwise.
 *
 * <p>What {@link #write} takes in one turn of the event loop leaves together. A stream that takes nothing for the stall time is reset by the
 * front door, so a writer need only stop while {@link #isWritable} is false.
 */
public interface MapStream {
    /** The loop that every other method belongs to. Any thread. */
    EventLoop eventLoop();

    /**
     * Writes a piece, whose ownership passes on; its fate is seen by {@link #onClosed}.
     *
     * @throws IllegalStateException outside the event loop
     */
    void write(ByteBuf piece);

    /** The same, and it leaves at once: for a piece that is alone in its turn of the event loop. */
    void writeAndFlush(ByteBuf piece);

    /** Whether what waits for the client is below the high-water mark. Any thread. */
    boolean isWritable();

    /** Runs {@code action} each time that the stream becomes writable again; null takes it away. */
    void onWritable(@Nullable Runnable action);

    /** Runs {@code action} once, when the stream is over for whatever reason; at once if it is so already. */
    void onClosed(Runnable action);

    /** Whether the client still listens. Any thread. */
    boolean isOpen();

    /** Ends the body. Any thread. */
    void end();

    /** Ends the body, and then the connection, so that the client comes again over a new one. Any thread. */
    void sendAway();

    /** Breaks the stream off: the client sees an error and comes again. Any thread. */
    void reset();
}
