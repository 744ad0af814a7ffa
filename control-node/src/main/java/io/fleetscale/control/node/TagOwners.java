package io.fleetscale.control.node;

import io.fleetscale.control.tailnet.TailnetImage;
import io.fleetscale.control.tailnet.User;
import io.fleetscale.wire.ip.IpAddress;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Which tags exist and who may take them; what the policy's {@code tagOwners} say. Pure: part of decisions. Thread-safe. */
public interface TagOwners {
    /** No policy says anything: no tag exists. */
    TagOwners NONE = new TagOwners() {
        @Override
        public boolean exists(TailnetImage image, String tag) {
            return false;
        }

        @Override
        public boolean permits(TailnetImage image, String tag, @Nullable User user, List<IpAddress> addresses) {
            return false;
        }
    };

    /** Whether the policy of {@code image} defines the tag; enough for an administrator. */
    boolean exists(TailnetImage image, String tag);

    /** Whether the tag is one of {@code owners} or belongs to one of them, also by way of other tags. */
    default boolean ownedBy(TailnetImage image, String tag, Collection<String> owners) {
        return false;
    }

    /**
     * Whether a login may take the tag.
     *
     * @param user who logs in
     * @param addresses of the node, empty for a new one
     */
    boolean permits(TailnetImage image, String tag, @Nullable User user, List<IpAddress> addresses);
}
