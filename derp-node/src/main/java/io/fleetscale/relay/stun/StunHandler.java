package io.fleetscale.relay.stun;

import io.fleetscale.wire.ip.IpAddress;
import io.fleetscale.wire.stun.StunBinding;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.socket.DatagramPacket;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Answers binding requests; everything else is dropped without a word. Thread-safe. */
@ChannelHandler.Sharable
final class StunHandler extends SimpleChannelInboundHandler<DatagramPacket> {
    private static final Logger LOG = LoggerFactory.getLogger(StunHandler.class);

    private final StunCounters counters;

    StunHandler(StunCounters counters) {
        this.counters = counters;
    }

    @Override
    protected void channelRead0(ChannelHandlerContext ctx, DatagramPacket datagram) {
        ByteBuf request = datagram.content();
        if (!StunBinding.isBindingRequest(request)) {
            counters.notStun.increment();
            return;
        }
        if (!ctx.channel().isWritable()) {
            counters.writeErrors.increment();
            return;
        }
        IpAddress source = IpAddress.of(datagram.sender().getAddress()).unmap();
        ByteBuf response = ctx.alloc().ioBuffer(StunBinding.MAX_RESPONSE_BYTES);
        StunBinding.writeResponse(request, source, datagram.sender().getPort(), response);
        (source.isV6() ? counters.ipv6 : counters.ipv4).increment();
        var unused = ctx.write(new DatagramPacket(response, datagram.sender())).addListener(written -> {
            if (!written.isSuccess()) {
                counters.writeErrors.increment();
            }
        });
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        ctx.flush();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        // ICMP errors of earlier answers surface here; the socket goes on.
        counters.readErrors.increment();
        LOG.atDebug().setCause(cause).log("STUN socket reported an error");
    }
}
