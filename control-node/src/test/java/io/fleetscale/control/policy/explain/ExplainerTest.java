package io.fleetscale.control.policy.explain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import io.fleetscale.control.policy.engine.PolicyCompiler;
import io.fleetscale.control.policy.language.PolicyDocument;
import io.fleetscale.control.policy.language.PolicyException;
import io.fleetscale.control.policy.language.PolicyReader;
import io.fleetscale.control.policy.test.SmallTailnet;
import io.fleetscale.control.tailnet.TailnetImage;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ExplainerTest {
    private static final String POLICY = """
            {
              "groups": {"group:dev": ["bob@example.com"]},
              "hosts": {"store": "10.9.0.7"},
              "tagOwners": {"tag:db": [], "tag:gate": []},
              "postures": {"posture:linux": ["node:os == 'linux'"]},
              "acls": [
                {"action": "accept", "src": ["ann@example.com"], "dst": ["tag:db:5432"]},
                {"action": "accept", "src": ["group:dev"], "dst": ["store:443"]},
                {"action": "accept", "src": ["autogroup:member"], "dst": ["tag:gate:80"], "srcPosture": ["posture:linux"]},
                {"action": "accept", "src": ["autogroup:member"], "dst": ["autogroup:self:*"]},
              ],
              "grants": [
                {"src": ["bob@example.com"], "dst": ["tag:db"], "app": {"example.com/cap/x": [1]}},
              ],
              "ssh": [
                {"action": "check", "src": ["ann@example.com"], "dst": ["tag:db"], "users": ["root", "autogroup:nonroot"]},
              ],
            }
            """;

    private static Explainer.Answer ask(String policy, String source, String destination, String protocol)
            throws PolicyException, QuestionException {
        TailnetImage image = SmallTailnet.image();
        PolicyDocument document = PolicyReader.read(policy);
        return new Explainer(
                        document,
                        image,
                        PolicyCompiler.of(any -> document, SmallTailnet.environment())
                                .compile(image),
                        SmallTailnet.environment())
                .answer(Question.parse(source, destination, protocol));
    }

    private static Explanation one(String source, String destination) throws PolicyException, QuestionException {
        Explainer.Answer answer = ask(POLICY, source, destination, "");
        assertThat(answer.pairs()).hasSize(1);
        return answer.pairs().getFirst();
    }

    @Test
    void namesTheRuleWithItsLineInBothDirections() throws Exception {
        Explanation found = one("laptop", "db:5432");
        assertThat(found.visible()).isTrue();
        assertThat(found.forward().allowed()).isTrue();
        assertThat(found.forward().path()).isEqualTo("at db itself");
        assertThat(found.forward().rules())
                .containsExactly(new Explanation.Rule("acls", 0, 7, "ann@example.com -> tag:db:5432", List.of()));
        assertThat(found.source().alike()).isEqualTo(1);
        Explanation.Direction reverse = found.reverse();
        assertThat(reverse).isNotNull();
        assertThat(reverse.allowed()).isFalse();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            laptop      | db:22         | it lets 5432 through, not tcp 22
            desk        | db:5432       | it grants capabilities only, no traffic
            phone       | gate:80       | its condition posture:linux does not hold at phone: node:os == 'linux' (is ios)
            gate        | db:5432       | its sources ann@example.com do not include gate (tag:gate)
            laptop      | desk:22       | its destinations autogroup:self do not include desk (bob@example.com)
            laptop      | 10.9.0.7:443  | its sources group:dev do not include laptop (ann@example.com)
            """)
    void namesWhatTheNearestRuleLacks(String source, String destination, String lack) throws Exception {
        Explanation.Direction forward = one(source, destination).forward();
        assertThat(forward.allowed()).isFalse();
        assertThat(forward.nearest().getFirst().lacks()).containsExactly(lack);
    }

    @Test
    void saysWhichRouterServesAnAddress() throws Exception {
        Explanation found = one("desk", "store:443");
        assertThat(found.forward().path()).isEqualTo("the source is not given the route 10.9.0.0/16 of gate");
        assertThat(found.forward().rules()).hasSize(1);
        assertThat(one("desk", "10.20.0.1").forward().path())
                .isEqualTo("no node has 10.20.0.1, and no approved route contains it");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            laptop            | [fd7a:115c:a1e0::4]:5432 | true
            laptop            | fd7a:115c:a1e0::4        | true
            100.64.0.1        | [fd7a:115c:a1e0::4]:5432 | false
            1                 | 4:5432                   | true
            LAPTOP            | db.tn.example:5432       | true
            ann@example.com   | tag:db:5432              | true
            autogroup:owner   | tag:db:5432              | true
            desk              | 100.64.0.4:5432          | false
            tag:gate          | tag:db:5432              | false
            laptop            | phone:*                  | true
            phone             | laptop:22                | true
            laptop            | laptop:22                | true
            """)
    void understandsWordsNamesNumbersAndAddresses(String source, String destination, boolean allowed) throws Exception {
        assertThat(ask(POLICY, source, destination, "")
                        .pairs()
                        .getFirst()
                        .forward()
                        .allowed())
                .isEqualTo(allowed);
    }

    @Test
    void icmpGoesWhereAnythingGoesAndOtherProtocolsMustBeNamed() throws Exception {
        assertThat(allows("laptop", "db", "icmp")).isTrue();
        assertThat(allows("desk", "db", "icmp")).isFalse();
        assertThat(allows("laptop", "db:5432", "udp")).isTrue();
        assertThat(allows("laptop", "db:5432", "sctp")).isFalse();
        assertThat(allows("laptop", "db", "gre")).isFalse();
    }

    private static boolean allows(String source, String destination, String protocol)
            throws PolicyException, QuestionException {
        return ask(POLICY, source, destination, protocol)
                .pairs()
                .getFirst()
                .forward()
                .allowed();
    }

    @Test
    void aViaGrantIsExplainedAtItsRouter() throws Exception {
        String policy = """
                {"tagOwners": {"tag:db": [], "tag:gate": []}, "grants": [
                  {"src": ["bob@example.com"], "dst": ["10.9.0.0/16"], "ip": ["tcp:80"], "via": ["tag:gate"]},
                  {"src": ["ann@example.com"], "dst": ["10.9.0.0/16"], "ip": ["tcp:80"], "via": ["tag:db"]}]}""";
        assertThat(ask(policy, "desk", "10.9.0.7:80", "")
                        .pairs()
                        .getFirst()
                        .forward()
                        .allowed())
                .isTrue();
        Explanation.Direction none =
                ask(policy, "laptop", "10.9.0.7:80", "").pairs().getFirst().forward();
        assertThat(none.allowed()).isFalse();
        assertThat(none.nearest())
                .extracting(Explanation.Rule::lacks)
                .contains(List.of("it leads only through routers with tag:db, and gate has tag:gate"));
    }

    @Test
    void oneAnswerForEachKindOfNode() throws Exception {
        Explainer.Answer answer = ask(POLICY, "autogroup:member", "tag:gate:80", "");
        assertThat(answer.pairs())
                .extracting(pair -> pair.source().name(), pair -> pair.forward().allowed())
                .containsExactlyInAnyOrder(tuple("laptop", true), tuple("phone", false), tuple("desk", false));
    }

    @Test
    void saysWhoMayLogInBySsh() throws Exception {
        Explanation.SshAnswer ssh = one("laptop", "db:5432").ssh();
        assertThat(ssh).isNotNull();
        assertThat(ssh.portOpen()).isFalse();
        assertThat(ssh.logins())
                .containsExactly(new Explanation.Login("*", "=", true), new Explanation.Login("root", "root", true));
        assertThat(ssh.rules()).extracting(Explanation.Rule::line).containsExactly(16);
        Explanation.SshAnswer none = one("desk", "db:5432").ssh();
        assertThat(none).isNotNull();
        assertThat(none.logins()).isEmpty();
        assertThat(none.nearest().getFirst().lacks())
                .containsExactly("its sources ann@example.com do not include desk (bob@example.com)");
    }

    @Test
    void withoutRulesEverythingIsAllowed() throws Exception {
        Explanation found =
                ask("{}", "laptop", "[fd7a:115c:a1e0::3]:22", "udp").pairs().getFirst();
        assertThat(found.traffic()).isEqualTo("udp 22");
        assertThat(found.forward().rules().getFirst().text())
                .isEqualTo("the policy has neither acls nor grants, which allows everything");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            nobody  | db:22     |      | "nobody" is neither the name, number or address of a node
            laptop  | db:0      |      | port "0" must be 1 to 65535, or *
            laptop  | db:22     | icmp | protocol icmp has no ports: leave out ":22"
            laptop  | db:22     | ipx  | proto name "ipx" not known
            laptop  | tag:x     |      | "tag:x" denotes no node
            laptop  | db:65536  |      | port "65536" must be 1 to 65535, or *
            laptop  | db:80-90  |      | port "80-90" must be 1 to 65535, or *
            laptop  | db:ssh    |      | port "ssh" must be 1 to 65535, or *
            laptop  | db:       |      | port "" must be 1 to 65535, or *
            laptop  | db:-1     |      | port "-1" must be 1 to 65535, or *
            laptop  | db:22     | 256  | proto name "256" not known
            laptop  | *         |      | "*" means everything: name a node
            laptop  | *:22      |      | "*" means everything: name a node
            laptop  | autogroup:self:22     | | "autogroup:self" means the source's own nodes: name one of them
            laptop  | autogroup:internet:443 | | "autogroup:internet" means the internet: name an address there
            laptop  | autogroup:nobody      | | "autogroup:nobody" is neither
            laptop  | group:none            | | "group:none" is no group of the policy
            laptop  | 10.9.0.0/16           | | "10.9.0.0/16" is more than one address: name one of them
            laptop  | svc:web:443           | | there is no service svc:web
            svc:web | db:22                 | | there is no service svc:web
            laptop  | [fd7a:115c:a1e0::4    | | neither the name
            999     | db:22                 | | "999" is neither
            """)
    void refusesQuestionsThatMeanNothing(String source, String destination, String protocol, String reason) {
        assertThatThrownBy(() -> ask(POLICY, source, destination, protocol == null ? "" : protocol))
                .isInstanceOf(QuestionException.class)
                .hasMessageContaining(reason);
    }
}
