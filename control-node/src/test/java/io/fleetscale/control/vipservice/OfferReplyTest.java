package io.fleetscale.control.vipservice;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.fleetscale.control.tailnet.OfferedService;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OfferReplyTest {
    private static final String BODY = """
            {"VIPServices":[
              {"Name":"svc:web","Ports":["tcp:443","tcp:80-90"],"Active":true},
              {"Name":"svc:idle","Ports":["tcp:1"],"Active":false},
              {"Name":"svc:","Active":true},
              {"Name":"web","Active":true},
              {"Name":"svc:a.b","Active":true},
              {"Name":"svc:all","Active":true}],
             "ServicesHash":"abc"}""";

    private static OfferReply parse(String response) {
        return OfferReply.parse(ByteString.copyFromUtf8(response));
    }

    @Test
    void takesActiveServicesWithProperNames() {
        OfferReply reply =
                parse("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: application/json\r\n\r\n" + BODY);
        assertThat(reply.hash()).isEqualTo("abc");
        assertThat(reply.offers())
                .containsExactly(
                        OfferedService.of("svc:all", List.of()),
                        OfferedService.of("svc:web", List.of("tcp:443", "tcp:80-90")));
    }

    @Test
    void readsChunks() {
        String half = BODY.substring(0, 40);
        String rest = BODY.substring(40);
        OfferReply reply = parse("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                + Integer.toHexString(half.length()) + "\r\n" + half + "\r\n" + Integer.toHexString(rest.length())
                + "\r\n" + rest + "\r\n0\r\n\r\n");
        assertThat(reply.offers()).hasSize(2);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "HTTP/1.1 200 OK",
                "HTTP/1.1 404 Not Found\r\n\r\n",
                "HTTP/1.1 200 OK\r\n\r\n{",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n{}\r\n"
            })
    void refusesWhatIsNoAnswer(String response) {
        assertThatThrownBy(() -> parse(response)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void aServiceIsServedWhenAllItsPortsAre() {
        assertThat(PortList.covers(List.of("tcp:443"), List.of("tcp:443"))).isTrue();
        assertThat(PortList.covers(List.of("tcp:80-500"), List.of("tcp:443", "tcp:80-90")))
                .isTrue();
        assertThat(PortList.covers(List.of("*"), List.of("tcp:443"))).isTrue();
        assertThat(PortList.covers(List.of("443"), List.of("tcp:443"))).isTrue();
        assertThat(PortList.covers(List.of("tcp:*"), List.of("tcp:1-65535"))).isTrue();
        assertThat(PortList.covers(List.of(), List.of("do-not-validate"))).isTrue();
        assertThat(PortList.covers(List.of(), List.of())).isTrue();
        assertThat(PortList.covers(List.of("udp:443"), List.of("tcp:443"))).isFalse();
        assertThat(PortList.covers(List.of("tcp:443"), List.of("tcp:443", "tcp:444")))
                .isFalse();
        assertThat(PortList.covers(List.of("nonsense"), List.of("tcp:443"))).isFalse();
    }
}
