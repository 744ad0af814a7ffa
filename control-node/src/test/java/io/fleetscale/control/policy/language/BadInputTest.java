package io.fleetscale.control.policy.language;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Texts that are no policies: each is refused with its place, in a time and a memory that the text bounds. */
@Timeout(60)
class BadInputTest {
    private static final String CYRILLIC_A = "\u0430";

    static Stream<Arguments> texts() {
        return Stream.of(
                text("{\n  \"acls\": \0 []}", "line 2, column 11: unexpected control character U+0000 where a value"),
                text("{\n\"acls\": [{\"action\": \"acc\0ept\"}]}", "line 2, column 25: control character in a string"),
                text(
                        "{\"groups\": {\"group:a\": [\n\"a\\u0000@x.com\"]}}",
                        "line 2, column 1: the policy: group:a contains"),
                text("\0", "line 1, column 1: unexpected control character U+0000"),
                text("{\n\"" + CYRILLIC_A + "cls\": []}", "line 2, column 1: unknown field: \"" + CYRILLIC_A + "cls\""),
                text(
                        "{\"acls\": [{\"action\": \"accept\",\n \"src\": [\"t" + CYRILLIC_A
                                + "g:web\"], \"dst\": []}]}",
                        "line 2, column 10: host not defined in policy: \"t" + CYRILLIC_A + "g:web\" (its character '"
                                + CYRILLIC_A + "' is U+0430"),
                text(
                        "{\"tagOwners\": {\"tag:w" + CYRILLIC_A + "b\":\n []}}",
                        "line 2, column 2: tagOwners[\"tag:w" + CYRILLIC_A
                                + "b\"]: tag names may contain letters, digits and '-' only"),
                text("[".repeat(65), "line 1, column 65: nested deeper than 64"),
                text("[".repeat(1_000_000), "line 1, column 65: nested deeper than 64"),
                text("{\"a\":".repeat(100_000), "line 1, column 321: nested deeper than 64"),
                text(" ".repeat(10_000_000), "line 1, column 1: the text is larger than 5 MiB"),
                text("{\"acls\": [\"" + "\u00e4".repeat(3_000_000), "line 1, column 1: the text is larger than 5 MiB"),
                text("[" + "0,".repeat(1_500_000) + "]", "line 1, column 2000000: more than 1000000 values"),
                text("/* " + "x".repeat(1_000_000), "line 1, column 1: the comment does not end"),
                text(
                        "{\"hosts\": {\n\"h\": \"10.0.0.0/33\"}}",
                        "line 2, column 6: hosts[\"h\"]: \"10.0.0.0/33\" is neither"),
                text("{\"hosts\": {\n\"h\": \"::1/129\"}}", "line 2, column 6: hosts[\"h\"]: \"::1/129\" is neither"),
                text(
                        "{\"hosts\": {\n\"h\": \"10.0.0.256\"}}",
                        "line 2, column 6: hosts[\"h\"]: \"10.0.0.256\" is neither"),
                text("{\"hosts\": {\n\"h\": \"fe80::1%eth0\"}}", "line 2, column 6: hosts[\"h\"]: \"fe80::1%eth0\""),
                text(dst("*:65536"), "line 2, column 1: dst=\"*:65536\": port range \"65536\": invalid first integer"),
                text(dst("*:0"), "line 2, column 1: dst=\"*:0\": port range \"0\": first port must be >0"),
                text(dst("*:-1"), "line 2, column 1: dst=\"*:-1\": port range \"-1\": invalid first integer"),
                text(
                        dst("*:99999999999"),
                        "line 2, column 1: dst=\"*:99999999999\": port range \"99999999999\": invalid"),
                text(dst("*:22,"), "line 2, column 1: dst=\"*:22,\": port range \"\": invalid first integer"),
                text(dst("*:\u0662\u0662"), "line 2, column 1: dst=\"*:\u0662\u0662\": port range"),
                text(
                        "{\"ipsets\": {\"ipset:a\": [\n\"10.0.0.1-::1\"]}}",
                        "line 2, column 1: ipsets[\"ipset:a\"]: \"10.0.0.1-::1\" is no address"),
                text(
                        "{\"ipsets\": {\"ipset:a\": [\n\"10.0.0.9-10.0.0.1\"]}}",
                        "line 2, column 1: ipsets[\"ipset:a\"]: \"10.0.0.9-10.0.0.1\" is no address"),
                text(
                        "{\"ipsets\": {\"ipset:a\": [\"ipset:b\"], \"ipset:b\": [\n\"ipset:a\"]}}",
                        "line 2, column 1: ipsets[\"ipset:a\"] refers to itself"),
                text(
                        "{\"ipsets\": {" + chain(5_000) + "\"ipset:5000\": []}}",
                        "line 64, column 14: ipsets[\"ipset:64\"]: nested deeper than 64"),
                text(
                        "{\"groups\": {\"group:a\": [\n\"group:a\"]}}",
                        "line 2, column 1: groups[\"group:a\"]: \"group:a\": group members cannot be recursive"),
                text(
                        "{\"postures\": {\"posture:a\": [\n\"posture:a\"]}, \"defaultSrcPosture\": [\"posture:b\"]}",
                        "line 1, column 1: posture not defined in policy: \"posture:b\""),
                text(
                        "{\"acls\": [{\"src\": [\n\"" + "x".repeat(3_000_000) + "\"], \"action\": \"accept\"}]}",
                        "line 2, column 1: host not defined in policy: \"xxx"));
    }

    private static String dst(String destination) {
        return "{\"acls\": [{\"action\": \"accept\", \"src\": [\"*\"], \"dst\": [\n\"" + destination + "\"]}]}";
    }

    private static String chain(int length) {
        return IntStream.range(0, length)
                .mapToObj(i -> "\"ipset:" + i + "\": [\"ipset:" + (i + 1) + "\"],\n")
                .collect(Collectors.joining());
    }

    private static Arguments text(String text, String message) {
        return Arguments.of(message, text);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("texts")
    void isRefusedWithItsPlace(String message, String text) {
        assertThatThrownBy(() -> PolicyReader.read(text))
                .isInstanceOf(PolicyException.class)
                .satisfies(thrown -> {
                    String located = ((PolicyException) thrown).located();
                    assertThat(located).startsWith(message);
                    assertThat(located.length()).isLessThan(2_100);
                });
    }

    @Test
    void longPoliciesAreRead() throws PolicyException {
        String lines = IntStream.range(0, 145_000)
                .mapToObj(i -> "\"h" + i + "\": \"10." + i / 65_536 + "." + i / 256 % 256 + "." + i % 256 + "\",\n")
                .collect(Collectors.joining());
        String text = "{\"hosts\": {\n" + lines + "}, \"acls\": [" + "{\"action\": \"accept\", \"src\": [\"h7\"], "
                + "\"dst\": [\"h144999:443\"]}]}";
        assertThat(text.lines().count()).isGreaterThan(145_000);
        assertThat(PolicyReader.read(text).acls()).hasSize(1);
    }

    @Test
    void tooManyRules() {
        String rules = "{\"action\": \"accept\", \"src\": [], \"dst\": []},\n".repeat(PolicyReader.MAX_RULES + 1);
        assertThatThrownBy(() -> PolicyReader.read("{\n\"acls\": [" + rules + "]}"))
                .isInstanceOf(PolicyException.class)
                .satisfies(thrown -> assertThat(((PolicyException) thrown).located())
                        .isEqualTo("line 2, column 9: the policy has 50001 rules, more than 50000"));
    }

    @Test
    void ownersInARingAreNoMistake() throws PolicyException {
        String ring = IntStream.range(0, 2_000)
                .mapToObj(i -> "\"tag:t" + i + "\": [\"tag:t" + (i + 1) % 2_000 + "\"]")
                .collect(Collectors.joining(","));
        assertThat(PolicyReader.read("{\"tagOwners\": {" + ring + "}}").tagOwners())
                .hasSize(2_000);
    }
}
