package io.fleetscale.control.registration;

import io.fleetscale.control.ControlException;
import io.fleetscale.control.ErrorCode;
import io.fleetscale.control.address.IpPools;
import io.fleetscale.control.changelog.Decision;
import io.fleetscale.control.changelog.DecisionContext;
import io.fleetscale.control.node.TagNames;
import io.fleetscale.control.preauthkey.PreAuthKeys;
import io.fleetscale.control.secret.SecretMac;
import io.fleetscale.control.tailnet.Change;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.PreAuthKey;
import io.fleetscale.control.tailnet.RegisterMethod;
import io.fleetscale.control.tailnet.TailnetImage;
import io.fleetscale.control.tailnet.User;
import io.fleetscale.control.tailnet.UserStatus;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Registration by a pre-auth key. The key is spent only together with what it gives. Pure. Source: headscale-surface 6.5
 * and 7.2; F013, F014, F017, F018, F020 of the field cases.
 */
final class KeyRegistration {
    private final TailnetImage image;
    private final DecisionContext context;
    private final Applicant applicant;
    private final SecretMac secretMac;
    private final IpPools pools;

    KeyRegistration(
            TailnetImage image, DecisionContext context, Applicant applicant, SecretMac secretMac, IpPools pools) {
        this.image = image;
        this.context = context;
        this.applicant = applicant;
        this.secretMac = secretMac;
        this.pools = pools;
    }

    /** Refusals are thrown. */
    Decision<RegisterResult> decide(String text) {
        PreAuthKey key = PreAuthKeys.find(image, secretMac, text);
        Node same = image.nodeByKey(applicant.nodeKey());
        if (same != null && same.machineKey().equals(applicant.machineKey()) && !same.isExpiredAt(context.now())) {
            // Known and alive: containers present their key at each start, long after it was spent or removed. Only a
            // key that turns an owned node into a tagged one means more than "here I am again".
            boolean converts = key != null && !key.tags().isEmpty() && !same.isTagged();
            if (!converts) {
                return Decision.unchanged(new RegisterResult.Accepted(same));
            }
        }
        if (key == null) {
            throw refusal("invalid pre auth key");
        }
        Node existing = existing(key);
        if (key.isExpired(context.now())) {
            throw refusal("authkey expired");
        }
        User owner = key.userId() == null ? null : image.user(key.userId());
        if (owner != null && owner.status() == UserStatus.SUSPENDED) {
            throw refusal("the user of the auth key is suspended");
        }
        if (!key.reusable() && key.used()) {
            throw refusal("authkey already used");
        }
        Node node = existing == null ? create(key) : renew(key, existing);
        List<Change> changes = new ArrayList<>();
        changes.add(new Change.NodePut(node));
        if (!key.reusable()) {
            changes.add(new Change.PreAuthKeyPut(key.withUsed()));
        }
        return new Decision<>(changes, new RegisterResult.Accepted(node));
    }

    /** The node that the key is for, by the table of headscale-surface 6.5. */
    private @Nullable Node existing(PreAuthKey key) {
        List<Node> ofMachine = image.nodesByMachine(applicant.machineKey());
        Node tagged = ofMachine.stream().filter(Node::isTagged).findFirst().orElse(null);
        List<Node> owned = ofMachine.stream().filter(node -> !node.isTagged()).toList();
        if (key.tags().isEmpty()) {
            return owned.stream()
                    .filter(node -> node.owner().equals(key.user()))
                    .findFirst()
                    .orElse(tagged);
        }
        if (tagged != null || owned.isEmpty()) {
            return tagged;
        }
        if (owned.size() > 1) {
            throw refusal("machine key maps to ambiguous node ownership");
        }
        return owned.getFirst();
    }

    private Node create(PreAuthKey key) {
        List<String> foreign = applicant.hostinfo().requestTags().stream()
                .filter(tag -> !key.tags().contains(tag))
                .sorted()
                .distinct()
                .toList();
        if (!foreign.isEmpty()) {
            throw refusal(TagNames.refusal(foreign) + ": with an auth key the tags come from the key");
        }
        return placement(key, key.tags()).create(image, context, applicant, pools);
    }

    private Node renew(PreAuthKey key, Node existing) {
        // A key without tags refreshes a tagged node and leaves it what it is.
        List<String> tags = key.tags().isEmpty() ? existing.tags() : key.tags();
        return placement(key, tags).renew(image, context, applicant, existing);
    }

    private Placement placement(PreAuthKey key, List<String> tags) {
        return new Placement(
                RegisterMethod.AUTH_KEY,
                key.userId(),
                tags,
                key.id(),
                key.ephemeral() || applicant.ephemeral(),
                key.terms());
    }

    private static ControlException refusal(String reason) {
        return new ControlException(ErrorCode.PERMISSION_DENIED, reason);
    }
}
