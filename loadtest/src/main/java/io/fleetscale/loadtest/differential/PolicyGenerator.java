package io.fleetscale.loadtest.differential;

import io.fleetscale.control.policy.SessionRecorders;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Writes valid policies that use all parts of the language on the names of a {@link World}. Not thread-safe. */
final class PolicyGenerator {
    private static final JsonMapper JSON = new JsonMapper();

    private static final List<String> LITERALS = List.of(
            "100.64.0.3",
            "100.64.0.0/30",
            "100.64.0.0/24",
            "100.64.1.0/25",
            "100.64.0.0/10",
            "100.64.1.4/32",
            "fd7a:115c:a1e0::4",
            "fd7a:115c:a1e0::/120",
            "fd7a:115c:a1e0::/48",
            "10.0.0.0/8",
            "10.33.0.0/16",
            "10.33.1.0/24",
            "10.33.1.7",
            "192.168.1.0/24",
            "172.16.0.0/12",
            "8.8.8.0/24",
            "8.8.8.8",
            "198.51.100.0/24",
            "fd00:1::/48",
            "fd00:1:0:2::/64",
            "2001:db8::/32");
    private static final List<String> HOSTS = List.of("alpha", "beta", "net", "six");
    /** The last one does not exist. */
    private static final List<String> SERVICES = List.of("svc:one", "svc:two", "svc:three", "svc:none");

    private static final List<String> IPSETS = List.of("ipset:one", "ipset:two", "ipset:three");
    private static final List<String> POSTURES = List.of("posture:linux", "posture:fresh", "posture:sealed");
    private static final List<String> GROUPS =
            List.of("group:one", "group:two", "group:none", "group:corp@example.com");
    private static final List<String> ROLES = List.of(
            "autogroup:owner", "autogroup:admin", "autogroup:network-admin", "autogroup:it-admin", "autogroup:auditor");
    private static final List<String> CAPABILITIES = List.of(
            "example.com/cap/a",
            "example.com/cap/b",
            "tailscale.com/cap/drive",
            "tailscale.com/cap/relay",
            SessionRecorders.CAPABILITY,
            "tailscale.com/cap/webui");
    private static final List<String> ATTRIBUTES =
            List.of("funnel", "disable-ipv4", "nextdns:abc123", "mullvad", "randomize-client-port", "custom:thing");
    private static final List<String> PORTS = List.of("*", "22", "80,443", "1-65535", "1000-2000", "53,8000-8100");
    private static final List<String> SPECS =
            List.of("*", "22", "443", "tcp:80", "tcp:443", "udp:53", "udp:*", "icmp:*", "1000-2000", "sctp:7");

    private final Draw draw;
    private final World world;
    private final List<String> people;

    PolicyGenerator(Draw draw, World world) {
        this.draw = draw;
        this.world = world;
        this.people = new ArrayList<>(world.logins());
        people.add("stranger@example.com");
    }

    String policy() {
        ObjectNode root = JSON.createObjectNode();
        vocabulary(root);
        if (draw.chance(70)) {
            ArrayNode acls = root.putArray("acls");
            repeat(0, 6, () -> acl(acls.addObject()));
        }
        if (draw.chance(75)) {
            ArrayNode grants = root.putArray("grants");
            repeat(0, 7, () -> grant(grants.addObject()));
        }
        if (draw.chance(60)) {
            ArrayNode ssh = root.putArray("ssh");
            repeat(0, 4, () -> ssh(ssh.addObject()));
        }
        if (draw.chance(50)) {
            ArrayNode attributes = root.putArray("nodeAttrs");
            repeat(0, 4, () -> nodeAttribute(attributes.addObject()));
        }
        options(root);
        return JSON.writerWithDefaultPrettyPrinter().writeValueAsString(root);
    }

    private void vocabulary(ObjectNode root) {
        ObjectNode groups = root.putObject("groups");
        GROUPS.forEach(group ->
                fill(groups.putArray(group), group.equals("group:none") ? List.of() : draw.some(people, 0, 3)));
        ObjectNode hosts = root.putObject("hosts");
        HOSTS.forEach(host -> hosts.put(host, draw.one(LITERALS)));
        ObjectNode ipsets = root.putObject("ipsets");
        ArrayNode one = ipsets.putArray("ipset:one");
        draw.some(LITERALS, 1, 3).forEach(literal -> one.add("add " + literal));
        if (draw.chance(50)) {
            one.add("remove " + draw.one(LITERALS));
        }
        ArrayNode two = ipsets.putArray("ipset:two");
        two.add("add ipset:one").add("add host:" + draw.one(HOSTS)).add("add 192.0.2.50-192.0.2.100");
        if (draw.chance(50)) {
            two.add("remove 10.33.1.0/24");
        }
        ipsets.putArray("ipset:three").add("add autogroup:internet").add("remove 8.8.8.0/24");
        ObjectNode postures = root.putObject("postures");
        postures.putArray("posture:linux").add("node:os == 'linux'");
        postures.putArray("posture:fresh").add("node:tsVersion >= '1.80'");
        postures.putArray("posture:sealed")
                .add("node:tsStateEncrypted")
                .add("node:os IN ['windows', 'macos', 'linux']");
        if (draw.chance(8)) {
            root.putArray("defaultSrcPosture").add(draw.one(POSTURES));
        }
        ObjectNode owners = root.putObject("tagOwners");
        world.tags()
                .forEach(tag -> fill(
                        owners.putArray(tag),
                        draw.some(
                                List.of(
                                        people.getFirst(),
                                        "group:one",
                                        "autogroup:admin",
                                        world.tags().getFirst()),
                                0,
                                2)));
        ObjectNode approvers = root.putObject("autoApprovers");
        ObjectNode routes = approvers.putObject("routes");
        for (String route : List.of("10.0.0.0/8", "10.33.0.0/16", "192.168.1.0/24", "fd00:1::/32", "0.0.0.0/0")) {
            if (draw.chance(50)) {
                fill(routes.putArray(route), draw.some(approverWords(), 0, 2));
            }
        }
        fill(approvers.putArray("exitNode"), draw.some(approverWords(), 0, 2));
    }

    private void options(ObjectNode root) {
        if (draw.chance(10)) {
            root.put("randomizeClientPort", draw.chance(50));
        }
        if (draw.chance(5)) {
            root.put("disableIPv4", draw.chance(50));
        }
        if (draw.chance(10)) {
            root.put("OneCGNATRoute", draw.one(List.of("", "mac-always", "mac-never")));
        }
    }

    private void acl(ObjectNode rule) {
        boolean self = draw.chance(15);
        List<String> sources = self ? userSources(true) : sources();
        String protocol = draw.chance(30) ? draw.one(List.of("tcp", "udp", "icmp", "6", "gre")) : "";
        boolean portless = protocol.equals("icmp") || protocol.equals("gre");
        List<String> destinations = new ArrayList<>(destinations(false));
        if (self) {
            destinations.add(draw.number(0, destinations.size()), "autogroup:self");
        }
        rule.put("action", "accept");
        if (!protocol.isEmpty()) {
            rule.put("proto", protocol);
        }
        fill(rule.putArray("src"), sources);
        ArrayNode targets = rule.putArray("dst");
        for (String destination : destinations) {
            targets.add(destination + ":" + (portless ? "*" : draw.one(PORTS)));
        }
        posture(rule);
    }

    private void grant(ObjectNode rule) {
        boolean via = draw.chance(25);
        boolean self = !via && draw.chance(15);
        boolean app = draw.chance(35);
        List<String> destinations = new ArrayList<>(destinations(app));
        if (self) {
            destinations.add(draw.number(0, destinations.size()), "autogroup:self");
        }
        fill(rule.putArray("src"), self ? userSources(false) : sources());
        fill(rule.putArray("dst"), destinations);
        if (!app || draw.chance(30)) {
            fill(rule.putArray("ip"), draw.some(SPECS, 1, 3));
        }
        if (app) {
            ObjectNode capabilities = rule.putObject("app");
            for (String capability : draw.some(CAPABILITIES, 1, 2)) {
                ArrayNode values = capabilities.putArray(capability);
                repeat(0, 2, () -> value(capability, values.addObject().put("n", draw.number(1, 3))));
            }
        }
        if (via) {
            fill(rule.putArray("via"), draw.some(world.tags(), 1, 2));
        }
        posture(rule);
    }

    private void value(String capability, ObjectNode value) {
        if (capability.equals(SessionRecorders.CAPABILITY) && draw.chance(60)) {
            fill(value.putArray("recorder"), draw.some(world.tags(), 0, 2));
        }
    }

    private void ssh(ObjectNode rule) {
        boolean check = draw.chance(30);
        int kind = draw.number(0, 3);
        String person = draw.one(people);
        boolean users = check || kind == 1;
        rule.put("action", check ? "check" : "accept");
        fill(rule.putArray("src"), kind == 2 ? List.of(person) : users ? sshUsers() : sshSources());
        ArrayNode destinations = rule.putArray("dst");
        switch (kind) {
            case 0 -> fill(destinations, draw.some(world.tags(), 1, 2));
            case 1 -> {
                destinations.add("autogroup:self");
                if (draw.chance(40)) {
                    destinations.add(draw.one(world.tags()));
                }
            }
            case 2 -> destinations.add(person);
            default -> destinations.add("autogroup:tagged");
        }
        fill(
                rule.putArray("users"),
                draw.some(
                        List.of(
                                "root",
                                "autogroup:nonroot",
                                "ubuntu",
                                "localpart:*@example.com",
                                "localpart:",
                                "deploy"),
                        1,
                        3));
        if (check && draw.chance(50)) {
            rule.put("checkPeriod", draw.one(List.of("always", "1h", "20h30m")));
        }
        if (draw.chance(25)) {
            rule.putArray("acceptEnv").add("GIT_*").add("LANG");
        }
        if (draw.chance(15)) {
            rule.putArray("recorder").add(draw.one(world.tags()));
            if (draw.chance(50)) {
                rule.put("enforceRecorder", true);
            }
        }
        posture(rule);
    }

    private void nodeAttribute(ObjectNode entry) {
        List<String> targets = new ArrayList<>(identities());
        targets.addAll(HOSTS);
        targets.addAll(List.of("*", "100.64.0.3", "100.64.0.0/24", "fd7a:115c:a1e0::/120"));
        fill(entry.putArray("target"), draw.some(targets, 0, 2));
        fill(entry.putArray("attr"), draw.some(ATTRIBUTES, 0, 3));
        if (draw.chance(15)) {
            entry.putObject("app")
                    .putArray("tailscale.com/app-connectors")
                    .addObject()
                    .put("name", "c" + draw.number(1, 3));
        }
    }

    private void posture(ObjectNode rule) {
        if (draw.chance(12)) {
            fill(rule.putArray("srcPosture"), draw.some(POSTURES, 1, 2));
        }
    }

    private List<String> identities() {
        List<String> words = new ArrayList<>(people);
        words.addAll(GROUPS);
        words.addAll(ROLES);
        words.addAll(world.tags());
        words.addAll(List.of("autogroup:member", "autogroup:tagged", "user:*@example.com"));
        return words;
    }

    private List<String> literals() {
        List<String> words = new ArrayList<>(LITERALS);
        words.addAll(HOSTS);
        words.addAll(IPSETS);
        return words;
    }

    private List<String> sources() {
        if (draw.chance(10)) {
            return List.of("*");
        }
        List<String> words = new ArrayList<>(draw.some(draw.chance(65) ? identities() : literals(), 0, 3));
        if (draw.chance(5)) {
            words.add(draw.one(List.of("*", "autogroup:danger-all")));
        }
        return words;
    }

    private List<String> destinations(boolean app) {
        List<String> words = new ArrayList<>(draw.some(draw.chance(50) ? identities() : literals(), 0, 3));
        if (app) {
            words.remove("autogroup:internet");
        } else if (draw.chance(15)) {
            words.add("autogroup:internet");
        }
        if (draw.chance(12)) {
            words.add(draw.number(0, words.size()), "*");
        }
        if (draw.chance(20)) {
            words.add(draw.number(0, words.size()), draw.one(SERVICES));
        }
        return words;
    }

    private List<String> userSources(boolean everything) {
        List<String> words = new ArrayList<>(sshUsers());
        if (everything && draw.chance(25)) {
            words.add("*");
        }
        return words;
    }

    private List<String> sshUsers() {
        List<String> words = new ArrayList<>(people);
        words.addAll(GROUPS);
        words.addAll(ROLES);
        words.addAll(List.of("autogroup:member", "user:*@example.com"));
        return draw.some(words, 1, 3);
    }

    private List<String> sshSources() {
        List<String> words = new ArrayList<>(sshUsers());
        words.addAll(draw.subset(List.of("autogroup:tagged", draw.one(world.tags())), 30));
        return words;
    }

    private List<String> approverWords() {
        List<String> words = new ArrayList<>(world.tags());
        words.addAll(List.of(people.getFirst(), "group:one", "autogroup:admin", "autogroup:member"));
        return words;
    }

    private void repeat(int low, int high, Runnable action) {
        int count = draw.number(low, high);
        for (int i = 0; i < count; i++) {
            action.run();
        }
    }

    private static void fill(ArrayNode array, List<String> values) {
        values.forEach(array::add);
    }
}
