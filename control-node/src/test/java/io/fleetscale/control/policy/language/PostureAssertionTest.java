package io.fleetscale.control.policy.language;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Each rule of assertions. Source: policy 9.1. */
class PostureAssertionTest {
    private static final Map<String, Object> DEVICE = Map.of(
            "node:os", "macos",
            "node:osVersion", "15.1",
            "node:tsVersion", "1.86.2",
            "node:tsReleaseTrack", "stable",
            "node:tsAutoUpdate", true,
            "node:tsStateEncrypted", false,
            "custom:score", 80.5,
            "custom:name", "12");

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
            node:os == 'macos'                        | true
            node:os == 'linux'                        | false
            node:os != 'linux'                        | true
            node:os IN ['linux', 'macos']             | true
            node:os IN ['linux']                      | false
            node:os NOT IN ['linux']                  | true
            node:os NOT IN ['linux', 'macos']         | false
            node:os IS SET                            | true
            node:os NOT SET                           | false
            custom:none IS SET                        | false
            custom:none NOT SET                       | true
            node:tsAutoUpdate                         | true
            node:tsStateEncrypted                     | false
            custom:none                               | false
            node:tsAutoUpdate == true                 | true
            node:tsAutoUpdate != true                 | false
            custom:score >= 80                        | true
            custom:score > 80.5                       | false
            custom:score <= 80.5                      | true
            custom:score < 81                         | true
            custom:score == 80.5                      | true
            custom:score IN [1, 80.5]                 | true
            node:tsVersion >= '1.86'                  | true
            node:tsVersion > '1.9'                    | true
            node:tsVersion < '1.100'                  | true
            node:tsVersion == '1.086.2'               | true
            node:tsVersion IN ['1.86.02']             | true
            node:tsVersion != '1.86.2'                | false
            node:osVersion <= '15.1'                  | true
            custom:none == 'x'                        | false
            custom:none != 'x'                        | false
            custom:none NOT IN ['x']                  | false
            custom:none < 3                           | false
            custom:name == 12                         | false
            custom:name != 12                         | false
            custom:score == '80.5'                    | false
            node:tsAutoUpdate == 'true'               | false
            """)
    void holds(String assertion, boolean expected) {
        assertThat(PostureAssertion.parse(assertion).holds(DEVICE)).isEqualTo(expected);
    }

    /** Runs of other characters are compared before the numbers behind them; a missing number is 0. */
    @Test
    void versionsAreComparedRunByRun() {
        assertThat(PostureAssertion.compareVersions("12", "12.0")).isNegative();
        assertThat(PostureAssertion.compareVersions("12.", "12.0")).isZero();
        assertThat(PostureAssertion.compareVersions("1.10", "1.9")).isPositive();
        assertThat(PostureAssertion.compareVersions("1.2a", "1.2b")).isNegative();
        assertThat(PostureAssertion.compareVersions("v1", "1")).isPositive();
        assertThat(PostureAssertion.compareVersions("1.2.3", "1.2.3")).isZero();
        assertThat(PostureAssertion.compareVersions("99999999999999999999", "100000000000000000000"))
                .isNegative();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "os == 'linux'",
                "node:os = 'linux'",
                "node:os == linux",
                "node:os == \"linux\"",
                "node:os < 'linux'",
                "node:os IN 'linux'",
                "node:os IN []",
                "node:os IN ['linux' 'macos']",
                "node:os == 'a' 'b'",
                "node:os IS",
                "node:os == "
            })
    void whatCannotBeReadRefusesThePolicy(String assertion) {
        assertThatThrownBy(() -> PolicyReader.read(
                        "{\"postures\": {\"posture:a\": [\"" + assertion.replace("\"", "\\\"") + "\"]}}"))
                .isInstanceOf(PolicyException.class)
                .hasMessageStartingWith("posture:a: posture assertion");
    }

    @Test
    void allAssertionsOfAPostureMustHold() throws PolicyException {
        PolicyDocument document = PolicyReader.read("""
                {"postures": {"posture:both": ["node:os == 'macos'", "node:tsAutoUpdate"],
                              "posture:object": {"assertions": ["node:os == 'macos'"], "onFailure": {"a": 1}},
                              "posture:none": []}}""");
        assertThat(document.postures().get("posture:both")).isNotNull();
        Posture both = posture(document, "posture:both");
        assertThat(both.holds(DEVICE)).isTrue();
        assertThat(both.holds(Map.of("node:os", "macos"))).isFalse();
        assertThat(posture(document, "posture:object").holds(DEVICE)).isTrue();
        assertThat(posture(document, "posture:none").holds(Map.of())).isTrue();
    }

    private static Posture posture(PolicyDocument document, String name) {
        Posture posture = document.postures().get(name);
        if (posture == null) {
            throw new AssertionError("no posture " + name);
        }
        return posture;
    }

    @Test
    void anExplicitListReplacesTheDefault() throws PolicyException {
        PolicyDocument document = PolicyReader.read("""
                {"postures": {"posture:a": ["node:tsAutoUpdate"], "posture:b": ["node:os == 'linux'"]},
                 "defaultSrcPosture": ["posture:a"],
                 "grants": [{"src": ["*"], "dst": ["*"], "ip": ["*"]},
                            {"src": ["*"], "dst": ["*"], "ip": ["*"], "srcPosture": ["posture:b"]},
                            {"src": ["*"], "dst": ["*"], "ip": ["*"], "srcPosture": []}]}""");
        assertThat(document.grants())
                .extracting(
                        grant -> grant.postures().stream().map(Posture::name).toList())
                .containsExactly(List.of("posture:a"), List.of("posture:b"), List.of());
        assertThatThrownBy(() -> PolicyReader.read("{\"defaultSrcPosture\": [\"posture:none\"]}"))
                .hasMessage("posture not defined in policy: \"posture:none\"");
    }
}
