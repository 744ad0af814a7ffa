package io.fleetscale.control.policy.test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fleetscale.control.policy.language.PolicyException;
import io.fleetscale.control.policy.language.PolicyReader;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PolicyCheckTest {
    private static final String RULES = """
            "groups": {"group:two": ["ann@example.com", "BOB@example.com"], "group:none": []},
            "hosts": {"store": "10.9.0.7", "net": "10.9.0.0/16"},
            "tagOwners": {"tag:db": ["ann@"], "tag:gate": [], "tag:nobody": []},
            "postures": {"posture:desktop": ["node:os IN ['linux', 'windows']"]},
            "acls": [
              {"action": "accept", "src": ["group:two"], "dst": ["tag:db:5432"]},
              {"action": "accept", "src": ["ann@example.com"], "dst": ["net:443", "tag:db:22"], "proto": "tcp"},
              {"action": "accept", "src": ["bob@example.com"], "dst": ["tag:gate:80"], "srcPosture": ["posture:desktop"]},
              {"action": "accept", "src": ["ann@example.com"], "dst": ["tag:gate:81"], "srcPosture": ["posture:desktop"]},
              {"action": "accept", "src": ["group:eng@example.com"], "dst": ["tag:gate:82"]},
              {"action": "accept", "src": ["autogroup:owner"], "dst": ["tag:gate:83"]},
              {"action": "accept", "src": ["autogroup:member"], "dst": ["autogroup:self:*"]},
            ],
            "ssh": [
              {"action": "check", "src": ["ann@example.com"], "dst": ["tag:db"], "users": ["root", "app"]},
              {"action": "accept", "src": ["bob@example.com"], "dst": ["tag:db"], "users": ["autogroup:nonroot"]},
              {"action": "accept", "src": ["autogroup:member"], "dst": ["autogroup:self"], "users": ["me"]},
            ],
            """;

    private static List<TestFailure> failures(String section, String test) throws PolicyException {
        return new PolicyCheck(
                        PolicyReader.read("{" + RULES + "\"" + section + "\": [" + test + "]}"),
                        SmallTailnet.image(),
                        SmallTailnet.environment())
                .failures();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{'src': 'group:two', 'accept': ['tag:db:5432'], 'deny': ['tag:db:22', '100.64.0.3:5432']}",
                "{'src': 'ann@example.com', 'proto': 'tcp', 'accept': ['store:443', 'tag:db:22']}",
                "{'src': 'ann@example.com', 'proto': 'udp', 'accept': ['tag:db:5432'], 'deny': ['tag:db:22']}",
                "{'src': 'ann@example.com', 'proto': 'icmp', 'accept': ['tag:db:0', 'tag:gate:0']}",
                "{'user': 'bob@', 'allow': ['tag:gate:80', '[fd7a:115c:a1e0::5]:80']}",
                "{'src': 'ann@example.com', 'deny': ['tag:gate:81']}",
                "{'src': 'ann@example.com', 'srcPostureAttrs': {'node:os': 'linux'}, 'accept': ['tag:gate:81']}",
                "{'src': 'bob@', 'srcPostureAttrs': {'node:os': 'plan9'}, 'deny': ['tag:gate:80']}",
                "{'src': 'bob@', 'accept': ['tag:gate:82'], 'deny': ['tag:gate:83']}",
                "{'src': 'ann@', 'accept': ['tag:gate:83'], 'deny': ['tag:gate:82']}",
                "{'src': '100.64.0.1', 'accept': ['store:443'], 'deny': ['100.64.0.2:80']}",
                "{'src': 'tag:db', 'deny': ['203.0.113.9:443']}"
            })
    void holds(String test) throws PolicyException {
        assertThat(failures("tests", test.replace('\'', '"'))).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{'src': 'ann@example.com', 'accept': ['tag:gate:80']}",
                "{'src': 'ann@example.com', 'proto': 'udp', 'accept': ['tag:db:22']}",
                "{'src': 'group:two', 'deny': ['tag:db:5432']}",
                "{'src': 'group:two', 'accept': ['tag:db:22']}",
                "{'src': 'carol@example.com', 'deny': ['tag:db:22']}",
                "{'src': 'group:none', 'deny': ['tag:db:22']}",
                "{'src': 'group:unknown', 'deny': ['tag:db:22']}",
                "{'src': 'tag:nobody', 'deny': ['tag:db:22']}",
                "{'src': '*', 'deny': ['tag:db:22']}",
                "{'src': 'ann@example.com', 'deny': ['tag:nobody:22']}",
                "{'src': 'ann@example.com', 'deny': ['tag:unknown:22']}",
                "{'src': 'ann@example.com', 'deny': ['autogroup:self:22']}",
                "{'src': 'ann@example.com', 'accept': ['net:443']}",
                "{'src': 'ann@example.com', 'accept': ['10.9.0.7/32:443']}",
                "{'src': 'ann@example.com', 'accept': ['tag:db:22,5432']}",
                "{'src': 'ann@example.com', 'accept': ['tag:db:22-23']}",
                "{'src': 'ann@example.com', 'accept': ['tag:db:*']}",
                "{'src': 'ann@example.com', 'accept': ['tag:db:0']}",
                "{'src': 'ann@example.com', 'accept': ['tag:db:65536']}",
                "{'src': 'ann@example.com', 'accept': ['tag:db']}",
                "{'src': 'ann@example.com'}",
                "{'accept': ['tag:db:22']}"
            })
    void fails(String test) throws PolicyException {
        assertThat(failures("tests", test.replace('\'', '"'))).hasSize(1);
    }

    @Test
    void namesWhatWasWantedAndWhatIs() throws PolicyException {
        assertThat(failures("tests", "\n{\"src\": \"ann@example.com\", \"accept\": [\"tag:gate:80\"]}"))
                .singleElement()
                .satisfies(failure -> {
                    assertThat(failure.errors()).containsExactly("address \"tag:gate:80\": want: Accept, got: Drop");
                    assertThat(failure.source()).isEqualTo("ann@example.com");
                    assertThat(failure.line()).isGreaterThan(10);
                });
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{'src': 'ann@example.com', 'dst': ['tag:db'], 'accept': ['root'], 'check': ['app'], 'deny': ['other']}",
                "{'src': 'bob@example.com', 'dst': ['tag:db'], 'accept': ['x'], 'deny': ['root', '']}",
                "{'src': 'ann@example.com', 'dst': ['autogroup:self'], 'accept': ['me'], 'deny': ['root']}",
                "{'src': '100.64.0.1', 'dst': ['100.64.0.4', 'db.addr'], 'check': ['root']}",
                "{'src': 'tag:gate', 'dst': ['tag:db'], 'deny': ['root', 'x']}"
            })
    void sshHolds(String test) throws PolicyException {
        assertThat(failures("sshTests", test.replace('\'', '"').replace(", \"db.addr\"", "")))
                .isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{'src': 'bob@example.com', 'dst': ['tag:db'], 'check': ['x']}",
                "{'src': 'bob@example.com', 'dst': ['tag:db'], 'accept': ['root']}",
                "{'src': 'ann@example.com', 'dst': ['tag:db'], 'deny': ['app']}",
                "{'src': 'ann@example.com', 'dst': ['tag:db'], 'accept': ['app'], 'deny': ['app']}",
                "{'src': 'ann@example.com', 'dst': ['tag:nobody'], 'deny': ['app']}",
                "{'src': 'ann@example.com', 'dst': ['100.64.0.99'], 'deny': ['app']}",
                "{'src': 'ann@example.com', 'dst': [], 'deny': ['app']}",
                "{'src': 'carol@example.com', 'dst': ['tag:db'], 'deny': ['app']}",
                "{'src': 'ann@example.com', 'dst': ['tag:db']}"
            })
    void sshFails(String test) throws PolicyException {
        assertThat(failures("sshTests", test.replace('\'', '"'))).hasSize(1);
    }

    @Test
    void withoutRulesEverythingIsAllowed() throws PolicyException {
        String test = "{\"tests\": [{\"src\": \"ann@example.com\", \"accept\": [\"203.0.113.9:443\"]}]}";
        assertThat(new PolicyCheck(PolicyReader.read(test), SmallTailnet.image(), SmallTailnet.environment())
                        .failures())
                .isEmpty();
    }

    @Test
    void refusesForeignDomainsInSshRules() throws PolicyException {
        assertThatThrownBy(() -> domains("\"src\": [\"ann@\"], \"users\": [\"localpart:*@EXAMPLE.com\"]"))
                .hasMessage("EXAMPLE.com is not associated with this Tailnet and cannot be used in"
                        + " user:*@<domain> expressions");
        assertThatThrownBy(() -> domains("\"src\": [\"user:*@other.org\"], \"users\": [\"root\"]"))
                .hasMessage("[ssh] other.org is not associated with this Tailnet and cannot be used in"
                        + " user:*@<domain> expressions");
        assertThatCode(() -> domains("\"src\": [\"user:*@example.com\"], \"users\": [\"localpart:*@example.com\"]"))
                .doesNotThrowAnyException();
    }

    private static void domains(String rule) throws PolicyException {
        String policy = "{\"tagOwners\": {\"tag:db\": []}, \"ssh\": [{\"action\": \"accept\", \"dst\": [\"tag:db\"], "
                + rule + "}]}";
        new PolicyCheck(PolicyReader.read(policy), SmallTailnet.image(), SmallTailnet.environment())
                .requireOwnDomains();
    }
}
