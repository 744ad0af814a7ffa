package io.fleetscale.control.api.grpc;

import com.google.protobuf.ByteString;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;
import java.io.ByteArrayOutputStream;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;

/** One direction of an HTTP/2 connection, read frame by frame: what each stream carried. Not thread-safe. */
final class RecordedCall {
    /** What one stream carried in this direction. */
    static final class Stream {
        final Map<String, String> headers = new LinkedHashMap<>();
        final ByteArrayOutputStream data = new ByteArrayOutputStream();
        boolean ended;

        /** The message behind gRPC's prefix of five bytes; empty when there was none. */
        ByteString message() {
            byte[] bytes = data.toByteArray();
            return bytes.length == 0 ? ByteString.EMPTY : ByteString.copyFrom(bytes, 5, bytes.length - 5);
        }
    }

    private static final int FRAME_HEADER = 9;
    private static final int DATA = 0;
    private static final int HEADERS = 1;
    private static final int END_STREAM = 1;

    private final DefaultHttp2HeadersDecoder headers = new DefaultHttp2HeadersDecoder();
    private final ByteBuf unread = Unpooled.buffer();
    final TreeMap<Integer, Stream> streams = new TreeMap<>();

    void accept(byte[] bytes, int from) throws Http2Exception {
        unread.writeBytes(bytes, from, bytes.length - from);
        while (unread.readableBytes() >= FRAME_HEADER) {
            int length = unread.getUnsignedMedium(unread.readerIndex());
            if (unread.readableBytes() < FRAME_HEADER + length) {
                return;
            }
            unread.skipBytes(3);
            int type = unread.readUnsignedByte();
            int flags = unread.readUnsignedByte();
            int id = unread.readInt();
            frame(type, flags, id, unread.readSlice(length));
        }
    }

    /** Neither grpc-go nor grpc-java pads frames or continues headers. */
    private void frame(int type, int flags, int id, ByteBuf payload) throws Http2Exception {
        if (type != DATA && type != HEADERS) {
            return;
        }
        Stream stream = streams.computeIfAbsent(id, unused -> new Stream());
        if (type == DATA) {
            byte[] bytes = new byte[payload.readableBytes()];
            payload.readBytes(bytes);
            stream.data.writeBytes(bytes);
        } else {
            Http2Headers decoded = headers.decodeHeaders(id, payload);
            decoded.forEach(header -> stream.headers.put(
                    header.getKey().toString(), header.getValue().toString()));
        }
        stream.ended |= (flags & END_STREAM) != 0;
    }
}
