package io.fleetscale.loadtest.client;

import io.fleetscale.control.frontdoor.noise.NoiseRecords;
import io.fleetscale.wire.noise.EarlyPayload;
import io.fleetscale.wire.noise.InitiatorHandshake;
import io.fleetscale.wire.noise.NoiseException;
import io.fleetscale.wire.noise.NoiseFormat;
import io.fleetscale.wire.noise.RecordOpener;
import io.fleetscale.wire.noise.RecordSealer;
import io.fleetscale.wire.noise.TransportKeys;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.ByteToMessageDecoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * The client's way to HTTP/2: writes {@code POST /ts2021} with the initiation, reads the 101 and the handshake's answer,
 * puts the record codec into the pipeline and leaves. Confined to the event loop. Source: control-protocol 1.4, 2.3.
 */
final class UpgradeHandler extends ByteToMessageDecoder {
    private static final int MAX_HEAD_BYTES = 8192;

    private final ControlUrl url;
    private final InitiatorHandshake handshake;
    private final ControlConnection.Opening opening;
    private boolean headRead;

    UpgradeHandler(ControlUrl url, InitiatorHandshake handshake, ControlConnection.Opening opening) {
        this.url = url;
        this.handshake = handshake;
        this.opening = opening;
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
        String head = String.join(
                "\r\n",
                "POST /ts2021 HTTP/1.1",
                "Host: " + url.hostHeader(),
                "User-Agent: Go-http-client/1.1",
                "Content-Length: 0",
                "Connection: upgrade",
                "Upgrade: tailscale-control-protocol",
                "X-Tailscale-Handshake: " + handshake.initiationBase64(),
                "",
                "");
        ChannelFuture unused = ctx.writeAndFlush(Unpooled.copiedBuffer(head, StandardCharsets.US_ASCII));
    }

    @Override
    protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) throws Exception {
        if (!headRead && !readHead(in) || in.readableBytes() < NoiseFormat.HEADER_LENGTH) {
            return;
        }
        byte[] header = new byte[NoiseFormat.HEADER_LENGTH];
        in.getBytes(in.readerIndex(), header);
        int length = InitiatorHandshake.answerLength(header);
        if (in.readableBytes() < length) {
            return;
        }
        byte[] answer = new byte[length];
        in.readBytes(answer);
        TransportKeys keys = handshake.finish(answer);
        ChannelPipeline pipeline = ctx.pipeline();
        pipeline.addLast(new NoiseRecords(
                new RecordSealer(keys.clientToServer()), new RecordOpener(keys.serverToClient()), () -> {}));
        pipeline.addLast(new EarlyPayloadHandler(opening));
        pipeline.remove(this);
    }

    /** Whether the head is there and a 101. */
    private boolean readHead(ByteBuf in) throws ControlException {
        int end = headLength(in);
        if (end < 0) {
            if (in.readableBytes() > MAX_HEAD_BYTES) {
                throw new ControlException("POST /ts2021: answer without the end of its head");
            }
            return false;
        }
        String head = in.readCharSequence(end, StandardCharsets.US_ASCII).toString();
        headRead = true;
        String status = head.substring(0, head.indexOf('\r'));
        if (!status.startsWith("HTTP/1.1 101 ")
                || !head.toLowerCase(Locale.ROOT).contains("\r\nupgrade: tailscale-control-protocol\r\n")) {
            throw new ControlException("POST /ts2021: no upgrade but \"" + status + "\"");
        }
        return true;
    }

    private static int headLength(ByteBuf in) {
        for (int i = in.readerIndex(); i + 4 <= in.writerIndex(); i++) {
            if (in.getInt(i) == 0x0D0A0D0A) {
                return i + 4 - in.readerIndex();
            }
        }
        return -1;
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) throws Exception {
        super.channelInactive(ctx);
        opening.fail(new ControlException("POST /ts2021: closed by the server"));
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        opening.fail(cause.getCause() == null ? cause : cause.getCause());
        ChannelFuture unused = ctx.close();
    }

    /** Nine bytes decide between an early payload, which is read and dropped, and HTTP/2. */
    private static final class EarlyPayloadHandler extends ByteToMessageDecoder {
        private final ControlConnection.Opening opening;

        EarlyPayloadHandler(ControlConnection.Opening opening) {
            this.opening = opening;
        }

        @Override
        protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) throws NoiseException {
            if (in.readableBytes() < EarlyPayload.HEADER_LENGTH) {
                return;
            }
            byte[] header = new byte[EarlyPayload.HEADER_LENGTH];
            in.getBytes(in.readerIndex(), header);
            Optional<Integer> length = EarlyPayload.jsonLength(header);
            if (length.isPresent()) {
                if (in.readableBytes() < header.length + length.get()) {
                    return;
                }
                in.skipBytes(header.length);
                byte[] json = new byte[length.get()];
                in.readBytes(json);
                EarlyPayload.decode(json);
            }
            opening.start(ctx);
            ctx.pipeline().remove(this);
        }

        @Override
        public void channelInactive(ChannelHandlerContext ctx) throws Exception {
            super.channelInactive(ctx);
            opening.fail(new ControlException("closed by the server after the handshake"));
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            opening.fail(cause.getCause() == null ? cause : cause.getCause());
            ChannelFuture unused = ctx.close();
        }
    }
}
