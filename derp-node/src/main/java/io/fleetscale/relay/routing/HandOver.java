package io.fleetscale.relay.routing;

import io.netty.buffer.ByteBuf;
import java.util.Arrays;

/**
 * Packets on their way from one event loop to another: filled by the first, emptied once by the second. Several packets
 * out of one buffer share one reference to it.
 */
@SuppressWarnings("ReferenceEquality") // the same buffer object is meant, not equal content
final class HandOver implements Runnable {
    static final int CAPACITY = 256;
    private static final int FIRST_SLOTS = 16;

    private Receiver[] receivers = new Receiver[FIRST_SLOTS];
    private Peer[] sources = new Peer[FIRST_SLOTS];
    private ByteBuf[] buffers = new ByteBuf[FIRST_SLOTS];
    private int[] starts = new int[FIRST_SLOTS];
    private int[] frameBytes = new int[FIRST_SLOTS];
    private int size;

    boolean isFull() {
        return size == CAPACITY;
    }

    void add(Receiver receiver, Peer source, ByteBuf buffer, int start, int bytes) {
        if (size == receivers.length) {
            grow();
        }
        if (size == 0 || buffers[size - 1] != buffer) {
            buffer.retain();
        }
        receivers[size] = receiver;
        sources[size] = source;
        buffers[size] = buffer;
        starts[size] = start;
        frameBytes[size] = bytes;
        size++;
    }

    /** Delivers everything; runs on the loop of the receivers. */
    @Override
    public void run() {
        for (int i = 0; i < size; i++) {
            try {
                receivers[i].deliver(sources[i], buffers[i], starts[i], frameBytes[i]);
            } finally {
                releaseAfter(i);
            }
        }
    }

    /** Drops everything, when the other loop takes no tasks any more. Returns the number of packets. */
    int discard() {
        for (int i = 0; i < size; i++) {
            releaseAfter(i);
        }
        return size;
    }

    private void releaseAfter(int index) {
        if (index + 1 == size || buffers[index + 1] != buffers[index]) {
            buffers[index].release();
        }
    }

    private void grow() {
        int slots = receivers.length * 2;
        receivers = Arrays.copyOf(receivers, slots);
        sources = Arrays.copyOf(sources, slots);
        buffers = Arrays.copyOf(buffers, slots);
        starts = Arrays.copyOf(starts, slots);
        frameBytes = Arrays.copyOf(frameBytes, slots);
    }
}
