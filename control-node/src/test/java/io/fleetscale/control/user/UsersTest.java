package io.fleetscale.control.user;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fleetscale.control.ControlException;
import io.fleetscale.control.ErrorCode;
import io.fleetscale.control.preauthkey.NewPreAuthKey;
import io.fleetscale.control.preauthkey.PreAuthKeys;
import io.fleetscale.control.tailnet.Change;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.NodeId;
import io.fleetscale.control.tailnet.PreAuthKeyId;
import io.fleetscale.control.tailnet.Role;
import io.fleetscale.control.tailnet.User;
import io.fleetscale.control.tailnet.UserId;
import io.fleetscale.control.testing.TestTailnet;
import io.fleetscale.wire.key.MachineKey;
import io.fleetscale.wire.key.NodeKey;
import java.util.List;
import org.junit.jupiter.api.Test;

class UsersTest {
    private final TestTailnet tailnet = TestTailnet.create();
    private final Users users = new Users(tailnet);

    @Test
    void anyNameIsAcceptedButOnlyOnce() {
        User user = TestTailnet.get(users.create(new NewUser("Two Words@x", "D", "e@x", "p")));
        assertThat(user.id()).isEqualTo(new UserId(1));
        TestTailnet.get(users.create(new NewUser("", "", "", "")));
        assertThatThrownBy(() -> TestTailnet.get(users.create(new NewUser("Two Words@x", "", "", ""))))
                .isInstanceOfSatisfying(ControlException.class, e -> {
                    assertThat(e.code()).isEqualTo(ErrorCode.INTERNAL);
                    assertThat(e.detail()).startsWith("creating user: ");
                });
    }

    @Test
    void f008NoPolicyCouldMeanANameThatEndsWithAt() {
        User lm = TestTailnet.get(users.create(new NewUser("lm", "", "", "")));
        for (var refused : List.of(users.create(new NewUser("lm@", "", "", "")), users.rename(lm.id(), "lm@"))) {
            assertThatThrownBy(() -> TestTailnet.get(refused)).isInstanceOfSatisfying(ControlException.class, e -> {
                assertThat(e.code()).isEqualTo(ErrorCode.INVALID_ARGUMENT);
                assertThat(e.detail()).contains("\"lm@\" must not end with @", "write \"lm\"");
            });
        }
        assertThat(tailnet.image().users().values()).containsExactly(lm);
        assertThat(TestTailnet.get(users.rename(lm.id(), "ann@example.com")).name())
                .isEqualTo("ann@example.com");
    }

    @Test
    void theFirstUserIsOwnerAndHandsThatOverOnly() {
        User first = TestTailnet.get(users.create(new NewUser("first", "", "", "")));
        User second = TestTailnet.get(users.signIn(new ProviderIdentity(
                "https://id.example.com", "s-2", "second", "", "second@example.com", "", List.of())));
        assertThat(first.role()).isEqualTo(Role.OWNER);
        assertThat(second.role()).isEqualTo(Role.MEMBER);
        assertThatThrownBy(() -> TestTailnet.get(users.setRole(first.id(), Role.MEMBER)))
                .isInstanceOfSatisfying(ControlException.class, e -> {
                    assertThat(e.code()).isEqualTo(ErrorCode.PERMISSION_DENIED);
                    assertThat(e.detail()).contains("first", "make another user owner first");
                });

        assertThat(TestTailnet.get(users.setRole(second.id(), Role.OWNER)).role())
                .isEqualTo(Role.OWNER);

        assertThat(TestTailnet.get(users.require(first.id())).role()).isEqualTo(Role.ADMIN);
        assertThat(TestTailnet.get(users.setRole(first.id(), Role.AUDITOR)).role())
                .isEqualTo(Role.AUDITOR);
        User again = TestTailnet.get(users.signIn(new ProviderIdentity(
                "https://id.example.com", "s-2", "second", "New Name", "second@example.com", "", List.of())));
        assertThat(again.role()).as("a login keeps the role").isEqualTo(Role.OWNER);
        assertThatThrownBy(() -> TestTailnet.get(users.setRole(new UserId(99), Role.ADMIN)))
                .hasMessageContaining("user not found");
    }

    @Test
    void aFirstLoginIsTheOwners() {
        User user = TestTailnet.get(
                users.signIn(new ProviderIdentity("https://id.example.com", "s-1", "ann", "", "", "", List.of())));

        assertThat(user.role()).isEqualTo(Role.OWNER);
    }

    @Test
    void renames() {
        User alice = tailnet.user("alice");
        tailnet.user("bob");
        assertThat(TestTailnet.get(users.rename(alice.id(), "carol")).name()).isEqualTo("carol");
        assertThatThrownBy(() -> TestTailnet.get(users.rename(alice.id(), "bob")))
                .hasMessageStartingWith("updating user: ");
        assertThatThrownBy(() -> TestTailnet.get(users.rename(alice.id(), ""))).hasMessage("user not found");
        assertThatThrownBy(() -> TestTailnet.get(users.rename(new UserId(9), "x")))
                .hasMessage("user not found");
    }

    @Test
    void deletionTakesTheKeysAndLeavesTaggedNodes() {
        User alice = tailnet.user("alice");
        TestTailnet.get(new PreAuthKeys(tailnet, TestTailnet.MAC)
                .create(new NewPreAuthKey(alice.id(), false, false, null, List.of())));
        byte[] key = new byte[32];
        Node.Builder node = Node.builder(new NodeId(1), MachineKey.of(key), NodeKey.of(key), "n1", tailnet.now())
                .givenName("n")
                .preAuthKeyId(new PreAuthKeyId(1));
        tailnet.apply(new Change.NodePut(node.userId(alice.id()).build()));
        assertThatThrownBy(() -> TestTailnet.get(users.delete(alice.id())))
                .hasMessage("user not empty: node(s) found: user \"alice\" owns 1");
        tailnet.apply(
                new Change.NodePut(node.userId(null).tags(List.of("tag:a")).build()));
        TestTailnet.get(users.delete(alice.id()));
        assertThat(tailnet.image().users()).isEmpty();
        assertThat(tailnet.image().preAuthKeys()).isEmpty();
        assertThat(tailnet.image().nodes().get(new NodeId(1)))
                .isEqualTo(node.preAuthKeyId(null).build());
    }

    @Test
    void listsByOneFilter() {
        tailnet.user("b");
        tailnet.user("a");
        assertThat(TestTailnet.get(users.list(UserFilter.ALL)))
                .extracting(User::name)
                .containsExactly("b", "a");
        assertThat(TestTailnet.get(users.list(new UserFilter("a", "", 1))))
                .extracting(User::name)
                .containsExactly("a");
        assertThat(TestTailnet.get(users.list(new UserFilter("", "", 1))))
                .extracting(User::name)
                .containsExactly("b");
        assertThat(TestTailnet.get(users.list(new UserFilter("", "none", 0)))).isEmpty();
    }
}
