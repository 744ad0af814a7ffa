package io.fleetscale.control.api.tailscale;

import io.fleetscale.control.derpmap.DerpMapSettings;
import io.fleetscale.control.device.PostureIdentity;
import io.fleetscale.control.dns.DnsSettings;
import io.fleetscale.control.presence.Presence;
import io.fleetscale.control.setting.TailnetSettings;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.NodeId;
import io.fleetscale.control.tailnet.TailnetImage;
import io.fleetscale.control.tailnet.User;
import io.fleetscale.wire.ip.IpPrefix;
import io.fleetscale.wire.tailcfg.DerpMap;
import io.fleetscale.wire.tailcfg.GoTime;
import io.fleetscale.wire.tailcfg.Hostinfo;
import io.fleetscale.wire.tailcfg.NetInfo;
import io.fleetscale.wire.tailcfg.TailcfgException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Devices as the API shows them, of one image. Confined to one call. Source: tailscale-api-v2 8.1. */
final class DeviceJson {
    private final TailnetImage image;
    private final Function<NodeId, Presence> presences;
    private final DnsSettings dns;
    private final boolean collectsIdentity;
    private final Map<Integer, String> regions = new TreeMap<>();

    DeviceJson(TailnetImage image, Function<NodeId, Presence> presences) {
        this.image = image;
        this.presences = presences;
        this.dns = DnsSettings.of(image);
        this.collectsIdentity = TailnetSettings.of(image).postureIdentityCollectionOn();
    }

    /** @param all whether the members of {@code fields=all} are there too */
    ObjectNode of(Node node, boolean all) {
        Presence presence = presences.apply(node.id());
        Hostinfo host = hostinfo(presence);
        ObjectNode json = Replies.object();
        json.putArray("addresses")
                .addAll(node.addresses().stream()
                        .map(address -> (JsonNode) tools.jackson.databind.node.StringNode.valueOf(address.toString()))
                        .toList());
        json.put("id", node.id().toString());
        json.put("nodeId", node.stableId());
        json.put("user", userOf(node));
        json.put("name", withoutDot(dns.nameOf(node.givenName())));
        json.put("hostname", node.hostname());
        json.put("clientVersion", node.host().clientVersion());
        json.put("updateAvailable", false);
        json.put("os", node.host().os());
        json.put("created", Replies.time(node.createdAt()));
        json.put("connectedToControl", presence.online());
        Instant lastSeen = presence.lastSeen();
        if (!presence.online() && lastSeen != null) {
            json.put("lastSeen", Replies.time(lastSeen));
        }
        Instant expiry = node.expiry();
        Instant shown = expiry == null ? node.suspendedExpiry() : expiry;
        json.put("keyExpiryDisabled", expiry == null);
        json.put("expires", Replies.time(shown == null ? GoTime.ZERO : shown));
        json.put("authorized", image.isAuthorized(node));
        json.put("isExternal", false);
        json.put("machineKey", node.machineKey().toString());
        json.put("nodeKey", node.nodeKey().toString());
        json.put("blocksIncomingConnections", host.shieldsUp());
        json.put("tailnetLockKey", node.lockKey().isZero() ? "" : node.lockKey().toString());
        json.put("tailnetLockError", "");
        if (node.isTagged()) {
            json.set("tags", Replies.array(node.tags()));
        }
        json.put("isEphemeral", node.ephemeral());
        if (all) {
            addAll(json, node, presence, host);
        }
        return json;
    }

    private void addAll(ObjectNode json, Node node, Presence presence, Hostinfo host) {
        json.set("enabledRoutes", Replies.array(texts(node.approvedRoutes())));
        json.set("advertisedRoutes", Replies.array(texts(node.advertisedRoutes())));
        json.put("sshEnabled", !host.sshHostKeys().isEmpty());
        PostureIdentity identity =
                collectsIdentity ? PostureIdentity.KIND.find(image, node.id().toString()) : null;
        if (identity != null && identity.disabled()) {
            json.putObject("postureIdentity").put("disabled", true);
        } else if (identity != null) {
            ObjectNode told = json.putObject("postureIdentity");
            told.set("serialNumbers", Replies.array(identity.serialNumbers()));
            told.set("hardwareAddresses", Replies.array(identity.hardwareAddresses()));
        }
        if (!host.distro().isEmpty()) {
            json.putObject("distro")
                    .put("name", host.distro())
                    .put("version", host.distroVersion())
                    .put("codeName", "");
        }
        host.net().ifPresent(net -> connectivity(json.putObject("clientConnectivity"), presence, net));
    }

    private void connectivity(ObjectNode json, Presence presence, NetInfo net) {
        json.set(
                "endpoints",
                Replies.array(presence.endpoints().stream()
                        .map(endpoint -> endpoint.address().toString())
                        .toList()));
        json.put("derp", regionName(net.preferredDerp()));
        json.put("mappingVariesByDestIP", Boolean.TRUE.equals(net.mappingVariesByDestIp()));
        ObjectNode latency = json.putObject("latency");
        JsonNode measured = Body.json(net.raw().toByteArray()).path("DERPLatency");
        Map<Integer, Double> best = new TreeMap<>();
        measured.properties().forEach(entry -> {
            String region = entry.getKey();
            int dash = region.indexOf('-');
            String number = dash < 0 ? region : region.substring(0, dash);
            if (number.matches("[0-9]{1,6}") && entry.getValue().isNumber()) {
                best.merge(Integer.valueOf(number), entry.getValue().doubleValue(), Math::min);
            }
        });
        best.forEach((region, seconds) -> {
            ObjectNode one = latency.putObject(regionName(region));
            if (region == net.preferredDerp()) {
                one.put("preferred", true);
            }
            one.put("latencyMs", seconds * 1000);
        });
        ObjectNode supports = json.putObject("clientSupports");
        supports.putNull("hairPinning");
        flag(supports, "ipv6", net.workingIpv6());
        flag(supports, "pcp", net.pcp());
        flag(supports, "pmp", net.pmp());
        flag(supports, "udp", net.workingUdp());
        flag(supports, "upnp", net.upnp());
    }

    private static void flag(ObjectNode json, String name, @Nullable Boolean value) {
        if (value == null) {
            json.putNull(name);
        } else {
            json.put(name, value.booleanValue());
        }
    }

    private String regionName(int region) {
        if (regions.isEmpty()) {
            DerpMapSettings.stored(image).regions().forEach((id, known) -> regions.put(id, nameOf(known)));
            regions.putIfAbsent(0, "");
        }
        return regions.getOrDefault(region, Integer.toString(region));
    }

    private static String nameOf(DerpMap.Region region) {
        return region.name().isEmpty() ? region.code() : region.name();
    }

    private String userOf(Node node) {
        if (node.isTagged() && node.registeredBy() != null) {
            User registered = image.user(node.registeredBy());
            if (registered != null) {
                return registered.loginName();
            }
        }
        return image.ownerOf(node).loginName();
    }

    static List<String> texts(List<IpPrefix> prefixes) {
        return prefixes.stream().map(IpPrefix::toString).toList();
    }

    static Hostinfo hostinfo(Presence presence) {
        try {
            return presence.hostinfo().isEmpty() ? Hostinfo.EMPTY : Hostinfo.parse(presence.hostinfo());
        } catch (TailcfgException unreadable) {
            return Hostinfo.EMPTY;
        }
    }

    private static String withoutDot(String name) {
        return name.endsWith(".") ? name.substring(0, name.length() - 1) : name;
    }
}
