package io.fleetscale.control.frontdoor.noise;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http2.DefaultHttp2Connection;
import io.netty.handler.codec.http2.DefaultHttp2RemoteFlowController;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Stream;
import io.netty.handler.codec.http2.UniformStreamByteDistributor;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class BodyFramesTest {
    private static final int FIRST_WINDOW = 65_535;

    private final DefaultHttp2Connection connection = new DefaultHttp2Connection(true);
    private final DefaultHttp2RemoteFlowController controller =
            new DefaultHttp2RemoteFlowController(connection, new UniformStreamByteDistributor(connection));
    private final EmbeddedChannel channel = new EmbeddedChannel(new ChannelInboundHandlerAdapter());
    private final List<Boolean> marks = new ArrayList<>();
    private final Outlet outlet = new Outlet();

    /** Keeps what left past the flow controller. */
    private static final class Outlet implements FrameOutlet {
        final ByteBuf frame = Unpooled.buffer();
        boolean free = true;
        int sent;

        @Override
        public boolean isFree() {
            return free;
        }

        @Override
        public ByteBuf blank() {
            return frame.clear();
        }

        @Override
        public void send() {
            sent++;
        }
    }

    @BeforeEach
    void connect() throws Http2Exception {
        channel.config().setWriteBufferWaterMark(new WriteBufferWaterMark(1 << 20, 1 << 21));
        connection.remote().flowController(controller);
        controller.channelHandlerContext(channel.pipeline().firstContext());
    }

    @AfterEach
    void close() {
        channel.finishAndReleaseAll();
    }

    @Test
    void piecesBecomeFramesAsTheWindowAllows() throws Http2Exception {
        Http2Stream stream = connection.remote().createStream(1, false);
        BodyFrames body = frames(stream);
        byte[] content = new byte[100_000];
        for (int i = 0; i < content.length; i++) {
            content[i] = (byte) (i % 251);
        }
        ByteBuf piece = Unpooled.copiedBuffer(content);

        body.write(piece);
        assertThat(body.isFull()).isTrue();
        ByteBuf first = sent();
        assertThat(first.readableBytes()).isEqualTo(FIRST_WINDOW);
        assertThat(body.isFull()).as("34,465 bytes still wait").isTrue();
        assertThat(piece.refCnt()).isOne();

        controller.incrementWindowSize(connection.connectionStream(), content.length);
        controller.incrementWindowSize(stream, content.length);
        ByteBuf all = Unpooled.wrappedBuffer(first, sent());
        assertThat(all).isEqualTo(Unpooled.wrappedBuffer(content));
        all.release();
        assertThat(body.isFull()).isFalse();
        assertThat(marks).containsExactly(true, false);
        assertThat(piece.refCnt()).isZero();
    }

    @Test
    void aClosedStreamGivesItsPiecesBack() throws Http2Exception {
        Http2Stream stream = connection.remote().createStream(1, false);
        BodyFrames body = frames(stream);
        ByteBuf sentInPart = Unpooled.buffer().writeZero(FIRST_WINDOW + 1);
        ByteBuf waiting = Unpooled.buffer().writeZero(40_000);
        body.write(sentInPart);
        sent().release();
        body.write(waiting);

        stream.close();

        assertThat(sentInPart.refCnt()).isZero();
        assertThat(waiting.refCnt()).isZero();
        assertThat(body.isFull()).isFalse();
    }

    @Test
    void aShortPieceLeavesAtOnceUntilAWindowIsUsedUp() throws Http2Exception {
        Http2Stream stream = connection.remote().createStream(1, false);
        BodyFrames body = frames(stream);
        int taken = 0;
        while (taken + 1000 <= FIRST_WINDOW) {
            ByteBuf piece = Unpooled.buffer().writeZero(1000);
            assertThat(body.sendNow(piece)).isTrue();
            assertThat(piece.refCnt()).isZero();
            assertThat(outlet.frame.readUnsignedMedium()).isEqualTo(1000);
            assertThat(outlet.frame.readByte()).as("type DATA").isZero();
            assertThat(outlet.frame.readByte()).as("flags").isZero();
            assertThat(outlet.frame.readInt()).as("stream").isEqualTo(1);
            assertThat(outlet.frame.readableBytes()).isEqualTo(1000);
            taken += 1000;
        }
        ByteBuf late = Unpooled.buffer().writeZero(1000);
        assertThat(body.sendNow(late)).as("65 pieces fit the window").isFalse();

        body.write(late);
        assertThat(controller.windowSize(stream)).isEqualTo(FIRST_WINDOW - taken);
        assertThat(controller.windowSize(connection.connectionStream())).isEqualTo(FIRST_WINDOW - taken);
        ByteBuf start = sent();
        assertThat(start.readableBytes()).isEqualTo(FIRST_WINDOW - taken);
        start.release();
        controller.incrementWindowSize(connection.connectionStream(), 10_000);
        controller.incrementWindowSize(stream, 10_000);
        ByteBuf more = Unpooled.buffer().writeZero(10);
        assertThat(body.sendNow(more))
                .as("the rest of the late piece stands before it")
                .isFalse();
        ByteBuf rest = sent();
        assertThat(rest.readableBytes()).isEqualTo(1000 - (FIRST_WINDOW - taken));
        rest.release();
        assertThat(body.sendNow(more)).isTrue();
        assertThat(marks).isEmpty();
    }

    @Test
    void theConnectionsWindowBindsAllStreams() throws Http2Exception {
        controller.initialWindowSize(1 << 20);
        BodyFrames first = frames(connection.remote().createStream(1, false));
        BodyFrames second = frames(connection.remote().createStream(3, false));
        for (int taken = 0; taken + 4000 <= FIRST_WINDOW; taken += 4000) {
            assertThat(first.sendNow(Unpooled.buffer().writeZero(4000))).isTrue();
        }
        ByteBuf piece = Unpooled.buffer().writeZero(4000);
        assertThat(second.sendNow(piece)).isFalse();
        piece.release();
    }

    @Test
    void aStreamThatEndsLeavesTheConnectionWhatItDidNotSend() throws Http2Exception {
        Http2Stream stream = connection.remote().createStream(1, false);
        BodyFrames body = frames(stream);
        assertThat(body.sendNow(Unpooled.buffer().writeZero(100))).isTrue();
        assertThat(controller.windowSize(connection.connectionStream()))
                .as("some is taken for the next pieces")
                .isLessThan(FIRST_WINDOW - 100);

        stream.close();
        body.close();

        assertThat(controller.windowSize(connection.connectionStream())).isEqualTo(FIRST_WINDOW - 100);
    }

    @Test
    void nothingOvertakesWhatWaits() throws Http2Exception {
        Http2Stream stream = connection.remote().createStream(1, false);
        BodyFrames body = frames(stream);
        ByteBuf piece = Unpooled.buffer().writeZero(10);
        outlet.free = false;
        assertThat(body.sendNow(piece)).as("a head was written and not flushed").isFalse();
        outlet.free = true;
        stream.close();
        assertThat(body.sendNow(piece)).as("the stream is over").isFalse();
        ByteBuf longer = Unpooled.buffer().writeZero(BodyFrames.MAX_DIRECT_BYTES + 1);
        assertThat(frames(connection.remote().createStream(3, false)).sendNow(longer))
                .as("longer than the blank")
                .isFalse();
        assertThat(outlet.sent).isZero();
        piece.release();
        longer.release();
    }

    private BodyFrames frames(Http2Stream stream) {
        BodyFrames[] self = new BodyFrames[1];
        self[0] = new BodyFrames(
                controller, stream, connection.connectionStream(), outlet, () -> marks.add(self[0].isFull()));
        return self[0];
    }

    /** The content of the frames that leave now; checks their headers. */
    private ByteBuf sent() throws Http2Exception {
        controller.writePendingBytes();
        channel.flush();
        ByteBuf content = Unpooled.buffer();
        for (ByteBuf frame = channel.readOutbound(); frame != null; frame = channel.readOutbound()) {
            int length = frame.readUnsignedMedium();
            assertThat(length).isBetween(1, 16_384);
            assertThat(frame.readByte()).as("type DATA").isZero();
            assertThat(frame.readByte()).as("flags").isZero();
            assertThat(frame.readInt()).as("stream").isEqualTo(1);
            assertThat(frame.readableBytes()).isEqualTo(length);
            content.writeBytes(frame);
            frame.release();
        }
        return content;
    }
}
