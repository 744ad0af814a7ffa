package io.fleetscale.wire.stun;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.fleetscale.wire.ip.IpAddress;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;

/** Any datagram is judged without an exception, and an accepted one is answered within the size of an answer. */
class StunBindingFuzzTest {
    @FuzzTest(maxDuration = "60s")
    void judgesAnyDatagram(byte[] datagram) {
        ByteBuf request = Unpooled.wrappedBuffer(datagram);
        if (!StunBinding.isBindingRequest(request)) {
            return;
        }
        ByteBuf out = Unpooled.buffer();
        StunBinding.writeResponse(request, IpAddress.parse("2001:db8::7"), 1, out);
        if (out.readableBytes() != StunBinding.MAX_RESPONSE_BYTES || request.readableBytes() != datagram.length) {
            throw new AssertionError("wrong answer of " + out.readableBytes() + " bytes");
        }
    }
}
