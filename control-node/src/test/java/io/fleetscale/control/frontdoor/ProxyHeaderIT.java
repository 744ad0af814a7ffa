package io.fleetscale.control.frontdoor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.fleetscale.control.frontdoor.meter.Refusal;
import io.fleetscale.wire.ip.IpPrefix;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.slf4j.LoggerFactory;

/** The binary PROXY header, version 2: signature, command, family, length, addresses, ports. */
@Timeout(60)
@SuppressWarnings("StringConcatToTextBlock") // lines of HTTP end with CRLF
class ProxyHeaderIT {
    private static final String SIGNATURE = "\r\n\r\n\0\r\nQUIT\n";
    private static final String REQUEST =
            "POST /echo/x HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
    /** 198.51.100.9:1000 to 127.0.0.1:80. */
    private static final String FROM_ELSEWHERE = octets("2111000c" + "c6336409" + "7f000001" + "03e8" + "0050");

    @Test
    void trustedPeersNameTheClient() throws Exception {
        RunningDoor door = trusting();
        try (door) {
            door.start();
            assertThat(door.raw(SIGNATURE + FROM_ELSEWHERE + REQUEST)).endsWith("x 198.51.100.9 ");
            String local = octets("20000000"); // the proxy's own probe: no addresses
            assertThat(door.raw(SIGNATURE + local + REQUEST)).endsWith("x 127.0.0.1 ");
        }
    }

    @Test
    void othersDoNot() throws Exception {
        try (RunningDoor door = new RunningDoor().start()) {
            assertThat(door.raw(SIGNATURE + FROM_ELSEWHERE + REQUEST))
                    .startsWith("HTTP/1.1 400")
                    .doesNotContain("198.51.100.9");
        }
    }

    @Test
    void malformedHeadersCloseWithOneLine() throws Exception {
        ListAppender<ILoggingEvent> lines = new ListAppender<>();
        lines.start();
        Logger logger = (Logger) LoggerFactory.getLogger("io.fleetscale.control.frontdoor");
        logger.addAppender(lines);
        RunningDoor door = trusting();
        try (door) {
            door.start();
            String unknownVersion = octets("3111000c");
            String tooShort = octets("21110004" + "01020304");
            for (String bad : List.of(unknownVersion + "x".repeat(12), tooShort, tooShort)) {
                assertThat(door.raw((SIGNATURE + bad + REQUEST).getBytes(StandardCharsets.ISO_8859_1)))
                        .isEmpty();
            }
            // the decoder closes first and is counted then
            await().untilAsserted(() -> assertThat(door.door().meters().refused(Refusal.BAD_PROXY_HEADER))
                    .isEqualTo(3));
            assertThat(lines.list)
                    .extracting(ILoggingEvent::getFormattedMessage)
                    .containsExactly("refused: PROXY header does not parse");
            assertThat(lines.list)
                    .allSatisfy(line -> assertThat(line.getThrowableProxy()).isNull());
            assertThat(door.get("/health")).startsWith("HTTP/1.1 200");
        } finally {
            logger.detachAppender(lines);
        }
    }

    /** One character for each octet. */
    private static String octets(String hex) {
        return new String(HexFormat.of().parseHex(hex), StandardCharsets.ISO_8859_1);
    }

    private static RunningDoor trusting() {
        RunningDoor door = new RunningDoor();
        door.trusted = List.of(IpPrefix.parse("127.0.0.0/8"));
        return door;
    }
}
