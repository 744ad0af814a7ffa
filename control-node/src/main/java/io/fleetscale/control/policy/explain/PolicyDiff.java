package io.fleetscale.control.policy.explain;

import io.fleetscale.control.policy.CompiledPolicy;
import io.fleetscale.control.tailnet.TailnetImage;
import io.fleetscale.wire.tailcfg.CapabilityMap;
import java.util.List;
import java.util.Objects;
import java.util.TreeSet;

/**
 * Who would gain and who would lose which access. Works on kinds of nodes that neither policy tells apart, so that its cost
 * follows their number. Pure.
 */
public final class PolicyDiff {
    /** How many changes are told one by one. */
    public static final int MAX_CHANGES = 200;

    private PolicyDiff() {}

    /** Both policies must have been compiled for the image. */
    public static Difference between(TailnetImage image, CompiledPolicy before, CompiledPolicy after) {
        Groups groups = new Groups(image, before, after);
        SenderIndex senders = new SenderIndex(groups);
        Changes changes = new Changes(groups);
        FilterDiff filters = new FilterDiff(senders, changes);
        SshDiff ssh = new SshDiff(senders, changes);
        for (Groups.Group group : groups.all()) {
            filters.compare(
                    group,
                    before.filterOf(group.first()).template(),
                    after.filterOf(group.first()).template());
            ssh.compare(group, before.sshOf(group.first()), after.sshOf(group.first()));
            attributes(changes, group, before.ownCapabilities(group.first()), after.ownCapabilities(group.first()));
        }
        Groups.Sight sight = groups.sight(before, after);
        return new Difference(
                image.nodes().size(),
                groups.all().size(),
                changes.nodesTouched(),
                sight.gained(),
                sight.lost(),
                changes.largest(MAX_CHANGES),
                Math.max(0, changes.count() - MAX_CHANGES));
    }

    private static void attributes(Changes changes, Groups.Group group, CapabilityMap before, CapabilityMap after) {
        TreeSet<String> names = new TreeSet<>(before.entries().keySet());
        names.addAll(after.entries().keySet());
        for (String name : names) {
            List<String> was = before.entries().get(name);
            List<String> is = after.entries().get(name);
            if (!Objects.equals(was, is)) {
                if (was != null) {
                    changes.addAttribute(false, group.number(), attribute(name, was));
                }
                if (is != null) {
                    changes.addAttribute(true, group.number(), attribute(name, is));
                }
            }
        }
    }

    private static String attribute(String name, List<String> values) {
        return values.isEmpty() ? name : name + " [" + String.join(",", values) + "]";
    }
}
