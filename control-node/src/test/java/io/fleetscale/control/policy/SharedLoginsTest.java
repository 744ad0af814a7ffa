package io.fleetscale.control.policy;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.UnknownFieldSet;
import io.fleetscale.control.policy.engine.PolicyCompiler;
import io.fleetscale.control.policy.language.PolicyDocument;
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
import org.junit.jupiter.api.Test;

/** A login that two users carry means neither, as long as both are there. Source: field case F058. */
class SharedLoginsTest {
    private static final String POLICY =
            "{\"acls\": [{\"action\": \"accept\", \"src\": [\"ANN@example.com\"], \"dst\": [\"tag:db:22\"]}], \"tagOwners\": {\"tag:db\": []}}";

    private static User secondAnn() {
        return new User(
                new UserId(9),
                "other",
                "",
                "Ann@Example.com",
                "",
                "",
                "",
                Instant.EPOCH,
                Role.MEMBER,
                List.of(),
                UnknownFieldSet.getDefaultInstance());
    }

    @Test
    void aSecondUserOfTheSameAddressGetsNothingAndTakesItAway() throws Exception {
        PolicyDocument document = PolicyReader.read(POLICY);
        PolicyCompiler compiler = PolicyCompiler.of(any -> document, SmallTailnet.environment());
        TailnetImage image = SmallTailnet.image();
        CompiledPolicy policy = compiler.compile(image);
        assertThat(rulesAtDatabase(policy, image)).isEqualTo(1);

        TailnetDelta joined = new TailnetDelta(image.version() + 1, List.of(new Change.UserPut(secondAnn())));
        TailnetImage withBoth = image.apply(joined);
        assertThat(SharedLogins.of(withBoth).users())
                .containsEntry("ann@example.com", List.of(new UserId(1), new UserId(9)));
        policy = policy.advance(image, joined, withBoth).next();
        assertThat(rulesAtDatabase(policy, withBoth)).isZero();

        TailnetDelta left = new TailnetDelta(withBoth.version() + 1, List.of(new Change.UserRemoved(new UserId(9))));
        TailnetImage again = withBoth.apply(left);
        policy = policy.advance(withBoth, left, again).next();
        assertThat(rulesAtDatabase(policy, again)).isEqualTo(1);
    }

    private static int rulesAtDatabase(CompiledPolicy policy, TailnetImage image) {
        Node database = image.node(new NodeId(4));
        assertThat(database).isNotNull();
        return policy.filterOf(database).rules().size();
    }
}
