package io.fleetscale.control.registration;

import static io.fleetscale.control.registration.Desk.authId;
import static io.fleetscale.control.registration.Desk.nodeKey;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.fleetscale.control.registration.Desk.Ask;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.User;
import io.fleetscale.control.testing.TestTailnet;
import io.fleetscale.wire.tailcfg.Hostinfo;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What clients ask for in the way of tags, and what comes of it. Source: headscale's integration tests "tags", headscale-surface 8.1. */
class TagRequestsTest {
    private final Desk desk = new Desk();
    private final User alice = desk.tailnet.user("alice");

    TagRequestsTest() {
        desk.tagOwners.put("tag:mine", Desk.owners("alice"));
        desk.tagOwners.put("tag:also", Desk.owners("alice"));
        desk.tagOwners.put("tag:other", Desk.owners("bob"));
    }

    @AfterEach
    void close() {
        desk.close();
    }

    /** A running client says that it wants these tags, as {@code tailscale set --advertise-tags} does. */
    private void reports(String... tags) {
        Node node = desk.onlyNode();
        Hostinfo host =
                Hostinfo.parse(ByteString.copyFromUtf8("{\"OS\":\"linux\",\"Hostname\":\"host\",\"RequestTags\":["
                        + (tags.length == 0 ? "" : "\"" + String.join("\",\"", tags) + "\"") + "]}"));
        TestTailnet.get(desk.nodes.reportHost(node.id(), node.nodeKey(), host));
    }

    private void login(int key, String... tags) {
        TestTailnet.get(desk.approvals.register(
                "alice", authId(desk.register(1, Ask.of(key).tags(tags)))));
    }

    /** The tags of a key stand, whatever the client asks for while it runs or starts again. */
    @Test
    void aClientCannotChangeTheTagsOfAKey() {
        String key = desk.key(null, true, "tag:mine");
        assertThat(desk.register(1, Ask.of(1).key(key)).error()).isEmpty();
        reports("tag:mine", "tag:also");
        reports("tag:also");
        reports();
        assertThat(desk.onlyNode().tags()).containsExactly("tag:mine");

        desk.register(1, Ask.of(1).tags("tag:also"));
        assertThat(desk.onlyNode().tags()).containsExactly("tag:mine");
        assertThat(desk.register(1, Ask.of(1).key(key)).error())
                .as("without the flag")
                .isEmpty();
        assertThat(desk.onlyNode().tags()).containsExactly("tag:mine");
    }

    @ParameterizedTest
    @ValueSource(strings = {"tag:mine", "tag:other", "tag:nobody"})
    void aKeyWithoutTagsGivesNone(String asked) {
        String key = desk.key(alice.id(), false);
        assertThat(desk.register(1, Ask.of(1).key(key).tags(asked)).error())
                .startsWith("requested tags [" + asked + "] are invalid or not permitted");
        assertThat(desk.tailnet.image().nodes()).isEmpty();
        assertThat(desk.register(1, Ask.of(1).key(key)).error())
                .as("the key is unused")
                .isEmpty();
        assertThat(desk.onlyNode().tags()).isEmpty();
        reports(asked);
        assertThat(desk.onlyNode().tags()).isEmpty();
    }

    /** What an administrator has set is not the client's to change, by whatever flags. */
    @Test
    void tagsOfAnAdministratorStand() {
        assertThat(desk.register(1, Ask.of(1).key(desk.key(alice.id(), true))).error())
                .isEmpty();
        TestTailnet.get(desk.nodes.setTags(desk.onlyNode().id(), List.of("tag:mine", "tag:other")));
        reports();
        reports("tag:mine");
        reports("tag:also");
        desk.register(1, Ask.of(1));
        desk.register(1, Ask.of(1).tags("tag:mine"));
        assertThat(desk.onlyNode().tags()).containsExactly("tag:mine", "tag:other");
        assertThat(desk.onlyNode().nodeKey()).isEqualTo(nodeKey(1));
    }

    @Test
    void aPersonGetsOwnTagsAtTheLoginAndAddsOrRemovesThemByTheNext() {
        login(1, "tag:mine");
        assertThat(desk.onlyNode().tags()).containsExactly("tag:mine");
        login(2, "tag:also", "tag:mine");
        assertThat(desk.onlyNode().tags()).containsExactly("tag:also", "tag:mine");
        login(3, "tag:also");
        assertThat(desk.onlyNode().tags()).containsExactly("tag:also");
        login(4);
        assertThat(desk.onlyNode().tags()).isEmpty();
        assertThat(desk.onlyNode().userId()).isEqualTo(alice.id());
    }

    @ParameterizedTest
    @ValueSource(strings = {"tag:other", "tag:nobody"})
    void aPersonGetsNoTagsOfOthers(String asked) {
        assertThatThrownBy(() -> login(1, "tag:mine", asked))
                .hasMessage("requested tags [" + asked + "] are invalid or not permitted");
        assertThat(desk.tailnet.image().nodes()).isEmpty();
    }
}
