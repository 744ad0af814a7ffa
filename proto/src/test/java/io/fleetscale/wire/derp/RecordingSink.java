package io.fleetscale.wire.derp;

import io.fleetscale.wire.key.Bytes32;
import io.fleetscale.wire.key.NodeKey;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/** Writes down every frame in a line. */
final class RecordingSink implements DerpFrameSink {
    final List<String> frames = new ArrayList<>();

    @Override
    public void clientInfo(NodeKey claimed, byte[] sealed) {
        frames.add("info " + claimed.raw() + " " + HexFormat.of().formatHex(sealed));
    }

    @Override
    public void sendPacket(ByteBuf buffer, int start, int frameBytes) {
        frames.add("send " + ByteBufUtil.hexDump(buffer, start, frameBytes));
    }

    @Override
    public void forwardPacket(ByteBuf buffer, int start, int frameBytes) {
        frames.add("forward " + ByteBufUtil.hexDump(buffer, start, frameBytes));
    }

    @Override
    public void notePreferred(boolean home) {
        frames.add("preferred " + home);
    }

    @Override
    public void ping(long payload) {
        frames.add("ping " + payload);
    }

    @Override
    public void watchConnections() {
        frames.add("watch");
    }

    @Override
    public void closePeer(Bytes32 key) {
        frames.add("close " + key);
    }

    @Override
    public void skipped(int type, int length) {
        frames.add("skipped " + type + " " + length);
    }
}
