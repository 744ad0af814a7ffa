package io.fleetscale.relay.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetscale.relay.limits.QueueLimits;
import io.fleetscale.relay.metrics.LoopCounters;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.embedded.EmbeddedChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** An embedded channel takes every flush whole, as a socket does whose other side reads again. */
class OutflowTest {
    private static final int PACKETS = 40;
    private static final WriteBufferWaterMark TINY = new WriteBufferWaterMark(512, 1024);

    @ParameterizedTest
    @ValueSource(ints = {600, Outflow.MAX_GATHERED_FRAME_BYTES, Outflow.MAX_GATHERED_FRAME_BYTES + 1})
    void allQueuedPacketsLeaveInOrderOnceTheSocketTakesThem(int frameBytes) {
        QueueMemory memory = new QueueMemory(QueueLimits.DEFAULT.totalBytes());
        Connection connection = new Connection(memory);
        EmbeddedChannel channel = new EmbeddedChannel(connection);
        channel.config().setWriteBufferWaterMark(TINY);
        Outflow outflow = connection.outflow();

        // As with bytes that wait for encryption, the channel is not writable, and that it is again comes as a task of
        // its
        // own, not from within a flush.
        ChannelOutboundBuffer outbound = Objects.requireNonNull(channel.unsafe().outboundBuffer());
        outbound.setUserDefinedWritability(1, false);
        List<Integer> numbers = new ArrayList<>();
        for (int i = 0; i < PACKETS; i++) {
            ByteBuf frame = Unpooled.buffer(frameBytes).writeInt(i).writeZero(frameBytes - Integer.BYTES);
            outflow.packet(frame, 0, frameBytes, false);
            frame.release();
            numbers.add(i);
        }
        assertThat(memory.usedBytes()).isEqualTo((long) PACKETS * frameBytes);
        outbound.setUserDefinedWritability(1, true);
        channel.runPendingTasks();

        assertThat(outflow.isWaiting()).isFalse();
        assertThat(memory.usedBytes()).isZero();
        assertThat(numbersOf(channel, frameBytes)).isEqualTo(numbers);
        outflow.close();
        assertThat(channel.finish()).isFalse();
    }

    private static List<Integer> numbersOf(EmbeddedChannel channel, int frameBytes) {
        ByteBuf all = Unpooled.buffer();
        for (ByteBuf out = channel.readOutbound(); out != null; out = channel.readOutbound()) {
            all.writeBytes(out);
            out.release();
        }
        List<Integer> numbers = new ArrayList<>();
        while (all.isReadable()) {
            numbers.add(all.readInt());
            all.skipBytes(frameBytes - Integer.BYTES);
        }
        all.release();
        return numbers;
    }

    /** Drains when the channel becomes writable, as a session does. */
    private static final class Connection extends ChannelInboundHandlerAdapter {
        private final QueueMemory memory;
        private @Nullable Outflow outflow;

        Connection(QueueMemory memory) {
            this.memory = memory;
        }

        @Override
        public void handlerAdded(ChannelHandlerContext ctx) {
            outflow = new Outflow(ctx, QueueLimits.DEFAULT, memory, new LoopCounters());
        }

        @Override
        public void channelWritabilityChanged(ChannelHandlerContext ctx) {
            if (ctx.channel().isWritable()) {
                outflow().drain(System.nanoTime());
            }
        }

        Outflow outflow() {
            return Objects.requireNonNull(outflow, "the handler is not in a pipeline");
        }
    }
}
