package io.fleetscale.control.access;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.UnknownFieldSet;
import io.fleetscale.control.policy.language.PolicyDocument;
import io.fleetscale.control.policy.language.PolicyException;
import io.fleetscale.control.policy.language.PolicyReader;
import io.fleetscale.control.policy.test.SmallTailnet;
import io.fleetscale.control.tailnet.Change;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.NodeId;
import io.fleetscale.control.tailnet.Role;
import io.fleetscale.control.tailnet.TailnetDelta;
import io.fleetscale.control.tailnet.TailnetImage;
import io.fleetscale.control.tailnet.User;
import io.fleetscale.control.tailnet.UserId;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** Who approves and owns. The nodes are those of {@link SmallTailnet}. */
class PrincipalsTest {
    private static boolean approves(TailnetImage image, String approver, int node) throws PolicyException {
        PolicyDocument document = PolicyReader.read("{\"tagOwners\": {\"tag:db\": []}, \"groups\": {\"group:g\": "
                + "[\"bob@example.com\"]}, \"autoApprovers\": {\"exitNode\": [\"" + approver + "\"]}}");
        Node at = Objects.requireNonNull(image.node(new NodeId(node)));
        return Principals.anyDenotes(document.autoApprovers().exitNode(), image, at);
    }

    private static TailnetImage with(User user) {
        TailnetImage image = SmallTailnet.image();
        return image.apply(new TailnetDelta(image.version() + 1, List.of(new Change.UserPut(user))));
    }

    private static User user(long id, String name, String email) {
        return new User(
                new UserId(id),
                name,
                "",
                email,
                "",
                "",
                "",
                Instant.EPOCH,
                Role.MEMBER,
                List.of(),
                UnknownFieldSet.getDefaultInstance());
    }

    @Test
    void ownersAndTags() throws PolicyException {
        TailnetImage image = SmallTailnet.image();
        assertThat(approves(image, "bob@example.com", 3)).isTrue();
        assertThat(approves(image, "group:g", 3)).isTrue();
        assertThat(approves(image, "bob@example.com", 1)).isFalse();
        assertThat(approves(image, "tag:db", 4)).isTrue();
        assertThat(approves(image, "autogroup:member", 4)).isFalse();
        assertThat(approves(image, "autogroup:admin", 1)).isTrue();
        assertThat(approves(image, "user:*@example.com", 3)).isTrue();
    }

    /** Source: field case F058. */
    @Test
    void aLoginOfTwoUsersApprovesForNeither() throws PolicyException {
        TailnetImage image = with(user(9, "other", "BOB@example.com"));
        assertThat(approves(image, "bob@example.com", 3)).isFalse();
        assertThat(approves(image, "group:g", 3)).isFalse();
        assertThat(approves(image, "bob@", 3)).isTrue();
    }

    /** Source: policy 2.4. */
    @Test
    void guestsOfAnotherDomainAreNoUsersOfADomain() throws PolicyException {
        TailnetImage image = with(user(2, "bob", "bob@example.org"));
        assertThat(approves(image, "user:*@example.org", 3)).isFalse();
        assertThat(approves(image, "user:*@example.com", 1)).isTrue();
        assertThat(approves(image, "bob@example.org", 3)).isTrue();
    }
}
