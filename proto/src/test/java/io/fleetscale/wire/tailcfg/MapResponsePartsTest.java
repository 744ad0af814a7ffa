package io.fleetscale.wire.tailcfg;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.fleetscale.wire.ip.IpAddress;
import io.fleetscale.wire.ip.IpEndpoint;
import io.fleetscale.wire.ip.IpPrefix;
import io.fleetscale.wire.key.DiscoKey;
import io.fleetscale.wire.key.MachineKey;
import io.fleetscale.wire.key.NodeKey;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The examples of control-protocol section 10, compared as parsed JSON, and what they do not show. */
class MapResponsePartsTest {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    @Test
    void peerOfTheFirstMap() {
        MapNode peer = new MapNode(
                5,
                "n5Kd83Lm",
                "laptop.tailnet.example.",
                3,
                NodeKey.fromText("nodekey:dc2cca31e8e43bbd91dff7e475cca3347eb478107d5bd765aba4ae4a30c35d44"),
                Instant.parse("2027-02-18T09:30:00Z"),
                MachineKey.fromText("mkey:34e42d4af5ef94a07a3a84201b889d4cd1a743cb27b11b6a10438a8feb8e5847"),
                DiscoKey.fromText("discokey:736845d54e87de09d6bb114aa7042c50a4a015bd9901d1a0026f5956533a1519"),
                prefixes("100.64.0.5/32", "fd7a:115c:a1e0::5/128"),
                prefixes("100.64.0.5/32", "192.168.20.0/24", "fd7a:115c:a1e0::5/128"),
                List.of(IpEndpoint.parse("198.51.100.7:41641"), IpEndpoint.parse("192.168.20.9:41641")),
                901,
                ByteString.copyFromUtf8("{\"OS\":\"macOS\",\"Hostname\":\"laptop\"}"),
                Instant.parse("2026-01-05T08:00:00Z"),
                138,
                List.of(),
                prefixes("192.168.20.0/24"),
                null,
                true,
                CapabilityMap.EMPTY,
                false);

        assertThat(written(peer::write)).isEqualTo(JSON.readTree("""
                {"ID": 5, "StableID": "n5Kd83Lm", "Name": "laptop.tailnet.example.", "User": 3,
                 "Key": "nodekey:dc2cca31e8e43bbd91dff7e475cca3347eb478107d5bd765aba4ae4a30c35d44",
                 "KeyExpiry": "2027-02-18T09:30:00Z",
                 "Machine": "mkey:34e42d4af5ef94a07a3a84201b889d4cd1a743cb27b11b6a10438a8feb8e5847",
                 "DiscoKey": "discokey:736845d54e87de09d6bb114aa7042c50a4a015bd9901d1a0026f5956533a1519",
                 "Addresses": ["100.64.0.5/32", "fd7a:115c:a1e0::5/128"],
                 "AllowedIPs": ["100.64.0.5/32", "192.168.20.0/24", "fd7a:115c:a1e0::5/128"],
                 "Endpoints": ["198.51.100.7:41641", "192.168.20.9:41641"],
                 "HomeDERP": 901, "Hostinfo": {"OS": "macOS", "Hostname": "laptop"},
                 "Created": "2026-01-05T08:00:00Z", "Cap": 138, "PrimaryRoutes": ["192.168.20.0/24"], "Online": true,
                 "MachineAuthorized": true}"""));
    }

    @Test
    void patchOfEndpointsAndRegion() {
        PeerChange change = new PeerChange(
                5, 901, 0, null, List.of(IpEndpoint.parse("198.51.100.8:41641")), null, null, true, null, GoTime.ZERO);

        assertThat(written(change::write)).isEqualTo(JSON.readTree("""
                {"NodeID": 5, "DERPRegion": 901, "Endpoints": ["198.51.100.8:41641"], "Online": true,
                 "KeyExpiry": "0001-01-01T00:00:00Z"}"""));
    }

    @Test
    void filterSshAndDnsOfTheFirstMap() {
        FilterRule rule = new FilterRule(
                List.of("100.64.0.5", "fd7a:115c:a1e0::5"),
                List.of(
                        new FilterRule.Destination("100.64.0.17", 22, 22),
                        new FilterRule.Destination("fd7a:115c:a1e0::11", 22, 22)),
                List.of(6),
                List.of());
        SshPolicy ssh = new SshPolicy(List.of(new SshPolicy.Rule(
                null,
                List.of(new SshPolicy.Principal("", "", "alice@example.com", false)),
                new TreeMap<>(Map.of("*", "=", "root", "")),
                SshPolicy.Action.ACCEPT,
                List.of())));
        DnsConfig dns = new DnsConfig(
                List.of(new DnsConfig.Resolver("192.0.2.53")),
                new TreeMap<>(Map.of("tailnet.example", List.of())),
                List.of(),
                List.of("tailnet.example"),
                true,
                List.of(),
                List.of());

        assertThat(written(rule::write)).isEqualTo(JSON.readTree("""
                {"SrcIPs": ["100.64.0.5", "fd7a:115c:a1e0::5"], "DstPorts": [
                  {"IP": "100.64.0.17", "Ports": {"First": 22, "Last": 22}},
                  {"IP": "fd7a:115c:a1e0::11", "Ports": {"First": 22, "Last": 22}}], "IPProto": [6]}"""));
        assertThat(written(ssh::write)).isEqualTo(JSON.readTree("""
                {"rules": [{"principals": [{"userLogin": "alice@example.com"}], "sshUsers": {"*": "=", "root": ""},
                  "action": {"accept": true, "allowAgentForwarding": true, "allowLocalPortForwarding": true,
                             "allowRemotePortForwarding": true}}]}"""));
        assertThat(written(dns::write)).isEqualTo(JSON.readTree("""
                {"Proxied": true, "Domains": ["tailnet.example"], "Routes": {"tailnet.example": []},
                 "Resolvers": [{"Addr": "192.0.2.53"}]}"""));
    }

    @Test
    void grantedCapabilitiesKeepNullApartFromNoArguments() {
        FilterRule rule = new FilterRule(
                List.of(),
                List.of(),
                List.of(),
                List.of(new FilterRule.CapGrant(
                        prefixes("100.64.0.17/32"),
                        new TreeMap<>(Map.of(
                                "example.com/cap/a", "[{\"x\":1}]",
                                "example.com/cap/b", "[]",
                                "example.com/cap/c", "null")))));

        assertThat(written(rule::write)).isEqualTo(JSON.readTree("""
                {"SrcIPs": [], "CapGrant": [{"Dsts": ["100.64.0.17/32"], "CapMap": {
                  "example.com/cap/a": [{"x": 1}], "example.com/cap/b": [], "example.com/cap/c": null}}]}"""));
    }

    @Test
    void recordedSessionsNameTheRecorders() {
        SshPolicy.Action action = SshPolicy.Action.delegate("https://x")
                .withRecorders(
                        List.of(IpEndpoint.parse("100.64.0.9:80"), IpEndpoint.parse("[fd7a:115c:a1e0::9]:80")),
                        new SshPolicy.RecordingFailure("no", "stop"));

        assertThat(written(action::write)).isEqualTo(JSON.readTree("""
                {"holdAndDelegate": "https://x", "recorders": ["100.64.0.9:80", "[fd7a:115c:a1e0::9]:80"],
                 "onRecordingFailure": {"RejectSessionWithMessage": "no", "TerminateSessionWithMessage": "stop"}}"""));
    }

    @Test
    void capabilitiesKeepTheirArguments() {
        CapabilityMap map = CapabilityMap.of(Map.of("default-auto-update", List.of("false"), "a\"b", List.of()));

        assertThat(written(map::write)).isEqualTo(JSON.readTree("{\"a\\\"b\":null,\"default-auto-update\":[false]}"));
    }

    @Test
    void pingAndDialPlan() {
        PingRequest ping = new PingRequest(
                "https://c.example/x", true, false, PingRequest.C2N, null, ByteString.copyFromUtf8("GET / HTTP/1.1"));
        ControlDialPlan plan = new ControlDialPlan(List.of(
                new ControlDialPlan.Candidate(IpAddress.parse("192.0.2.1"), Duration.ZERO, Duration.ofSeconds(5), 0)));

        assertThat(written(ping::write))
                .isEqualTo(
                        JSON.readTree(
                                "{\"URL\":\"https://c.example/x\",\"URLIsNoise\":true,\"Types\":\"c2n\",\"Payload\":\"R0VUIC8gSFRUUC8xLjE=\"}"));
        assertThat(written(plan::write))
                .isEqualTo(JSON.readTree("{\"Candidates\":[{\"IP\":\"192.0.2.1\",\"DialTimeoutSec\":5.0}]}"));
        assertThatThrownBy(() -> new ControlDialPlan.Candidate(IpAddress.v4(1), Duration.ZERO, Duration.ZERO, 0))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void textsAreEscaped() {
        String odd = "a\"\\\n\r\t\u0001\u00e4\u20ac\uD83D\uDE00\uD800<&\u0000z";

        assertThat(written(json -> json.value(odd)).asString())
                .isEqualTo("a\"\\\n\r\t\u0001\u00e4\u20ac\uD83D\uDE00\uFFFD<&z");
    }

    private static List<IpPrefix> prefixes(String... texts) {
        return List.of(texts).stream().map(IpPrefix::parse).toList();
    }

    private static JsonNode written(Consumer<JsonWriter> content) {
        JsonWriter json = new JsonWriter(16);
        content.accept(json);
        return JSON.readTree(new String(json.toBytes(), UTF_8));
    }
}
