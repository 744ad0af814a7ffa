package io.fleetscale.loadtest.differential;

import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.TailnetImage;
import io.fleetscale.control.tailnet.User;
import io.fleetscale.control.vipservice.VipService;
import io.fleetscale.wire.ip.IpAddress;
import io.fleetscale.wire.ip.IpPrefix;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Answers whether the text of a policy lets one packet through, without rules, sources or printing: for each entry, is the
 * sender meant, is the destination meant, is the port meant. Knows what {@link PolicyGenerator} writes, shares no code with
 * the engines. Source: policy 2, 3.11, 9.1, 9.2.
 */
final class PlainReading {
    private static final IpPrefix CGNAT = IpPrefix.parse("100.64.0.0/10");
    private static final IpPrefix CHROME_OS = IpPrefix.parse("100.115.92.0/23");
    private static final IpPrefix ULA = IpPrefix.parse("fd7a:115c:a1e0::/48");
    private static final List<IpPrefix> NOT_INTERNET = List.of(
            IpPrefix.parse("10.0.0.0/8"),
            CGNAT,
            IpPrefix.parse("169.254.0.0/16"),
            IpPrefix.parse("172.16.0.0/12"),
            IpPrefix.parse("192.168.0.0/16"));
    private static final IpPrefix INTERNET_V6 = IpPrefix.parse("2000::/3");
    private static final Map<String, Integer> PROTOCOLS =
            Map.of("tcp", 6, "udp", 17, "icmp", 1, "sctp", 132, "gre", 47);

    private final JsonNode policy;
    private final TailnetImage image;

    PlainReading(String policy, TailnetImage image) {
        this.policy = new JsonMapper().readTree(policy);
        this.image = image;
    }

    /** @param protocol 6, 17 or 132 */
    record Packet(IpAddress from, Node at, IpAddress to, int protocol, int port) {
        @Override
        public String toString() {
            return from + " at node " + at.id() + " to " + to + ":" + port + " protocol " + protocol;
        }
    }

    boolean allows(Packet packet) {
        if (!policy.has("acls") && !policy.has("grants")) {
            return packet.protocol() != 132 && isAnybody(packet.from(), null);
        }
        for (JsonNode acl : policy.path("acls")) {
            for (JsonNode target : acl.path("dst")) {
                int colon = target.asString().lastIndexOf(':');
                if (isFrom(acl, packet)
                        && isTo(target.asString().substring(0, colon), packet)
                        && isPort(
                                acl.path("proto").asString(""),
                                target.asString().substring(colon + 1),
                                packet)) {
                    return true;
                }
            }
        }
        for (JsonNode grant : policy.path("grants")) {
            for (JsonNode target : grant.path("dst")) {
                if (isFrom(grant, packet)
                        && (grant.path("via").isEmpty()
                                ? isTo(target.asString(), packet)
                                : isRoutedTo(target.asString(), grant, packet))
                        && isSpecified(grant, packet)) {
                    return true;
                }
            }
        }
        return false;
    }

    private static boolean isSpecified(JsonNode grant, Packet packet) {
        for (JsonNode word : grant.path("ip")) {
            String spec = word.asString();
            int colon = spec.indexOf(':');
            if (isPort(colon < 0 ? "" : spec.substring(0, colon), spec.substring(colon + 1), packet)) {
                return true;
            }
        }
        return false;
    }

    private static boolean isPort(String protocol, String ports, Packet packet) {
        if (protocol.isEmpty() ? packet.protocol() == 132 : number(protocol) != packet.protocol()) {
            return false;
        }
        for (String range : ports.split(",", -1)) {
            String[] ends = range.split("-", -1);
            if (range.equals("*")
                    || packet.port() >= Integer.parseInt(ends[0])
                            && packet.port() <= Integer.parseInt(ends[ends.length - 1])) {
                return true;
            }
        }
        return false;
    }

    private static int number(String protocol) {
        Integer known = PROTOCOLS.get(protocol);
        return known == null ? Integer.parseInt(protocol) : known;
    }

    private boolean isFrom(JsonNode rule, Packet packet) {
        List<String> postures = new ArrayList<>();
        JsonNode named = rule.has("srcPosture") ? rule.path("srcPosture") : policy.path("defaultSrcPosture");
        named.forEach(posture -> postures.add(posture.asString()));
        List<String> passing = postures.isEmpty() ? null : postures;
        for (JsonNode word : rule.path("src")) {
            if (isSource(word.asString(), packet.from(), passing)) {
                return true;
            }
        }
        return false;
    }

    private boolean isSource(String word, IpAddress from, @Nullable List<String> postures) {
        Node sender = nodeOf(from);
        if (word.equals("*")) {
            return isAnybody(from, postures);
        }
        boolean literal = isLiteral(word) || word.equals("autogroup:danger-all");
        if (!literal) {
            return sender != null && denotes(word, sender) && passes(sender, postures);
        }
        if (!word.equals("autogroup:danger-all") && !isIn(word, from)) {
            return false;
        }
        return postures == null || (sender == null ? !isTailnet(from) : passes(sender, postures));
    }

    private boolean isAnybody(IpAddress from, @Nullable List<String> postures) {
        boolean routed = image.nodes().values().stream()
                .flatMap(node -> subnetRoutes(node).stream())
                .anyMatch(route -> route.contains(from));
        Node sender = nodeOf(from);
        return routed
                || (postures == null
                        ? isTailnet(from) && !CHROME_OS.contains(from)
                        : sender != null && passes(sender, postures));
    }

    private boolean isTo(String word, Packet packet) {
        if (word.equals("*")) {
            return true;
        }
        if (word.equals("autogroup:self")) {
            Node sender = nodeOf(packet.from());
            return sender != null
                    && !sender.isTagged()
                    && !packet.at().isTagged()
                    && sender.owner().equals(packet.at().owner())
                    && packet.at().addresses().contains(packet.to());
        }
        if (word.equals("autogroup:internet")) {
            return isInternet(packet.to()) && isExit(packet.at());
        }
        if (word.startsWith("svc:")) {
            VipService service = VipService.KIND.find(image, word);
            return service != null && service.addrs().contains(packet.to().toString());
        }
        if (isLiteral(word)) {
            return isIn(word, packet.to());
        }
        Node receiver = nodeOf(packet.to());
        return receiver != null && denotes(word, receiver);
    }

    /** Destinations of via grants reach routers with the tag, as far as they route them. */
    private boolean isRoutedTo(String word, JsonNode grant, Packet packet) {
        boolean carries = false;
        for (JsonNode tag : grant.path("via")) {
            carries |= packet.at().tags().contains(tag.asString());
        }
        if (!carries) {
            return false;
        }
        if (word.equals("autogroup:internet")) {
            return isInternet(packet.to()) && isExit(packet.at());
        }
        return isLiteral(word) && isIn(word, packet.to()) && meetsRoute(word, packet);
    }

    private boolean meetsRoute(String word, Packet packet) {
        if (subnetRoutes(packet.at()).stream().anyMatch(route -> route.contains(packet.to()))) {
            return true;
        }
        String text = policy.path("hosts").path(word).asString(word);
        return !word.startsWith("ipset:")
                && subnetRoutes(packet.at()).stream()
                        .anyMatch(route -> prefix(text).overlaps(route));
    }

    private boolean isLiteral(String word) {
        return word.startsWith("ipset:") || policy.path("hosts").has(word) || isAddress(word);
    }

    private static boolean isAddress(String word) {
        return !word.contains("@")
                && !word.startsWith("tag:")
                && !word.startsWith("group:")
                && !word.startsWith("autogroup:")
                && (word.contains(".") || word.contains("::"));
    }

    private boolean isIn(String word, IpAddress address) {
        if (word.startsWith("ipset:")) {
            boolean in = false;
            for (JsonNode operation : policy.path("ipsets").path(word)) {
                String[] parts = operation.asString().split(" ", -1);
                String target = parts[1].startsWith("host:") ? parts[1].substring(5) : parts[1];
                if (isIn(target, address)) {
                    in = parts[0].equals("add");
                }
            }
            return in;
        }
        if (word.equals("autogroup:internet")) {
            return isInternet(address);
        }
        String text = policy.path("hosts").path(word).asString(word);
        int dash = text.indexOf('-');
        if (dash > 0) {
            IpAddress first = IpAddress.parse(text.substring(0, dash));
            return first.isV6() == address.isV6()
                    && first.compareTo(address) <= 0
                    && address.compareTo(IpAddress.parse(text.substring(dash + 1))) <= 0;
        }
        return prefix(text).contains(address);
    }

    private static IpPrefix prefix(String text) {
        return text.contains("/") ? IpPrefix.parse(text) : IpPrefix.single(IpAddress.parse(text));
    }

    private boolean denotes(String word, Node node) {
        if (word.startsWith("tag:")) {
            return node.tags().contains(word);
        }
        if (node.isTagged()) {
            return word.equals("autogroup:tagged");
        }
        User owner = image.ownerOf(node);
        if (word.startsWith("group:")) {
            JsonNode members = policy.path("groups").path(word);
            for (JsonNode member : members) {
                if (isAlone(owner) && member.asString().equals(owner.email())) {
                    return true;
                }
            }
            return members.isEmpty()
                    && owner.groups().stream().anyMatch(group -> word.equalsIgnoreCase("group:" + group));
        }
        return switch (word) {
            case "autogroup:member" -> true;
            case "autogroup:tagged" -> false;
            case "user:*@example.com" -> owner.email().toLowerCase(Locale.ROOT).endsWith("@example.com");
            case "autogroup:admin" ->
                List.of("OWNER", "ADMIN").contains(owner.role().name());
            default ->
                word.startsWith("autogroup:")
                        ? word.equals("autogroup:" + owner.role().text())
                        : isAlone(owner) && word.equals(owner.email());
        };
    }

    /** An address of two users means neither. */
    private boolean isAlone(User user) {
        return image.users().values().stream()
                        .filter(other -> other.email().equals(user.email()))
                        .count()
                == 1;
    }

    private static boolean passes(Node node, @Nullable List<String> postures) {
        String os = node.host().os().toLowerCase(Locale.ROOT);
        String version = node.host().clientVersion();
        return postures == null
                || postures.contains("posture:linux") && os.equals("linux")
                || postures.contains("posture:fresh") && (version.startsWith("1.8") || version.startsWith("1.9"))
                || postures.contains("posture:sealed")
                        && node.host().stateEncrypted()
                        && List.of("windows", "macos", "linux").contains(os);
    }

    private @Nullable Node nodeOf(IpAddress address) {
        return image.nodes().values().stream()
                .filter(node -> node.addresses().contains(address))
                .findFirst()
                .orElse(null);
    }

    static List<IpPrefix> subnetRoutes(Node node) {
        return node.advertisedRoutes().stream()
                .filter(route -> node.approvedRoutes().contains(route) && !route.isAll())
                .toList();
    }

    static boolean isExit(Node node) {
        return node.advertisedRoutes().stream()
                .anyMatch(route -> node.approvedRoutes().contains(route) && route.isAll());
    }

    private static boolean isTailnet(IpAddress address) {
        return CGNAT.contains(address) || ULA.contains(address);
    }

    private static boolean isInternet(IpAddress address) {
        return address.isV6()
                ? INTERNET_V6.contains(address)
                : NOT_INTERNET.stream().noneMatch(prefix -> prefix.contains(address));
    }
}
