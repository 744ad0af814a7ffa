package io.fleetscale.control.session;

import io.fleetscale.control.frontdoor.noise.MapStream;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.EventLoop;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/** Keeps what is written; a test says when it is writable and when it ends. Thread-safe. */
final class FakeMapStream implements MapStream {
    final List<byte[]> messages = new CopyOnWriteArrayList<>();
    private final EventLoop loop;
    private volatile boolean writable = true;
    private volatile boolean open = true;
    volatile boolean ended;
    volatile boolean reset;
    private volatile @Nullable Runnable onWritable;
    private volatile @Nullable Runnable onClosed;

    FakeMapStream(EventLoop loop) {
        this.loop = loop;
    }

    void setWritable(boolean now) {
        writable = now;
        Runnable action = onWritable;
        if (now && action != null) {
            loop.execute(action);
        }
    }

    /** The client goes away, or the end reaches it. */
    void close() {
        loop.execute(() -> {
            Runnable action = onClosed;
            if (open && action != null) {
                open = false;
                action.run();
            }
        });
    }

    @Override
    public EventLoop eventLoop() {
        return loop;
    }

    @Override
    public void writeAndFlush(ByteBuf piece) {
        write(piece);
    }

    @Override
    public void write(ByteBuf piece) {
        if (!loop.inEventLoop()) {
            throw new IllegalStateException("outside the event loop");
        }
        messages.add(ByteBufUtil.getBytes(piece));
        piece.release();
    }

    @Override
    public boolean isWritable() {
        return writable;
    }

    @Override
    public void onWritable(@Nullable Runnable action) {
        onWritable = action;
    }

    @Override
    public void onClosed(Runnable action) {
        onClosed = action;
    }

    @Override
    public boolean isOpen() {
        return open;
    }

    @Override
    public void end() {
        ended = true;
        close();
    }

    @Override
    public void sendAway() {
        end();
    }

    @Override
    public void reset() {
        reset = true;
        close();
    }
}
