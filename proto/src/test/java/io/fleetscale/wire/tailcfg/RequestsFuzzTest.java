package io.fleetscale.wire.tailcfg;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import org.jspecify.annotations.Nullable;

/** Bytes in the place of requests are refused by a {@link TailcfgException} only; what is read can be read again. */
class RequestsFuzzTest {
    @FuzzTest(maxDuration = "60s")
    void register(byte @Nullable [] data) {
        if (data == null) {
            return;
        }
        try {
            check(RegisterRequest.parse(data).hostinfo());
        } catch (TailcfgException expected) {
            // refused
        }
    }

    @FuzzTest(maxDuration = "60s")
    void map(byte @Nullable [] data) {
        if (data == null) {
            return;
        }
        try {
            check(MapRequest.parse(data).hostinfo());
        } catch (TailcfgException expected) {
            // refused
        }
    }

    private static void check(Hostinfo host) {
        assertThat(Hostinfo.parse(host.raw())).isEqualTo(host);
        assertThat(host.peerView()).isNotEmpty();
        assertThat(Hostinfo.EMPTY.keepingNetInfoOf(host).net()).isEqualTo(host.net());
    }
}
