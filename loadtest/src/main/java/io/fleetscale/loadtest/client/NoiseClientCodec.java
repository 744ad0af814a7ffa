package io.fleetscale.loadtest.client;

import io.fleetscale.wire.noise.NoiseException;
import io.fleetscale.wire.noise.RecordOpener;
import io.fleetscale.wire.noise.RecordSealer;
import io.fleetscale.wire.noise.TransportKeys;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandler;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.handler.codec.DecoderException;
import java.net.SocketAddress;
import java.nio.channels.ClosedChannelException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Opens the server's records and seals what the client writes, all of one flush together as a real client's buffered
 * writer does. Confined to the event loop; idle it holds two keys and two counters.
 */
@SuppressWarnings("FutureReturnValueIgnored") // the promise that is passed along tells
final class NoiseClientCodec extends ByteToMessageDecoder implements ChannelOutboundHandler {
    private final RecordSealer sealer;
    private final RecordOpener opener;
    private @Nullable ByteBuf gathered;
    private @Nullable List<ChannelPromise> promises;

    NoiseClientCodec(TransportKeys keys) {
        this.sealer = new RecordSealer(keys.clientToServer());
        this.opener = new RecordOpener(keys.serverToClient());
    }

    @Override
    protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) {
        try {
            for (@Nullable ByteBuf plain = opener.open(in); plain != null; plain = opener.open(in)) {
                if (plain.isReadable()) {
                    out.add(plain);
                } else {
                    plain.release();
                }
            }
        } catch (NoiseException e) {
            in.skipBytes(in.readableBytes());
            throw new DecoderException(e);
        }
    }

    @Override
    public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
        ByteBuf plain = (ByteBuf) message;
        try {
            ByteBuf all = gathered;
            if (all == null) {
                all = ctx.alloc().heapBuffer(Math.max(plain.readableBytes(), 512));
                gathered = all;
            }
            all.writeBytes(plain);
            List<ChannelPromise> waiting = promises;
            if (waiting == null) {
                waiting = new ArrayList<>(4);
                promises = waiting;
            }
            waiting.add(promise);
        } finally {
            plain.release();
        }
    }

    @Override
    public void flush(ChannelHandlerContext ctx) {
        ByteBuf plain = gathered;
        List<ChannelPromise> waiting = promises;
        gathered = null;
        promises = null;
        if (plain == null || waiting == null) {
            ctx.flush();
            return;
        }
        ByteBuf sealed = ctx.alloc().buffer(RecordSealer.sealedLength(plain.readableBytes()));
        try {
            sealer.seal(plain, sealed);
        } catch (NoiseException e) {
            sealed.release();
            fail(waiting, e);
            ctx.close();
            return;
        } finally {
            plain.release();
        }
        ctx.writeAndFlush(sealed).addListener(done -> {
            for (ChannelPromise promise : waiting) {
                if (done.isSuccess()) {
                    promise.trySuccess();
                } else {
                    promise.tryFailure(done.cause());
                }
            }
        });
    }

    @Override
    protected void handlerRemoved0(ChannelHandlerContext ctx) {
        ByteBuf plain = gathered;
        List<ChannelPromise> waiting = promises;
        gathered = null;
        promises = null;
        if (plain != null) {
            plain.release();
        }
        if (waiting != null) {
            fail(waiting, new ClosedChannelException());
        }
    }

    private static void fail(List<ChannelPromise> waiting, Throwable cause) {
        for (ChannelPromise promise : waiting) {
            promise.tryFailure(cause);
        }
    }

    @Override
    public void bind(ChannelHandlerContext ctx, SocketAddress local, ChannelPromise promise) {
        ctx.bind(local, promise);
    }

    @Override
    public void connect(ChannelHandlerContext ctx, SocketAddress remote, SocketAddress local, ChannelPromise promise) {
        ctx.connect(remote, local, promise);
    }

    @Override
    public void disconnect(ChannelHandlerContext ctx, ChannelPromise promise) {
        flush(ctx);
        ctx.disconnect(promise);
    }

    @Override
    public void close(ChannelHandlerContext ctx, ChannelPromise promise) {
        flush(ctx);
        ctx.close(promise);
    }

    @Override
    public void deregister(ChannelHandlerContext ctx, ChannelPromise promise) {
        ctx.deregister(promise);
    }

    @Override
    public void read(ChannelHandlerContext ctx) {
        ctx.read();
    }
}
