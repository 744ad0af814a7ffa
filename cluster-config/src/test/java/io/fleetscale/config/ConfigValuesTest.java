package io.fleetscale.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** How single values are written. */
class ConfigValuesTest {
    @ParameterizedTest
    @CsvSource({
        "10s, PT10S",
        "3h, PT3H",
        "1h30m, PT1H30M",
        "800ms, PT0.8S",
        "1.5h, PT1H30M",
        ".5s, PT0.5S",
        "-2m, PT-2M",
        "10us, PT0.00001S",
        "10µs, PT0.00001S",
        "7ns, PT0.000000007S",
        "0, PT0S",
        "1000000000, PT1S"
    })
    void readsGoDurations(String text, Duration expected) {
        assertThat(GoDuration.parse(text)).isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "s", "1", "1d", "1 s", "1s ", "soon", "10000000000h", "1..s", ".s", "1h-2m"})
    void refusesOtherDurations(String text) {
        if (!text.equals("1")) {
            assertThatThrownBy(() -> GoDuration.parse(text)).isInstanceOf(IllegalArgumentException.class);
        }
        assertThat(GoDuration.isBareNumber(text)).isEqualTo(text.equals("1"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"0s", "25s", "1h30m", "800ms", "1m5s", "-2m", "10us", "7ns"})
    void writesDurationsAsTheyAreRead(String text) {
        assertThat(GoDuration.format(GoDuration.parse(text))).isEqualTo(text);
    }

    @ParameterizedTest
    @CsvSource({"0, PT0S", "90d, P90D", "1w2d, P9D", "1y, P365D", "1h30m, PT1H30M", "5ms, PT0.005S", "0s, PT0S"})
    void readsPrometheusDurations(String text, Duration expected) {
        assertThat(PrometheusDuration.parse(text)).isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "1", "1.5h", "1h1d", "-1d", "300y", "99999999999999999999d", "soon"})
    void refusesOtherPrometheusDurations(String text) {
        assertThatThrownBy(() -> PrometheusDuration.parse(text)).isInstanceOf(IllegalArgumentException.class);
    }

    @ParameterizedTest
    @CsvSource({
        "127.0.0.1:8080, 127.0.0.1, 8080",
        "'[::1]:443', ::1, 443",
        ":50443, '', 50443",
        ":http, '', 80",
        "localhost:https, localhost, 443",
        "0.0.0.0:0, 0.0.0.0, 0"
    })
    void readsAddresses(String text, String host, int port) {
        assertThat(ListenAddress.parse(text)).isEqualTo(new ListenAddress(host, port));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "8080", "::1:443", "a b:1", "[x]:1", "h:", "h:65536", "h:-1", "h:+1", "http://h:1"})
    void refusesOtherAddresses(String text) {
        assertThatThrownBy(() -> ListenAddress.parse(text)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void knowsLoopbackAndWritesWhatItReads() {
        assertThat(ListenAddress.parse("127.0.0.1:1").isLoopback()).isTrue();
        assertThat(ListenAddress.parse("[::1]:1").isLoopback()).isTrue();
        assertThat(ListenAddress.parse("localhost:1").isLoopback()).isTrue();
        assertThat(ListenAddress.parse(":1").isLoopback()).isFalse();
        assertThat(ListenAddress.parse("192.0.2.1:1").isLoopback()).isFalse();
        assertThat(ListenAddress.parse("[2001:db8::1]:1")).hasToString("[2001:db8::1]:1");
        assertThat(ListenAddress.parse(":1").toSocketAddress().getAddress().isAnyLocalAddress())
                .isTrue();
    }

    @ParameterizedTest
    @CsvSource({
        "listen_adress, listen_addr",
        "derp.server.enabeld, derp.server.enabled",
        "dns.nameserver.global, dns.nameservers.global",
        "region_id, derp.server.region_id",
        "log.formta, log.format"
    })
    void findsTheNearestName(String typed, String meant) {
        assertThat(NearestName.of(typed, ConfigKeys.names())).contains(meant);
    }

    @Test
    void suggestsNothingForWhatResemblesNothing() {
        assertThat(NearestName.of("zzzzzzzzzzzz", ConfigKeys.names())).isEmpty();
        assertThat(NearestName.of("x".repeat(1_000_000), ConfigKeys.names())).isEmpty();
        assertThat(NearestName.of("x", List.of())).isEmpty();
    }

    @Test
    void expandsVariables() {
        Map<String, String> environment = Map.of("A", "x$y", "B_1", "z");

        assertThat(VariableExpansion.expand("/$A/${B_1}/$NONE/$", environment)).isEqualTo("/x$y/z//$");
    }

    @Test
    void aProblemIsOneLineWhateverItsValueHolds() {
        String value = "a\nb\u001b[31m" + "x".repeat(1000);

        String line = ConfigProblem.error("server_url", value, "p", "r").toString();

        assertThat(line.lines()).hasSize(1);
        assertThat(line).hasSizeLessThan(200).doesNotContain("\u001b");
    }
}
