package io.fleetscale.control.registration;

import io.fleetscale.control.ControlException;
import io.fleetscale.control.ErrorCode;
import io.fleetscale.control.address.IpPools;
import io.fleetscale.control.changelog.Decision;
import io.fleetscale.control.changelog.DecisionContext;
import io.fleetscale.control.changelog.HardWrite;
import io.fleetscale.control.login.PendingLogin;
import io.fleetscale.control.node.TagNames;
import io.fleetscale.control.node.TagOwners;
import io.fleetscale.control.tailnet.Change;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.PreAuthKey;
import io.fleetscale.control.tailnet.RegisterMethod;
import io.fleetscale.control.tailnet.TailnetImage;
import io.fleetscale.control.tailnet.User;
import io.fleetscale.control.tailnet.UserId;
import io.fleetscale.control.tailnet.UserStatus;
import io.fleetscale.control.user.Users;
import io.fleetscale.wire.ip.IpAddress;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Registration of a login that a person approved. Pure. Source: headscale-surface 6.5, 7.3; F017, F019, F026 of the field
 * cases.
 */
final class LoginRegistration implements HardWrite<Node> {
    private final PendingLogin login;
    private final UserId owner;
    private final RegisterMethod method;
    private final TagOwners tagOwners;
    private final IpPools pools;

    LoginRegistration(PendingLogin login, UserId owner, RegisterMethod method, TagOwners tagOwners, IpPools pools) {
        this.login = login;
        this.owner = owner;
        this.method = method;
        this.tagOwners = tagOwners;
        this.pools = pools;
    }

    @Override
    public Decision<Node> decide(TailnetImage image, DecisionContext context) {
        User user = Users.require(image, owner);
        if (user.status() == UserStatus.SUSPENDED) {
            throw new ControlException(ErrorCode.PERMISSION_DENIED, "user " + user.loginName() + " is suspended");
        }
        Applicant applicant = Applicant.of(login);
        Node same = image.nodeByKey(applicant.nodeKey());
        if (same != null && same.machineKey().equals(applicant.machineKey()) && !same.isExpiredAt(context.now())) {
            throw new ControlException(
                    ErrorCode.FAILED_PRECONDITION,
                    "login " + login.id() + " was approved already, as node " + same.id());
        }
        Node existing = existing(image, user);
        List<String> tags = permittedTags(image, user, existing, applicant);
        Placement placement = new Placement(method, user.id(), tags, null, applicant.ephemeral(), terms());
        Node node = existing == null
                ? placement.create(image, context, applicant, pools)
                : placement.renew(image, context, applicant, existing);
        return Decision.of(node, new Change.NodePut(node));
    }

    /** Whoever approves on the command line approves the device with it; a login by itself does not. */
    private PreAuthKey.Terms terms() {
        return new PreAuthKey.Terms("", method == RegisterMethod.OIDC, null, "", List.of(), false);
    }

    private @Nullable Node existing(TailnetImage image, User user) {
        List<Node> ofMachine = image.nodesByMachine(login.machineKey());
        Node tagged = ofMachine.stream().filter(Node::isTagged).findFirst().orElse(null);
        List<Node> owned = ofMachine.stream().filter(node -> !node.isTagged()).toList();
        if (tagged != null && !owned.isEmpty()) {
            throw new ControlException(ErrorCode.FAILED_PRECONDITION, "machine key maps to ambiguous node ownership");
        }
        return owned.stream()
                .filter(node -> user.id().equals(node.userId()))
                .findFirst()
                .orElse(tagged);
    }

    private List<String> permittedTags(TailnetImage image, User user, @Nullable Node existing, Applicant applicant) {
        List<String> requested = TagNames.normalise(applicant.hostinfo().requestTags());
        List<IpAddress> addresses = existing == null ? List.of() : existing.addresses();
        List<String> rejected = requested.stream()
                .filter(tag -> TagNames.problem(tag).isPresent() || !tagOwners.permits(image, tag, user, addresses))
                .toList();
        if (!rejected.isEmpty()) {
            throw new ControlException(ErrorCode.PERMISSION_DENIED, TagNames.refusal(rejected));
        }
        return requested;
    }
}
