package io.fleetscale.control.name;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fleetscale.control.node.Nodes;
import io.fleetscale.control.node.TagOwners;
import io.fleetscale.control.tailnet.Change;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.NodeId;
import io.fleetscale.control.tailnet.UserId;
import io.fleetscale.control.testing.TestTailnet;
import io.fleetscale.wire.key.MachineKey;
import io.fleetscale.wire.key.NodeKey;
import io.fleetscale.wire.tailcfg.Hostinfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class NodeNamesTest {
    private final TestTailnet tailnet = TestTailnet.create();
    private final Nodes nodes = new Nodes(tailnet, TagOwners.NONE);

    private Node add(String hostname) {
        long id = tailnet.image().counters().nextNode();
        byte[] key = new byte[32];
        key[0] = (byte) id;
        Node node = Node.builder(new NodeId(id), MachineKey.of(key), NodeKey.of(key), "n" + id, tailnet.now())
                .userId(new UserId(1))
                .hostname(hostname)
                .givenName(NodeNames.unique(tailnet.image(), hostname, null))
                .build();
        tailnet.apply(new Change.NodePut(node));
        return node;
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    Foo-Bar              | foo-bar
                    Anna's MacBook Pro   | annas-macbook-pro
                    我的电脑             | node
                    My-PC!               | my-pc
                    h                    | h
                    ...                  | node
                    db_01.prod.lan       | db-01-prod
                    web-                 | web
                    Zürich-Büro          | zrich-bro
                    100.64.0.9           | 100-64-0-9
                    node.corp.example.com| node-corp-example-com
                    laptop.local         | laptop
                    xn--fiqs8s           | xn--fiqs8s
                    """, quoteCharacter = '"')
    void f027SanitisesWhatDevicesCallThemselves(String reported, String label) {
        assertThat(NodeNames.sanitise(reported)).isEqualTo(label);
    }

    @Test
    void numbersNamesThatAreTaken() {
        assertThat(add("我的电脑").givenName()).isEqualTo("node");
        assertThat(add("我的电脑").givenName()).isEqualTo("node-1");
        assertThat(add("...").givenName()).isEqualTo("node-2");
    }

    @Test
    void f029AFreedNameIsTheNextOnes() {
        Node first = add("laptop");
        Node second = add("laptop");
        TestTailnet.get(nodes.delete(first.id()));
        assertThat(add("laptop").givenName()).isEqualTo("laptop");
        assertThat(tailnet.image().nodeByName("laptop-1")).isEqualTo(second);
    }

    @Test
    void shortensALongNameForItsNumber() {
        String longest = "a".repeat(80);
        assertThat(add(longest).givenName()).isEqualTo("a".repeat(63));
        assertThat(add(longest).givenName()).isEqualTo("a".repeat(61) + "-1");
    }

    @Test
    void f030FollowsTheHostNameUntilAnAdministratorChooses() {
        Node node = add("alpha");
        report(node, "Beta", "beta");
        TestTailnet.get(nodes.rename(node.id(), "gamma"));
        report(node, "delta", "gamma");
        TestTailnet.get(nodes.rename(node.id(), "delta"));
        report(node, "Eps", "eps");
    }

    private void report(Node node, String hostname, String expected) {
        Node after = TestTailnet.get(nodes.reportHost(node.id(), node.nodeKey(), Hostinfo.ofHostname(hostname)))
                .orElseThrow();
        assertThat(after.hostname()).isEqualTo(hostname);
        assertThat(after.givenName()).isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a b", "-x", "x-", "a_b", "a.b", "ü"})
    void f028RefusesBadNames(String name) {
        Node node = add("web");
        assertThatThrownBy(() -> TestTailnet.get(nodes.rename(node.id(), name)))
                .hasMessageStartingWith("renaming node: \"" + name + "\" is not a valid DNS label: ");
        assertThat(tailnet.image().nodeByName("web")).isEqualTo(node);
    }

    @Test
    void refusesATakenNameWhateverItsCase() {
        add("web");
        Node other = add("other");
        assertThatThrownBy(() -> TestTailnet.get(nodes.rename(other.id(), "Web")))
                .hasMessage("node name is not unique: Web");
        assertThatThrownBy(() -> TestTailnet.get(nodes.rename(other.id(), "a".repeat(64))))
                .hasMessageContaining("is too long, max length is 63 bytes");
        assertThatThrownBy(() -> TestTailnet.get(nodes.rename(new NodeId(99), "free")))
                .hasMessage("node no longer exists in NodeStore: 99");
    }
}
