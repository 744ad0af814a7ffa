package io.fleetscale.control.access;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetscale.control.policy.language.PolicyException;
import io.fleetscale.control.policy.language.PolicyReader;
import io.fleetscale.control.policy.test.SmallTailnet;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The nodes are those of {@link SmallTailnet}. */
class PolicyWarningsTest {
    private static final String SSH = """
            "tagOwners": {"tag:db": [], "tag:gate": []}, "ssh": [
            {"action": "accept", "src": ["bob@example.com"], "dst": ["tag:db", "autogroup:self"], "users": ["root"]}]""";

    private static List<String> warnings(String policy) throws PolicyException {
        return PolicyWarnings.of(SmallTailnet.image(), PolicyReader.read(policy), SmallTailnet.environment());
    }

    private static String grant(String destination, String ip) {
        return "\"grants\": [{\"src\": [\"bob@example.com\"], \"dst\": [\"" + destination + "\"], \"ip\": [\"" + ip
                + "\"]}]";
    }

    /** Source: field case F012. */
    @Test
    void sshWithoutARuleForItsPort() throws PolicyException {
        String toDatabase =
                "line 2: an ssh rule lets bob@example.com log in at tag:db, but no rule of acls or grants lets "
                        + "them through to TCP port 22 there";
        String toSelf = toDatabase.replace("tag:db", "autogroup:self");
        assertThat(warnings("{" + SSH + ", \"acls\": []}")).containsExactly(toDatabase, toSelf);
        assertThat(warnings("{" + SSH + "," + grant("tag:db", "udp:22") + "}")).containsExactly(toDatabase, toSelf);
        assertThat(warnings("{" + SSH + "," + grant("tag:db", "22") + "}")).containsExactly(toSelf);
        assertThat(warnings("{" + SSH + "," + grant("autogroup:self", "tcp:20-30") + "}"))
                .containsExactly(toDatabase);
        assertThat(warnings("{" + SSH + "," + grant("*", "*") + "}")).isEmpty();
        assertThat(warnings("{" + SSH + "}")).isEmpty();
    }

    @Test
    void loginsOfNobody() throws PolicyException {
        assertThat(warnings("{\"groups\": {\"group:a\": [\"ANN@example.com\", \"eve@example.com\", \"bob@\"]}}"))
                .containsExactly("no user has the login \"eve@example.com\": it means nobody");
        assertThat(warnings("{\"groups\": {\"group:a\": [\"\u0430nn@example.com\"]}}"))
                .containsExactly(
                        "no user has the login \"\u0430nn@example.com\": it means nobody; it has characters that "
                                + "are not ASCII, are they meant?");
    }

    @Test
    void servicesThatMeanNothing() throws PolicyException {
        assertThat(warnings("{\"grants\": [{\"src\": [\"*\"], \"dst\": [\"svc:web\"], \"ip\": [\"*\"]}],"
                        + "\"autoApprovers\": {\"services\": {\"svc:db\": [\"tag:db\"]}},"
                        + "\"tagOwners\": {\"tag:db\": []}}"))
                .containsExactly(
                        "there is no service svc:web: it means nothing until it is created",
                        "there is no service svc:db: it means nothing until it is created");
        assertThat(warnings("{\"grants\": [{\"src\": [\"*\"], \"dst\": [\"svc:web\"], \"ip\": [\"*\"],"
                        + "\"via\": [\"tag:db\"]}], \"tagOwners\": {\"tag:db\": []}}"))
                .contains("svc:web is a destination of a grant with via, which leads to subnets and the internet only:"
                        + " it gives nobody access to the service");
    }
}
