package io.fleetscale.control.api.rest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class GoNumbersTest {
    @ParameterizedTest
    @CsvSource({"0,0", "12,12", "0x1f,31", "0X1F,31", "0b101,5", "0o17,15", "010,8", "1_000,1000", "0x_1,1", "0_7,7"})
    void readsAnyBase(String text, long value) {
        assertThat(GoNumbers.parseUnsignedAnyBase(text)).isEqualTo(value);
    }

    @Test
    void readsUpToSixtyFourBits() {
        assertThat(GoNumbers.parseUnsignedAnyBase("18446744073709551615")).isEqualTo(-1);
        assertThatThrownBy(() -> GoNumbers.parseUnsignedAnyBase("18446744073709551616"))
                .hasMessage("strconv.ParseUint: parsing \"18446744073709551616\": value out of range");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "-1", "+1", "1__0", "_1", "1_", "08", "0x", "0b2", "1.0", " 1", "\u0661", "0x1_"})
    void refusesWhatGoRefuses(String text) {
        assertThatThrownBy(() -> GoNumbers.parseUnsignedAnyBase(text)).hasMessageEndingWith(": invalid syntax");
    }
}
