package io.fleetscale.control.frontdoor.noise;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.Http2DataFrame;
import io.netty.handler.codec.http2.Http2Headers;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The request of one stream while it comes in. Confined to the event loop. */
final class RpcIntake {
    private static final int FIRST_BODY_BYTES = 1024;

    /** What became of a piece of the body. */
    enum Piece {
        TAKEN,
        /** The body is longer than a call may be. */
        TOO_LARGE,
        /** This connection's bodies, or all together, hold enough. */
        NO_ROOM
    }

    private final NoiseConnection connection;
    private @Nullable Http2Headers head;
    private @Nullable ByteBuf body;
    private int held;

    RpcIntake(NoiseConnection connection) {
        this.connection = connection;
    }

    /** Keeps the head; trailers are no second one. */
    void head(Http2Headers headers) {
        if (head == null) {
            head = headers;
        }
    }

    /** Whether a head has come and its request is not complete. */
    boolean isOpen() {
        return head != null;
    }

    /** Adds a piece of the body, which stays the caller's. */
    Piece take(Http2DataFrame frame) {
        int bytes = frame.content().readableBytes();
        int limit = connection.service().limits().rpcBodyBytes();
        if (held + bytes > limit) {
            return Piece.TOO_LARGE;
        }
        if (bytes > 0) {
            if (!connection.holdBody(bytes)) {
                return Piece.NO_ROOM;
            }
            held += bytes;
            if (body == null) {
                body = Unpooled.buffer(Math.max(bytes, frame.isEndStream() ? bytes : FIRST_BODY_BYTES), limit);
            }
            body.writeBytes(frame.content());
        }
        return Piece.TAKEN;
    }

    /** The head of the request, which is complete now; null if there is none. */
    @Nullable
    Http2Headers complete() {
        Http2Headers headers = head;
        head = null;
        return headers;
    }

    /** The body, once; its part of the budget is held until {@link #drop}. */
    byte[] takeBody() {
        ByteBuf whole = body;
        body = null;
        if (whole == null) {
            return new byte[0];
        }
        byte[] bytes = new byte[whole.readableBytes()];
        whole.readBytes(bytes);
        whole.release();
        return bytes;
    }

    /** Forgets the request and gives its part of the budget back. */
    void drop() {
        head = null;
        if (body != null) {
            body.release();
            body = null;
        }
        if (held > 0) {
            connection.releaseBody(held);
            held = 0;
        }
    }

    /** The headers without those of HTTP/2 itself; the first of each name. */
    static Map<String, String> plain(Http2Headers headers) {
        Map<String, String> map = new HashMap<>();
        for (Map.Entry<CharSequence, CharSequence> header : headers) {
            String name = header.getKey().toString();
            if (!name.startsWith(":")) {
                map.putIfAbsent(name, header.getValue().toString());
            }
        }
        return map;
    }
}
