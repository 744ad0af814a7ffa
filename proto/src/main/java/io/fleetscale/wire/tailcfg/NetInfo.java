package io.fleetscale.wire.tailcfg;

import com.google.protobuf.ByteString;
import org.jspecify.annotations.Nullable;

/**
 * What a client found out about its network; a flag is null while it does not know. Latencies are only in {@code raw}.
 * Source: control-protocol 6.5.
 *
 * @param preferredDerp home region, 0 = none yet
 * @param raw the JSON object as it was sent
 */
public record NetInfo(
        @Nullable Boolean mappingVariesByDestIp,
        @Nullable Boolean workingIpv6,
        @Nullable Boolean osHasIpv6,
        @Nullable Boolean workingUdp,
        @Nullable Boolean workingIcmpv4,
        boolean havePortMap,
        @Nullable Boolean upnp,
        @Nullable Boolean pmp,
        @Nullable Boolean pcp,
        int preferredDerp,
        String linkType,
        String firewallMode,
        ByteString raw) {

    private static final int MAX_LATENCIES = 4096;

    static final class Draft {
        static final GoObject<Draft> SHAPE = new GoObject<Draft>("NetInfo")
                .with("MappingVariesByDestIP", (d, in) -> d.mappingVariesByDestIp = in.optionalBool())
                .with("WorkingIPv6", (d, in) -> d.workingIpv6 = in.optionalBool())
                .with("OSHasIPv6", (d, in) -> d.osHasIpv6 = in.optionalBool())
                .with("WorkingUDP", (d, in) -> d.workingUdp = in.optionalBool())
                .with("WorkingICMPv4", (d, in) -> d.workingIcmpv4 = in.optionalBool())
                .with("HavePortMap", (d, in) -> d.havePortMap = in.bool())
                .with("UPnP", (d, in) -> d.upnp = in.optionalBool())
                .with("PMP", (d, in) -> d.pmp = in.optionalBool())
                .with("PCP", (d, in) -> d.pcp = in.optionalBool())
                .with("PreferredDERP", (d, in) -> d.preferredDerp = in.int32())
                .with("LinkType", (d, in) -> d.linkType = in.text(Hostinfo.MAX_TEXT))
                .with("DERPLatency", (d, in) -> in.map(MAX_LATENCIES, (region, value) -> value.float64()))
                .with("FirewallMode", (d, in) -> d.firewallMode = in.text(Hostinfo.MAX_TEXT));

        private @Nullable Boolean mappingVariesByDestIp = null;
        private @Nullable Boolean workingIpv6 = null;
        private @Nullable Boolean osHasIpv6 = null;
        private @Nullable Boolean workingUdp = null;
        private @Nullable Boolean workingIcmpv4 = null;
        private boolean havePortMap = false;
        private @Nullable Boolean upnp = null;
        private @Nullable Boolean pmp = null;
        private @Nullable Boolean pcp = null;
        private int preferredDerp = 0;
        private String linkType = "";
        private String firewallMode = "";

        NetInfo build(ByteString raw) {
            return new NetInfo(
                    mappingVariesByDestIp,
                    workingIpv6,
                    osHasIpv6,
                    workingUdp,
                    workingIcmpv4,
                    havePortMap,
                    upnp,
                    pmp,
                    pcp,
                    preferredDerp,
                    linkType,
                    firewallMode,
                    raw);
        }
    }
}
