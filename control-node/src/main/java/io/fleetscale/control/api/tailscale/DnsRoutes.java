package io.fleetscale.control.api.tailscale;

import io.fleetscale.control.changelog.Changelog;
import io.fleetscale.control.changelog.Decision;
import io.fleetscale.control.dns.DnsOverride;
import io.fleetscale.control.dns.DnsOverride.Server;
import io.fleetscale.control.frontdoor.http.HttpReply;
import io.fleetscale.wire.ip.IpAddress;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** The DNS of the tailnet. Source: tailscale-api-v2 7.4, 8.7. */
final class DnsRoutes {
    private static final Pattern DOMAIN =
            Pattern.compile("(?=.{1,253}\\.?$)([A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?\\.)*[A-Za-z0-9_]"
                    + "([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?\\.?");
    private static final int MAX_ENTRIES = 1024;
    private static final int MAX_URL = 2048;

    private final Changelog changelog;

    DnsRoutes(Changelog changelog) {
        this.changelog = changelog;
    }

    List<Operation> operations() {
        Access read = Access.scopes("dns:read");
        Access write = Access.scopes("dns");
        return List.of(
                Operation.of(
                        35,
                        "GET",
                        "t/dns/nameservers",
                        read,
                        "listDnsNameservers",
                        "Global nameservers",
                        this::servers),
                Operation.of(
                        36,
                        "POST",
                        "t/dns/nameservers",
                        write,
                        "setDnsNameservers",
                        "Replace the global nameservers",
                        this::setServers),
                Operation.of(37, "GET", "t/dns/preferences", read, "getDnsPreferences", "MagicDNS", this::preferences),
                Operation.of(
                        38,
                        "POST",
                        "t/dns/preferences",
                        write,
                        "setDnsPreferences",
                        "Switch MagicDNS on or off",
                        this::setPreferences),
                Operation.of(
                        39, "GET", "t/dns/searchpaths", read, "listDnsSearchPaths", "Search paths", this::searchPaths),
                Operation.of(
                        40,
                        "POST",
                        "t/dns/searchpaths",
                        write,
                        "setDnsSearchPaths",
                        "Replace the search paths",
                        this::setSearchPaths),
                Operation.of(
                        41,
                        "GET",
                        "t/dns/split-dns",
                        read,
                        "getSplitDns",
                        "Nameservers by domain",
                        call -> Replies.ok(splitJson(DnsOverride.current(call.image())))),
                Operation.of(
                        42,
                        "PATCH",
                        "t/dns/split-dns",
                        write,
                        "updateSplitDns",
                        "Change the nameservers of some domains",
                        call -> setSplit(call, false)),
                Operation.of(
                        43,
                        "PUT",
                        "t/dns/split-dns",
                        write,
                        "setSplitDns",
                        "Replace the nameservers of all domains",
                        call -> setSplit(call, true)),
                Operation.of(
                        44,
                        "GET",
                        "t/dns/configuration",
                        read,
                        "getDnsConfiguration",
                        "The whole configuration",
                        call -> Replies.ok(configurationJson(DnsOverride.current(call.image())))),
                Operation.of(
                        45,
                        "POST",
                        "t/dns/configuration",
                        write,
                        "setDnsConfiguration",
                        "Replace the whole configuration",
                        this::setConfiguration));
    }

    private DnsOverride write(UnaryOperator<DnsOverride> edit) {
        return ApiCall.await(changelog.write((image, context) -> {
            DnsOverride before = DnsOverride.current(image);
            DnsOverride after = edit.apply(before);
            return after.equals(before) ? Decision.unchanged(after) : Decision.of(after, after.put());
        }));
    }

    private HttpReply servers(ApiCall call) {
        ObjectNode body = Replies.object();
        body.set("dns", addresses(DnsOverride.current(call.image()).nameservers()));
        return Replies.ok(body);
    }

    private HttpReply setServers(ApiCall call) {
        List<Server> servers = limited("dns", call.body().texts("dns")).stream()
                .map(DnsRoutes::server)
                .toList();
        // without a nameserver there is nobody to ask for other names
        DnsOverride changed = write(dns -> dns.withNameservers(servers, dns.magicDns() && !servers.isEmpty()));
        ObjectNode body = Replies.object();
        body.set("dns", addresses(changed.nameservers()));
        return Replies.ok(body.put("magicDNS", changed.magicDns()));
    }

    private HttpReply preferences(ApiCall call) {
        return Replies.ok(Replies.object()
                .put("magicDNS", DnsOverride.current(call.image()).magicDns()));
    }

    private HttpReply setPreferences(ApiCall call) {
        boolean magic = call.body().requiredFlag("magicDNS");
        DnsOverride changed = write(dns -> {
            if (magic && !dns.magicDns() && dns.nameservers().isEmpty()) {
                throw new io.fleetscale.control.ControlException(
                        io.fleetscale.control.ErrorCode.INVALID_ARGUMENT,
                        "magicDNS: needs at least one global nameserver, set one first");
            }
            return dns.withMagicDns(magic);
        });
        return Replies.ok(Replies.object().put("magicDNS", changed.magicDns()));
    }

    private HttpReply searchPaths(ApiCall call) {
        ObjectNode body = Replies.object();
        body.set("searchPaths", Replies.array(DnsOverride.current(call.image()).searchPaths()));
        return Replies.ok(body);
    }

    private HttpReply setSearchPaths(ApiCall call) {
        List<String> paths = domains("searchPaths", call.body().texts("searchPaths"));
        DnsOverride changed = write(dns -> dns.withSearchPaths(paths));
        ObjectNode body = Replies.object();
        body.set("searchPaths", Replies.array(changed.searchPaths()));
        return Replies.ok(body);
    }

    private HttpReply setSplit(ApiCall call, boolean replace) {
        Body body = call.body();
        TreeMap<String, List<Server>> given = new TreeMap<>();
        for (Map.Entry<String, JsonNode> member : body.members()) {
            String domain = domain(member.getKey());
            given.put(
                    domain,
                    limited(domain, body.texts(member.getKey())).stream()
                            .map(DnsRoutes::server)
                            .toList());
        }
        DnsOverride changed = write(dns -> {
            TreeMap<String, List<Server>> next = replace ? new TreeMap<>() : new TreeMap<>(dns.split());
            next.putAll(given);
            next.values().removeIf(List::isEmpty);
            return dns.withSplit(next);
        });
        return Replies.ok(splitJson(changed));
    }

    private HttpReply setConfiguration(ApiCall call) {
        Body body = call.body();
        TreeMap<String, List<Server>> split = new TreeMap<>();
        body.child("splitDNS").ifPresent(domains -> {
            for (Map.Entry<String, JsonNode> member : domains.members()) {
                List<Server> servers = resolvers(domains.elements(member.getKey()));
                if (!servers.isEmpty()) {
                    split.put(domain(member.getKey()), servers);
                }
            }
        });
        Body preferences = body.child("preferences").orElse(Body.object(Replies.object(), "preferences"));
        DnsOverride wanted = new DnsOverride(
                resolvers(body.elements("nameservers")),
                split,
                domains("searchPaths", body.texts("searchPaths")),
                preferences.flagOr("overrideLocalDNS", false),
                preferences.flagOr("magicDNS", false));
        return Replies.ok(configurationJson(write(dns -> wanted)));
    }

    private static List<Server> resolvers(List<JsonNode> elements) {
        List<Server> servers = new ArrayList<>();
        for (JsonNode element : limited("nameservers", elements)) {
            Body one = Body.object(element, "nameservers");
            servers.add(
                    new Server(server(one.requiredText("address")).address(), one.flagOr("useWithExitNode", false)));
        }
        return servers;
    }

    private static <T> List<T> limited(String what, List<T> entries) {
        if (entries.size() > MAX_ENTRIES) {
            throw ApiFailure.badRequest(what + ": at most " + MAX_ENTRIES + " entries");
        }
        return entries;
    }

    private static Server server(String address) {
        if (!isAddress(address) && !isUrl(address)) {
            throw ApiFailure.badRequest(
                    "nameserver \"" + address + "\": must be an IP address or the https URL of a resolver");
        }
        return new Server(address, false);
    }

    private static boolean isAddress(String text) {
        try {
            return IpAddress.parse(text).toString() != null;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    private static boolean isUrl(String text) {
        if (!text.startsWith("https://") || text.length() > MAX_URL) {
            return false;
        }
        try {
            return URI.create(text).getHost() != null;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    private static List<String> domains(String what, List<String> names) {
        return limited(what, names).stream().map(DnsRoutes::domain).toList();
    }

    private static String domain(String name) {
        if (!DOMAIN.matcher(name).matches()) {
            throw ApiFailure.badRequest("\"" + name + "\": is not a domain name");
        }
        return name.endsWith(".") ? name.substring(0, name.length() - 1) : name;
    }

    private static ArrayNode addresses(List<Server> servers) {
        return Replies.array(servers.stream().map(Server::address).toList());
    }

    private static ObjectNode splitJson(DnsOverride dns) {
        ObjectNode body = Replies.object();
        dns.split().forEach((domain, servers) -> body.set(domain, addresses(servers)));
        return body;
    }

    /** Empty members are absent: Terraform compares them with "not set". */
    private static ObjectNode configurationJson(DnsOverride dns) {
        ObjectNode body = Replies.object();
        if (!dns.nameservers().isEmpty()) {
            body.set("nameservers", resolversJson(dns.nameservers()));
        }
        SortedMap<String, List<Server>> split = dns.split();
        if (!split.isEmpty()) {
            ObjectNode domains = body.putObject("splitDNS");
            split.forEach((domain, servers) -> domains.set(domain, resolversJson(servers)));
        }
        if (!dns.searchPaths().isEmpty()) {
            body.set("searchPaths", Replies.array(dns.searchPaths()));
        }
        body.putObject("preferences")
                .put("overrideLocalDNS", dns.overrideLocalDns())
                .put("magicDNS", dns.magicDns());
        return body;
    }

    private static ArrayNode resolversJson(List<Server> servers) {
        ArrayNode array = Replies.array();
        servers.forEach(server ->
                array.addObject().put("address", server.address()).put("useWithExitNode", server.useWithExitNode()));
        return array;
    }
}
