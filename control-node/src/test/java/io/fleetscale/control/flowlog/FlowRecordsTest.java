package io.fleetscale.control.flowlog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FlowRecordsTest {
    static final String TIMES = "\"start\":\"2026-03-01T10:00:00.5Z\",\"end\":\"2026-03-01T10:00:05Z\"";

    private static FlowRecords read(String body) {
        return FlowRecords.read(body.getBytes(StandardCharsets.UTF_8), "n1");
    }

    /** As a client of 1.102 sends it: members that the API does not show stand between those that it does. */
    @Test
    void keepsWhatTheApiShows() {
        FlowRecords read = read("""
                [{"logtail":{"client_time":"2026-03-01T10:00:05.1Z","proc_id":4000000000,"proc_seq":3},"nodeId":"n1",%s,
                  "srcNode":{"nodeId":"n1","name":"a.tailnet.example"},"dstNodes":[{"nodeId":"n2"}],
                  "virtualTraffic":[{"proto":6,"src":"100.64.0.1:40000","dst":"[fd7a:115c:a1e0::2]:22",
                    "txPkts":5,"txBytes":600,"rxPkts":4,"rxBytes":18446744073709551615}],
                  "physicalTraffic":[{"src":"100.64.0.2:0","dst":"192.0.2.7:41641","txPkts":9,"txBytes":900}]},
                 {"logtail":{"proc_seq":4},"text":"logger closing down\\n"}]""".formatted(TIMES));

        assertThat(read.malformed()).isZero();
        assertThat(read.others()).isEqualTo(1);
        assertThat(read.records())
                .containsExactly(
                        new FlowRecord(
                                "n1",
                                4_000_000_000L,
                                3L,
                                false,
                                "{\"nodeId\":\"n1\"," + TIMES.replace("00.5Z", "00.500Z")
                                        + ",\"virtualTraffic\":[{\"proto\":6,\"src\":\"100.64.0.1:40000\",\"dst\":\"[fd7a:115c:a1e0::2]:22\","
                                        + "\"txPkts\":5,\"txBytes\":600,\"rxPkts\":4,\"rxBytes\":18446744073709551615}],"
                                        + "\"physicalTraffic\":[{\"src\":\"100.64.0.2:0\",\"dst\":\"192.0.2.7:41641\",\"txPkts\":9,\"txBytes\":900}]}"));
    }

    @Test
    void oneObjectNeedsNoArray() {
        assertThat(read("{\"nodeId\":\"n1\"," + TIMES + "}").records()).hasSize(1);
    }

    @Test
    void whoSpeaksForAnotherIsOnlyCounted() {
        FlowRecords read = read("{\"nodeId\":\"n2\"," + TIMES + ",\"virtualTraffic\":[{\"txPkts\":1}]}");

        assertThat(read.records()).containsExactly(new FlowRecord("n1", null, null, true, "{}"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"nodeId\":\"n1\"}",
                "{\"nodeId\":\"n1\",\"start\":\"now\",\"end\":\"2026-03-01T10:00:05Z\"}",
                "{\"nodeId\":\"n1\",TIMES,\"virtualTraffic\":[{\"txPkts\":-1}]}",
                "{\"nodeId\":\"n1\",TIMES,\"virtualTraffic\":[{\"txPkts\":18446744073709551616}]}",
                "{\"nodeId\":\"n1\",TIMES,\"virtualTraffic\":[{\"txPkts\":1.5}]}",
                "{\"nodeId\":\"n1\",TIMES,\"virtualTraffic\":[{\"proto\":256}]}",
                "{\"nodeId\":\"n1\",TIMES,\"virtualTraffic\":[{\"proto\":\"tcp\"}]}",
                "{\"nodeId\":\"n1\",TIMES,\"virtualTraffic\":[{\"src\":\"<script>\"}]}",
                "{\"nodeId\":\"n1\",TIMES,\"exitTraffic\":[7]}",
                "7"
            })
    void dropsWhatCannotBeUsed(String element) {
        FlowRecords read = read("[" + element.replace("TIMES", TIMES) + ",{\"nodeId\":\"n1\"," + TIMES + "}]");

        assertThat(read.malformed()).isEqualTo(1);
        assertThat(read.records()).hasSize(1);
    }

    @Test
    void refusesWhatIsNoJson() {
        assertThatThrownBy(() -> read("[{")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> read("[".repeat(2_000))).isInstanceOf(IllegalArgumentException.class);
    }
}
