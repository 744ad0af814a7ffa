package io.fleetscale.control.netmap;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetscale.config.ClientFeatureConfig;
import io.fleetscale.control.access.PolicyInForce;
import io.fleetscale.control.access.ServerEnvironment;
import io.fleetscale.control.policy.engine.PolicyCompiler;
import io.fleetscale.control.tailnet.Change;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.Policy;
import io.fleetscale.control.tailnet.User;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Policies that name people who are not there yet, or not any more: they mean nobody, and take nothing from the others. */
class GroupMembersTest {
    private final TestTailnet tailnet = new TestTailnet(PolicyCompiler.of(
            new PolicyInForce(List::of)::of,
            new ServerEnvironment("https://hs.example.com", new ClientFeatureConfig(false, true, false))));
    private final User alice = tailnet.addUser("alice");
    private final Node laptop = node(alice, "laptop");
    private final Node server = node(tailnet.addUser("carol"), "server");

    GroupMembersTest() {
        policy("alice@", "later@example.com");
    }

    private void policy(String... members) {
        tailnet.apply(new Change.PolicyPut(new Policy(
                tailnet.image.counters().nextPolicy(),
                "{\"groups\":{\"group:dev\":[\"" + String.join("\",\"", members)
                        + "\"]},\"acls\":[{\"action\":\"accept\",\"src\":[\"group:dev\"],\"dst\":[\"carol@:*\"]}]}",
                TestTailnet.NOW)));
    }

    private Node node(User owner, String name) {
        return tailnet.addNode(content ->
                content.tags(List.of()).userId(owner.id()).hostname(name).givenName(name));
    }

    private List<Integer> peersOfServer() {
        return TestTailnet.ids(tailnet.full(server.id()).path("Peers"));
    }

    @Test
    void whoIsNotThereYetMeansNobodyAndIsMeantFromTheFirstLoginOn() {
        assertThat(peersOfServer()).containsExactly((int) laptop.id().value());
        Node phone = node(tailnet.addUser("later@example.com"), "phone");
        assertThat(peersOfServer())
                .containsExactly((int) laptop.id().value(), (int) phone.id().value());
    }

    @Test
    void aUserWhoIsRemovedTakesNothingFromTheOthersOfTheGroup() {
        User later = tailnet.addUser("later@example.com");
        Node phone = node(later, "phone");
        tailnet.apply(new Change.NodeRemoved(phone.id()), new Change.UserRemoved(later.id()));
        assertThat(peersOfServer()).containsExactly((int) laptop.id().value());
        node(tailnet.addUser("later@example.com"), "phone-2");
        assertThat(peersOfServer()).hasSize(2);
    }

    @Test
    void unknownMembersComeAndGoByPolicy() {
        policy("alice@", "nobody@", "nobody@example.com");
        assertThat(peersOfServer()).containsExactly((int) laptop.id().value());
        policy("nobody@");
        assertThat(peersOfServer()).isEmpty();
        policy("alice@");
        assertThat(peersOfServer()).containsExactly((int) laptop.id().value());
    }
}
