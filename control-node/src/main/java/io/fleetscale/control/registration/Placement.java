package io.fleetscale.control.registration;

import io.fleetscale.control.ControlException;
import io.fleetscale.control.ErrorCode;
import io.fleetscale.control.address.AddressPool;
import io.fleetscale.control.address.IpPools;
import io.fleetscale.control.changelog.DecisionContext;
import io.fleetscale.control.name.NodeNames;
import io.fleetscale.control.node.HostReport;
import io.fleetscale.control.node.NodeDefaults;
import io.fleetscale.control.secret.RandomText;
import io.fleetscale.control.setting.TailnetSettings;
import io.fleetscale.control.tailnet.DeviceAttribute;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.NodeId;
import io.fleetscale.control.tailnet.PreAuthKey;
import io.fleetscale.control.tailnet.PreAuthKeyId;
import io.fleetscale.control.tailnet.RegisterMethod;
import io.fleetscale.control.tailnet.TailnetImage;
import io.fleetscale.control.tailnet.UserId;
import java.time.Instant;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Makes the node of an accepted client: a new one, or the known one with new key material. Pure.
 *
 * @param owner absent for tagged nodes
 * @param tags empty for owned nodes
 * @param key the pre-auth key it came by, absent for logins
 * @param terms of that key, or of the login
 */
record Placement(
        RegisterMethod method,
        @Nullable UserId owner,
        List<String> tags,
        @Nullable PreAuthKeyId key,
        boolean ephemeral,
        PreAuthKey.Terms terms) {

    private static final int STABLE_ID_LENGTH = 14;

    /** A node with a new number, addresses and a name; RESOURCE_EXHAUSTED when addresses have run out. */
    Node create(TailnetImage image, DecisionContext context, Applicant applicant, IpPools pools) {
        requireUnclaimed(image, applicant, null);
        AddressPool pool = new AddressPool(image, context.random());
        if (!pool.isConfigured()) {
            throw new ControlException(
                    ErrorCode.FAILED_PRECONDITION, "no IPv4 or IPv6 prefix configured, minimum one prefix is required");
        }
        NodeId id = new NodeId(image.counters().nextNode());
        Node.Builder node = Node.builder(
                        id,
                        applicant.machineKey(),
                        applicant.nodeKey(),
                        "n" + RandomText.alphanumeric(context.random(), STABLE_ID_LENGTH),
                        context.now())
                .hostname(applicant.hostinfo().hostname())
                .givenName(NodeNames.unique(image, applicant.hostinfo().hostname(), null))
                .advertisedRoutes(HostReport.routes(applicant.hostinfo()))
                .host(HostReport.facts(applicant.hostinfo()));
        boolean waits = terms.needsApproval() && TailnetSettings.of(image).devicesApprovalOn();
        Node unplaced = finish(node, applicant).build();
        return node.ipv4(pool.nextV4(pools.of(image, unplaced)))
                .ipv6(pool.nextV6())
                .expiry(expiry(image, context, applicant))
                .needsApproval(waits)
                .attributes(attributes(List.of()))
                .build();
    }

    /** What the key gives, beside what the node has. */
    private List<DeviceAttribute> attributes(List<DeviceAttribute> present) {
        if (terms.attributes().isEmpty()) {
            return present;
        }
        TreeMap<String, DeviceAttribute> byName = new TreeMap<>();
        present.forEach(attribute -> byName.put(attribute.name(), attribute));
        terms.attributes()
                .forEach(name ->
                        byName.put(name, new DeviceAttribute(name, new DeviceAttribute.Value.Flag(true), null, "")));
        return List.copyOf(byName.values());
    }

    /** The known node: number, addresses, name and approved routes stay. */
    Node renew(TailnetImage image, DecisionContext context, Applicant applicant, Node known) {
        requireUnclaimed(image, applicant, known.id());
        Node.Builder node =
                HostReport.apply(image, known, applicant.hostinfo()).toBuilder().nodeKey(applicant.nodeKey());
        // A tagged node keeps what an administrator set; its expiry ends with a new credential all the same.
        boolean staysTagged = known.isTagged() && !tags.isEmpty();
        Instant expiry =
                staysTagged && !known.isExpiredAt(context.now()) ? known.expiry() : expiry(image, context, applicant);
        return finish(node, applicant)
                .expiry(expiry)
                .attributes(attributes(known.attributes()))
                .build();
    }

    private Node.Builder finish(Node.Builder node, Applicant applicant) {
        return node.lockKey(applicant.lockKey())
                .userId(tags.isEmpty() ? owner : null)
                .registeredBy(tags.isEmpty() ? null : owner)
                .suspendedExpiry(null)
                .tags(tags)
                .requestTags(applicant.hostinfo().requestTags().stream()
                        .sorted()
                        .distinct()
                        .toList())
                .expired(false)
                .registerMethod(method)
                .preAuthKeyId(key)
                .ephemeral(ephemeral);
    }

    /** Tagged nodes have none. Source: headscale-surface 6.6. */
    private @Nullable Instant expiry(TailnetImage image, DecisionContext context, Applicant applicant) {
        if (!tags.isEmpty()) {
            return null;
        }
        Instant requested = applicant.requestedExpiry();
        NodeDefaults defaults = NodeDefaults.of(image);
        if (requested != null) {
            return requested;
        }
        return terms.tailnetExpiry()
                ? context.now().plus(defaults.tailnetExpiry())
                : defaults.expiryFrom(context.now());
    }

    private static void requireUnclaimed(TailnetImage image, Applicant applicant, @Nullable NodeId self) {
        Node holder = image.nodeByKey(applicant.nodeKey());
        if (holder != null && !holder.id().equals(self)) {
            throw new ControlException(
                    ErrorCode.FAILED_PRECONDITION,
                    holder.machineKey().equals(applicant.machineKey())
                            ? "node key already in use by another node of this machine, log out and in again"
                            : "node key already in use by another machine");
        }
    }
}
