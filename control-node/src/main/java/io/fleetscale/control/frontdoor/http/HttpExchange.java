package io.fleetscale.control.frontdoor.http;

import io.fleetscale.control.frontdoor.limit.ByteBudget;
import io.fleetscale.wire.ip.IpAddress;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpUtil;
import org.jspecify.annotations.Nullable;

/** One request on its way: its head, where it goes, and what has come of its body. Confined to the event loop. */
final class HttpExchange {
    private static final int FIRST_BODY_BYTES = 1024;

    /** What became of a piece of the body. */
    enum Piece {
        TAKEN,
        /** The body is longer than its route allows. */
        TOO_LARGE,
        /** The bodies of all requests together hold enough. */
        NO_ROOM
    }

    final HttpRequest request;
    final IpAddress source;
    final String path;
    final String query;
    final PathTable.@Nullable Found<Route> route;
    final @Nullable Runnable upgrade;
    final long startedNanos = System.nanoTime();
    private @Nullable ByteBuf body;
    private int held;

    /**
     * @param route null for an upgrade and for what has no route
     * @param upgrade takes the connection over when the request is complete
     */
    HttpExchange(
            HttpRequest request,
            IpAddress source,
            String path,
            String query,
            PathTable.@Nullable Found<Route> route,
            @Nullable Runnable upgrade) {
        this.request = request;
        this.source = source;
        this.path = path;
        this.query = query;
        this.route = route;
        this.upgrade = upgrade;
    }

    /** Bytes that the head announces, 0 without an announcement, -1 if it is no number. */
    long declaredLength() {
        try {
            return HttpUtil.getContentLength(request, 0L);
        } catch (NumberFormatException e) {
            return -1;
        }
    }

    /** Adds a piece of the body, which stays the caller's. */
    Piece take(ByteBuf piece, ByteBudget bodies) {
        int bytes = piece.readableBytes();
        if (bytes == 0) {
            return Piece.TAKEN;
        }
        int limit = route == null ? 0 : route.value().maxBodyBytes();
        if (held + bytes > limit) {
            return Piece.TOO_LARGE;
        }
        if (!bodies.take(bytes)) {
            return Piece.NO_ROOM;
        }
        held += bytes;
        if (body == null) {
            body = Unpooled.buffer(Math.max(bytes, Math.min(FIRST_BODY_BYTES, limit)), limit);
        }
        body.writeBytes(piece);
        return Piece.TAKEN;
    }

    /** The body that has come, once. */
    byte[] readBody() {
        if (body == null) {
            return new byte[0];
        }
        byte[] bytes = new byte[body.readableBytes()];
        body.readBytes(bytes);
        return bytes;
    }

    /** Frees the body and its part of the budget. */
    void release(ByteBudget bodies) {
        if (body != null) {
            body.release();
            body = null;
        }
        bodies.giveBack(held);
        held = 0;
    }
}
