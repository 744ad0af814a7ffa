package io.fleetscale.control.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fleetscale.control.ControlException;
import io.fleetscale.control.address.AddressPool;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.NodeId;
import io.fleetscale.control.tailnet.User;
import io.fleetscale.control.testing.TestTailnet;
import io.fleetscale.wire.ip.IpAddress;
import io.fleetscale.wire.ip.IpPrefix;
import io.fleetscale.wire.key.MachineKey;
import io.fleetscale.wire.key.NodeKey;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Source: policy 9.8. */
class PolicyIpPoolsTest {
    private final TestTailnet tailnet = TestTailnet.create();
    private final PolicyIpPools pools = new PolicyIpPools(new PolicyInForce(List::of));
    private final User alice = tailnet.user("alice");
    private final User bob = tailnet.user("bob");

    private void policy(String text) {
        assertThat(TestTailnet.get(
                                new Policies(tailnet, new PolicySource.InDatabase(), (image, document) -> {}).set(text))
                        .text())
                .isEqualTo(text);
    }

    private Node.Builder fresh() {
        return Node.builder(new NodeId(1), MachineKey.of(new byte[32]), NodeKey.of(new byte[32]), "n1", tailnet.now())
                .hostname("n1")
                .givenName("n1");
    }

    private List<IpPrefix> of(Node.Builder node) {
        return pools.of(tailnet.image(), node.build());
    }

    @Test
    void aNewNodeHasThePoolsOfAllEntriesThatItMatches() {
        policy("""
                {"tagOwners": {"tag:db": []}, "groups": {"group:a": ["alice@"]}, "nodeAttrs": [
                   {"target": ["group:a", "100.64.0.7"], "ipPool": ["100.81.0.0/16"]},
                   {"target": ["alice@"], "attr": ["x"], "ipPool": ["100.82.0.0/24", "100.81.0.0/16"]},
                   {"target": ["tag:db"], "ipPool": ["100.90.0.0/30"]}]}""");
        assertThat(of(fresh().userId(alice.id())))
                .containsExactly(IpPrefix.parse("100.81.0.0/16"), IpPrefix.parse("100.82.0.0/24"));
        assertThat(of(fresh().userId(bob.id()))).isEmpty();
        assertThat(of(fresh().tags(List.of("tag:db")))).containsExactly(IpPrefix.parse("100.90.0.0/30"));
        policy("{\"nodeAttrs\": [{\"target\": [\"*\"], \"ipPool\": [\"100.83.0.0/16\"]}]}");
        assertThat(of(fresh().userId(bob.id()))).containsExactly(IpPrefix.parse("100.83.0.0/16"));
    }

    @Test
    void poolsAreFilledInTurn() {
        AddressPool addresses = new AddressPool(tailnet.image(), new Random(1));
        List<IpPrefix> single = List.of(IpPrefix.parse("100.83.0.9/32"), IpPrefix.parse("100.84.0.0/16"));
        assertThat(addresses.nextV4(single)).isEqualTo(IpAddress.parse("100.83.0.9"));
        assertThat(addresses.nextV4(single.reversed())).isEqualTo(IpAddress.parse("100.84.0.1"));
        assertThat(addresses.nextV4(List.of())).isEqualTo(IpAddress.parse("100.64.0.1"));
        assertThatThrownBy(() -> addresses.nextV4(List.of(IpPrefix.parse("100.83.0.8/31"))))
                .isInstanceOf(ControlException.class)
                .hasMessageContaining("no free address in the ipPool of the policy, [100.83.0.8/31]");
    }
}
