package io.fleetscale.control.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fleetscale.control.ControlException;
import io.fleetscale.control.policy.language.PolicyException;
import io.fleetscale.control.tailnet.Change;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.NodeId;
import io.fleetscale.control.tailnet.Policy;
import io.fleetscale.control.tailnet.User;
import io.fleetscale.control.testing.TestTailnet;
import io.fleetscale.wire.ip.IpAddress;
import io.fleetscale.wire.ip.IpPrefix;
import io.fleetscale.wire.key.MachineKey;
import io.fleetscale.wire.key.NodeKey;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PoliciesTest {
    private static final String GOOD = "{ // who may do what\n \"acls\": [], }";

    @TempDir
    Path directory;

    private final TestTailnet tailnet = TestTailnet.create();
    private final Policies policies = new Policies(tailnet, new PolicySource.InDatabase(), (image, document) -> {});
    private final PolicyInForce inForce = new PolicyInForce(List::of);

    @Test
    void theTextIsKeptAsItWasWritten() {
        Policies.Stored set = TestTailnet.get(policies.set(GOOD));
        assertThat(TestTailnet.get(policies.get())).isEqualTo(set);
        assertThat(set.text()).isEqualTo(GOOD);
        assertThat(inForce.of(tailnet.image()).allowAll()).isFalse();
    }

    @Test
    void aRefusedPolicyChangesNothing() {
        Policies.Stored set = TestTailnet.get(policies.set(GOOD));
        assertThatThrownBy(() -> TestTailnet.get(policies.set("{\"aclz\":[]}")))
                .isInstanceOf(ControlException.class)
                .hasMessageContaining(
                        "setting policy: parsing policy: unknown field: \"aclz\", did you mean \"acls\"? (line 1, column 2)");
        assertThatThrownBy(() -> TestTailnet.get(policies.set("{")))
                .hasMessageContaining("setting policy: parsing policy: parsing HuJSON: line 1");
        assertThatThrownBy(() -> TestTailnet.get(policies.set("{\"acls\":7}")))
                .hasMessageContaining("setting policy: parsing policy: parsing policy from bytes: ");
        assertThatThrownBy(() -> TestTailnet.get(policies.check("{")))
                .hasMessageStartingWith("parsing policy: parsing HuJSON: line 1");
        assertThat(TestTailnet.get(policies.get())).isEqualTo(set);
    }

    @Test
    void thePolicysOwnTestsRefuseIt() {
        Policies strict = new Policies(tailnet, new PolicySource.InDatabase(), (image, document) -> {
            throw new PolicyException(0, "test(s) failed");
        });
        assertThatThrownBy(() -> TestTailnet.get(strict.set(GOOD))).hasMessageContaining("test(s) failed");
        assertThat(tailnet.image().policy()).isEmpty();
    }

    @Test
    void aPolicyFileIsReadButNotWritten() throws IOException {
        Path file = Files.writeString(directory.resolve("policy.hujson"), GOOD);
        Policies ofFile = new Policies(tailnet, new PolicySource.InFile(file), (image, document) -> {});
        assertThat(TestTailnet.get(ofFile.importFile(false))).isTrue();
        assertThat(TestTailnet.get(ofFile.importFile(true))).isFalse();
        assertThat(TestTailnet.get(ofFile.get()).text()).isEqualTo(GOOD);
        assertThatThrownBy(() -> TestTailnet.get(ofFile.set(GOOD)))
                .hasMessageContaining("update is disabled for modes other than 'database'");
        Files.writeString(file, "{\"acls\": 1}");
        assertThatThrownBy(() -> TestTailnet.get(ofFile.importFile(true))).hasMessageContaining("acls must be a list");
        assertThat(inForce.of(tailnet.image()).acls()).isEmpty();
        Files.delete(file);
        assertThatThrownBy(() -> TestTailnet.get(ofFile.get())).hasMessageContaining("no such file or directory");
    }

    @Test
    void anUnreadableStoredPolicyLeavesTheLastReadableInForce() {
        tailnet.apply(new Change.PolicyPut(new Policy(2, "{\"of a later release\": 1}", tailnet.now())));
        PolicyInForce withHistory = new PolicyInForce(() -> List.of(
                new Policy(2, "{\"of a later release\": 1}", tailnet.now()), new Policy(1, GOOD, tailnet.now())));
        assertThat(withHistory.of(tailnet.image()).allowAll()).isFalse();
        assertThat(withHistory.problem(tailnet.image())).isPresent();
        assertThatThrownBy(() -> inForce.of(tailnet.image())).hasMessageContaining("no stored version");
    }

    @Test
    void tagsBelongToTheirOwnersAndToTheOwnersOfOwningTags() {
        User alice = tailnet.user("alice");
        User bob = tailnet.user("bob");
        User carol = tailnet.user("carol");
        tailnet.apply(new Change.PolicyPut(new Policy(1, """
                {"groups": {"group:ops": ["bob@"]},
                 "tagOwners": {"tag:a": ["tag:b"], "tag:b": ["group:ops"], "tag:none": []}}""", tailnet.now())));
        PolicyTagOwners owners = new PolicyTagOwners(inForce);
        assertThat(owners.exists(tailnet.image(), "tag:a")).isTrue();
        assertThat(owners.exists(tailnet.image(), "tag:x")).isFalse();
        assertThat(owners.permits(tailnet.image(), "tag:a", bob, List.of())).isTrue();
        assertThat(owners.permits(tailnet.image(), "tag:b", bob, List.of())).isTrue();
        assertThat(owners.permits(tailnet.image(), "tag:none", bob, List.of())).isFalse();
        assertThat(owners.permits(tailnet.image(), "tag:a", carol, List.of())).isFalse();
        assertThat(alice).isNotEqualTo(bob);
    }

    @Test
    void routesAreApprovedForTheirApprovers() {
        User alice = tailnet.user("alice");
        byte[] key = {1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8};
        Node node = Node.builder(new NodeId(1), MachineKey.of(key), NodeKey.of(key), "n1", tailnet.now())
                .userId(alice.id())
                .hostname("router")
                .givenName("router")
                .ipv4(IpAddress.parse("100.64.0.1"))
                .advertisedRoutes(
                        List.of(IpPrefix.ALL_V4, IpPrefix.parse("10.1.0.0/16"), IpPrefix.parse("192.168.0.0/24")))
                .build();
        tailnet.apply(new Change.NodePut(node));
        tailnet.apply(new Change.PolicyPut(new Policy(1, """
                {"autoApprovers": {"routes": {"10.0.0.0/8": ["alice@"], "0.0.0.0/0": ["bob@"]}, "exitNode": []}}""", tailnet.now())));
        assertThat(new PolicyRouteApprovers(inForce).approved(tailnet.image(), node))
                .containsExactly(IpPrefix.parse("10.1.0.0/16"));
    }
}
