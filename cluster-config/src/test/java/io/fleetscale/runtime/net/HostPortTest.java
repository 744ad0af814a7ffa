package io.fleetscale.runtime.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HostPortTest {
    @ParameterizedTest
    @CsvSource({
        "0.0.0.0:8080, 0.0.0.0, 8080, true",
        ":9090, '', 9090, true",
        "[::]:443, ::, 443, true",
        "[2001:db8::1]:443, 2001:db8::1, 443, false",
        "localhost:0, localhost, 0, false"
    })
    void readsWhatConfigurationFilesWrite(String text, String host, int port, boolean everywhere) {
        HostPort parsed = HostPort.parse(text);
        assertThat(parsed).isEqualTo(new HostPort(host, port));
        assertThat(parsed.isEverywhere()).isEqualTo(everywhere);
        assertThat(parsed).hasToString(text);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "8080",
                "localhost",
                "localhost:",
                "localhost:65536",
                "localhost:+1",
                "::1:80",
                "[::1",
                "[a]:1",
                "a]:1"
            })
    void refusesEverythingElseNamingIt(String text) {
        assertThatThrownBy(() -> HostPort.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("'" + text + "'");
    }
}
