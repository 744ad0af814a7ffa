package io.fleetscale.control.nodecert;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DnsUpdateTest {
    private static final Instant NOW = Instant.ofEpochSecond(1_772_366_400);
    private static final TsigKey KEY =
            new TsigKey("Fleetscale", "0123456789abcdef0123456789abcdef".getBytes(StandardCharsets.US_ASCII));

    private static byte[] message(String name, String text) {
        return DnsUpdate.replaceTxt(0x1234, "example.com", name, text, KEY, NOW);
    }

    /** The signature was computed by another program from the words of RFC 8945. */
    @Test
    void theMessageIsAsTheStandardsSay() {
        assertThat(HexFormat.of().formatHex(message("_acme-challenge.A.example.com", "abc")))
                .isEqualTo("1234" + "2800" + "0001" + "0000" + "0002"
                        + "0001" // header: UPDATE, zone, two updates, signature
                        + "076578616d706c6503636f6d00" + "0006" + "0001" // zone example.com SOA IN
                        + "0f5f61636d652d6368616c6c656e6765" + "0161" + "076578616d706c6503636f6d00"
                        + "0010" + "00ff" + "00000000" + "0000" // no TXT record of the name stays
                        + "0f5f61636d652d6368616c6c656e6765" + "0161" + "076578616d706c6503636f6d00"
                        + "0010" + "0001" + "0000003c" + "0004" + "03616263" // TXT IN, 60 s, "abc"
                        + "0a666c6565747363616c6500" + "00fa" + "00ff" + "00000000" + "003d" // TSIG of the key
                        + "0b686d61632d73686132353600" + "000069a42a40" + "012c" + "0020"
                        + "8b6db7261feb87b5a3077772cb849c05afcc51cbddb209335b6f0e9f6b5794d0"
                        + "1234" + "0000" + "0000");
    }

    @ParameterizedTest
    @ValueSource(strings = {"a..example.com", ".example.com", "LABEL.example.com"})
    void namesThatTheDnsDoesNotTakeAreRefused(String name) {
        assertThatThrownBy(() -> message(name.replace("LABEL", "x".repeat(64)), "abc"))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> message("a.example.com", "x".repeat(256)))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> message("x.".repeat(130) + "com", "abc")).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void theSecretIsNotShown() {
        assertThat(KEY.toString()).isEqualTo("TsigKey[Fleetscale]");
    }
}
