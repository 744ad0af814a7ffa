package io.fleetscale.control.policy.explain;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetscale.control.policy.CompiledPolicy;
import io.fleetscale.control.policy.engine.PolicyCompiler;
import io.fleetscale.control.policy.language.PolicyDocument;
import io.fleetscale.control.policy.language.PolicyException;
import io.fleetscale.control.policy.language.PolicyReader;
import io.fleetscale.control.policy.test.SmallTailnet;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class PolicyDiffTest {
    private static final String HEAD = "{\"tagOwners\": {\"tag:db\": [], \"tag:gate\": []}, ";

    private static Difference between(String before, String after) throws PolicyException {
        return PolicyDiff.between(SmallTailnet.image(), compiled(before), compiled(after));
    }

    private static CompiledPolicy compiled(String policy) throws PolicyException {
        PolicyDocument document = PolicyReader.read(HEAD + policy + "}");
        return PolicyCompiler.of(any -> document, SmallTailnet.environment()).compile(SmallTailnet.image());
    }

    private static String acl(String sources, String destinations) {
        return ("{'action': 'accept', 'src': [" + sources + "], 'dst': [" + destinations + "]}").replace('\'', '"');
    }

    private static List<String> lines(Difference difference) {
        return difference.changes().stream()
                .map(change -> (change.gained() ? "+ " : "- ")
                        + change.kind() + " "
                        + (change.ownOnly() ? "own " : "")
                        + change.sources().examples() + change.outside() + " -> "
                        + change.destinations().examples()
                        + change.places().stream()
                                .limit(2)
                                .map(place -> " " + place)
                                .collect(Collectors.joining())
                        + " : " + change.what() + " (" + change.pairs() + ")")
                .toList();
    }

    @Test
    void samePoliciesWrittenOtherwiseDoNotDiffer() throws Exception {
        Difference difference = between(
                "\"acls\": [" + acl("'ann@example.com', 'bob@example.com'", "'tag:db:80-90'") + "]",
                "\"acls\": [" + acl("'ann@'", "'tag:db:80-85'") + ","
                        + acl("'autogroup:member'", "'tag:db:86-90', 'tag:db:80-85'") + "]");
        assertThat(lines(difference)).isEmpty();
        assertThat(difference.isEmpty()).isTrue();
    }

    @Test
    void tellsWhoGainsAndWhoLoses() throws Exception {
        Difference difference = between(
                "\"acls\": [" + acl("'autogroup:member'", "'tag:db:22,5432'") + "]",
                "\"acls\": [" + acl("'autogroup:member'", "'tag:db:5432'") + ","
                        + acl("'ann@example.com'", "'10.9.0.0/24:443', 'autogroup:self:*'") + "]");
        assertThat(lines(difference))
                .containsExactlyInAnyOrder(
                        "- TRAFFIC [laptop, phone, desk][] -> [db] : 22 (3)",
                        "+ TRAFFIC [laptop, phone][] -> [gate] 10.9.0.0/24 : 443 (2)",
                        "+ TRAFFIC own [laptop, phone][] -> [laptop, phone] : * (2)");
        assertThat(difference.seenGained()).isEqualTo(3);
        assertThat(difference.seenLost()).isZero();
        assertThat(difference.nodes()).isEqualTo(5);
        assertThat(difference.nodesTouched()).isEqualTo(5);
    }

    @Test
    void denyingEverythingLosesEverything() throws Exception {
        Difference difference = between("\"randomizeClientPort\": false", "\"acls\": []");
        assertThat(difference.seenLost()).isEqualTo(10);
        assertThat(difference.changes()).allMatch(change -> !change.gained());
        assertThat(difference.changes().getFirst().what()).isEqualTo("*");
    }

    @Test
    void tellsOfSshCapabilitiesAndAttributes() throws Exception {
        String rest = "\"acls\": [], ";
        Difference difference = between(
                rest
                        + "\"ssh\": [{\"action\": \"accept\", \"src\": [\"ann@example.com\"], \"dst\": [\"tag:db\"], \"users\": [\"root\"]}]",
                rest
                        + "\"ssh\": [{\"action\": \"check\", \"src\": [\"ann@example.com\"], \"dst\": [\"tag:db\"], \"users\": [\"root\", \"app\"]}],"
                        + "\"nodeAttrs\": [{\"target\": [\"tag:db\"], \"attr\": [\"funnel\"]}],"
                        + "\"grants\": [{\"src\": [\"bob@\"], \"dst\": [\"tag:db\"], \"app\": {\"example.com/cap/x\": [{\"a\": 1}]}}]");
        assertThat(lines(difference))
                .contains(
                        "- SSH [laptop, phone][] -> [db] : as root (2)",
                        "+ SSH [laptop, phone][] -> [db] : as root after a check (2)",
                        "+ SSH [laptop, phone][] -> [db] : as app after a check (2)",
                        "+ ATTRIBUTE [][] -> [db] : funnel (1)",
                        "+ APPLICATION [desk][] -> [db] : example.com/cap/x [{\"a\":1}] (1)");
    }
}
