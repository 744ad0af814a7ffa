package io.fleetscale.loadtest.client;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import java.io.ByteArrayOutputStream;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** Gathers a short answer. */
final class AnswerCollector extends StreamFrames {
    /** Source: control-protocol 4.2. */
    private static final int MAX_BODY_BYTES = 1 << 20;

    private final CompletableFuture<Answer> answer = new CompletableFuture<>();
    private final ByteArrayOutputStream body = new ByteArrayOutputStream(256);
    private int status;

    CompletableFuture<Answer> answer() {
        return answer;
    }

    void fail(Throwable cause) {
        answer.completeExceptionally(cause);
    }

    @Override
    void onHead(ChannelHandlerContext ctx, int value) {
        status = value;
    }

    @Override
    void onData(ChannelHandlerContext ctx, ByteBuf piece) throws ControlException {
        if (body.size() + piece.readableBytes() > MAX_BODY_BYTES) {
            throw new ControlException("answer of more than " + MAX_BODY_BYTES + " bytes");
        }
        byte[] bytes = new byte[piece.readableBytes()];
        piece.readBytes(bytes);
        body.writeBytes(bytes);
    }

    @Override
    void onEnd(Optional<Throwable> cause) {
        if (cause.isPresent()) {
            answer.completeExceptionally(cause.get());
        } else if (status == 0) {
            answer.completeExceptionally(new ControlException("answer without a status"));
        } else {
            answer.complete(new Answer(status, body.toByteArray()));
        }
    }
}
