package io.fleetscale.control.netmap;

import io.fleetscale.control.dns.DnsSettings;
import io.fleetscale.control.policy.ClassId;
import io.fleetscale.control.policy.CompiledPolicy;
import io.fleetscale.control.setting.TailnetSettings;
import io.fleetscale.control.tailnet.TailnetImage;
import org.jspecify.annotations.Nullable;
import org.pcollections.HashPMap;

/**
 * All that map messages are made of, as of one moment: image, policy, settings and what every class sees, which includes soft
 * state. Immutable and thread-safe.
 */
public final class NetmapState {
    private final TailnetImage image;
    private final CompiledPolicy policy;
    private final DnsSettings dns;
    private final TailnetSettings settings;
    private final SharedText derpMap;
    private final HashPMap<ClassId, ClassView> views;

    NetmapState(
            TailnetImage image,
            CompiledPolicy policy,
            DnsSettings dns,
            TailnetSettings settings,
            SharedText derpMap,
            HashPMap<ClassId, ClassView> views) {
        this.image = image;
        this.policy = policy;
        this.dns = dns;
        this.settings = settings;
        this.derpMap = derpMap;
        this.views = views;
    }

    public TailnetImage image() {
        return image;
    }

    public CompiledPolicy policy() {
        return policy;
    }

    public DnsSettings dns() {
        return dns;
    }

    TailnetSettings settings() {
        return settings;
    }

    /** The DERP map as JSON. */
    SharedText derpMap() {
        return derpMap;
    }

    @Nullable
    ClassView view(ClassId id) {
        return views.get(id);
    }

    HashPMap<ClassId, ClassView> views() {
        return views;
    }
}
