package io.fleetscale.relay.listener;

import io.fleetscale.runtime.acme.ChallengeHello;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import java.util.List;
import java.util.function.Supplier;

/**
 * Stands for TLS while an authority may come to check the relay's name: looks at the first record and makes way for the TLS that
 * it asks for. Confined to the event loop.
 */
final class ChallengeFork extends ByteToMessageDecoder {
    private static final int TLS_HANDSHAKE_RECORD = 0x16;

    private final Supplier<ChannelHandler> certificate;
    private final Supplier<ChannelHandler> challenge;

    ChallengeFork(Supplier<ChannelHandler> certificate, Supplier<ChannelHandler> challenge) {
        this.certificate = certificate;
        this.challenge = challenge;
    }

    @Override
    protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) {
        boolean isTls = in.getUnsignedByte(in.readerIndex()) == TLS_HANDSHAKE_RECORD;
        if (isTls && !ChallengeHello.isWhole(in)) {
            return;
        }
        // What is no TLS is refused by the TLS of the certificate.
        boolean isCheck = isTls && ChallengeHello.offersChallenge(in);
        ctx.pipeline().addAfter(ctx.name(), null, (isCheck ? challenge : certificate).get());
        ctx.pipeline().remove(this);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        ChannelFuture unused = ctx.close(); // reset by the peer before it said anything
    }
}
