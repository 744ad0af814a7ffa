package io.fleetscale.runtime.net;

import io.fleetscale.wire.ip.IpAddress;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.handler.codec.ProtocolDetectionState;
import io.netty.handler.codec.haproxy.HAProxyCommand;
import io.netty.handler.codec.haproxy.HAProxyMessage;
import io.netty.handler.codec.haproxy.HAProxyMessageDecoder;
import io.netty.util.AttributeKey;
import io.netty.util.ReferenceCountUtil;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Takes a PROXY header, version 1 or 2, off the front of a connection, and leaves the pipeline once it is through or there is
 * none. Only for connections of trusted proxies ({@link ClientAddress#isTrusted}): everybody else could choose an address.
 * Confined to the connection's event loop.
 */
public final class ProxyHeader extends ByteToMessageDecoder {
    private static final int MAX_TLV_BYTES = 4096;
    private static final AttributeKey<InetSocketAddress> CLIENT = AttributeKey.valueOf(ProxyHeader.class, "client");

    private final Listener listener;

    /** Hears what the header says, on the event loop. */
    public interface Listener {
        /**
         * The proxy named the client. Not called for a probe of the proxy's own.
         *
         * @return whether the connection is wanted; it is closed otherwise
         */
        boolean named(InetSocketAddress client);

        /** What stands there is no header; the connection is closed. */
        void malformed();
    }

    public ProxyHeader(Listener listener) {
        this.listener = listener;
    }

    /** Who is at the other end: whom a trusted proxy named, else the peer of the socket; null for a channel without one. */
    public static @Nullable SocketAddress clientOf(Channel channel) {
        return channel.hasAttr(CLIENT) ? channel.attr(CLIENT).get() : channel.remoteAddress();
    }

    @Override
    protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) {
        switch (HAProxyMessageDecoder.detectProtocol(in).state()) {
            case ProtocolDetectionState.NEEDS_MORE_DATA -> {}
            case ProtocolDetectionState.INVALID -> ctx.pipeline().remove(this);
            case ProtocolDetectionState.DETECTED -> {
                ctx.pipeline().addAfter(ctx.name(), null, new Named());
                ctx.pipeline().addAfter(ctx.name(), null, new HAProxyMessageDecoder(MAX_TLV_BYTES));
                ctx.pipeline().remove(this);
            }
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        ChannelFuture unused = ctx.close(); // reset by the peer before it said anything
    }

    /** Behind the decoder of the header, which removes itself and passes on what follows. */
    private final class Named extends ChannelInboundHandlerAdapter {
        private boolean refused;

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            if (!refused && message instanceof HAProxyMessage header) {
                try {
                    take(ctx, header);
                } finally {
                    ReferenceCountUtil.release(message);
                }
            } else {
                ReferenceCountUtil.release(message);
            }
        }

        private void take(ChannelHandlerContext ctx, HAProxyMessage header) {
            String address = header.sourceAddress();
            if (header.command() == HAProxyCommand.PROXY && address != null) {
                InetSocketAddress client;
                try {
                    client = new InetSocketAddress(
                            IpAddress.parse(address).unmap().toInetAddress(), header.sourcePort());
                } catch (IllegalArgumentException e) {
                    malformed(ctx);
                    return;
                }
                ctx.channel().attr(CLIENT).set(client);
                if (!listener.named(client)) {
                    refuse(ctx);
                    return;
                }
            }
            ctx.pipeline().remove(this);
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            malformed(ctx);
        }

        private void malformed(ChannelHandlerContext ctx) {
            if (!refused) {
                listener.malformed();
                refuse(ctx);
            }
        }

        private void refuse(ChannelHandlerContext ctx) {
            refused = true;
            ChannelFuture unused = ctx.close();
        }
    }
}
