package io.fleetscale.wire.tailcfg;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.fleetscale.wire.key.NodeKey;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RequestsTest {
    private static final String KEY = "nodekey:493e82fc74464a59268817623d2053c5eb8e2cc4a988b4fee179ec6b010d531d";
    private static final String ZERO_KEY = "nodekey:" + "0".repeat(64);

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /** Example 10.1 of the protocol description, as a client sends it. */
    @Test
    void readsARegisterRequest() {
        RegisterRequest request = RegisterRequest.parse(utf8("""
                {"Version":145,"NodeKey":"%s","OldNodeKey":"%s",
                 "NLKey":"nlpub:3f7708d5f5cc2bc633b59d2b3a2ed92e7479220c6f08ade208bebcd8580ab93b",
                 "Auth":{"AuthKey":"secret-4f1c0e"},"Expiry":"0001-01-01T00:00:00Z","Followup":"",
                 "Hostinfo":{"OS":"linux","Hostname":"build-01","RequestTags":["tag:ci"],"RoutableIPs":["10.0.0.0/8",""],
                  "TPM":{"FirmwareVersion":18446744073709551615},"Desktop":false},
                 "NodeKeySignature":null,"NewField":{"a":[1,{"b":null}]}}
                """.formatted(KEY, ZERO_KEY)));
        assertThat(request.version()).isEqualTo(145);
        assertThat(request.nodeKey()).isEqualTo(NodeKey.fromText(KEY));
        assertThat(request.oldNodeKey()).isEqualTo(NodeKey.ZERO);
        assertThat(request.authKey()).isEqualTo("secret-4f1c0e");
        assertThat(request.expiry()).isNull();
        assertThat(request.hostinfo().hostname()).isEqualTo("build-01");
        assertThat(request.hostinfo().requestTags()).containsExactly("tag:ci");
        assertThat(request.hostinfo().routableIps()).hasToString("[10.0.0.0/8]");
        assertThat(request.hostinfo().raw().toStringUtf8())
                .startsWith("{\"OS\":")
                .endsWith("\"Desktop\":false}");
        assertThat(request.toString()).doesNotContain("secret");
    }

    @Test
    void readsAMapRequest() {
        MapRequest request = MapRequest.parse(utf8("""
                {"Version":145,"Compress":"zstd","KeepAlive":true,"NodeKey":"%s",
                 "DiscoKey":"discokey:605a725d2a4adfeeb1a29e17edd621c1b7593ee8cdbc44ac6c4ab6e2f805d23c",
                 "Endpoints":["203.0.113.80:41641","[fe80::1%%eth0]:1","[2001:db8::1]:41641"],"EndpointTypes":[2,1,4],
                 "Hostinfo":{"NetInfo":{"WorkingUDP":true,"WorkingIPv6":null,"PreferredDERP":901,"DERPLatency":{"901-v4":0.0123}}},
                 "OmitPeers":true}
                """.formatted(KEY)));
        assertThat(request.kind()).isEqualTo(MapRequest.Kind.LITE_UPDATE);
        assertThat(request.wantsZstd()).isTrue();
        assertThat(request.endpoints()).extracting(MapRequest.Endpoint::type).containsExactly(2, 4);
        assertThat(request.hostinfo().preferredDerp()).isEqualTo(901);
        NetInfo net = request.hostinfo().net().orElseThrow();
        assertThat(net.workingUdp()).isTrue();
        assertThat(net.workingIpv6()).isNull();
    }

    @ParameterizedTest
    @CsvSource({
        "'{\"Stream\":true}', POLL",
        "'{\"OmitPeers\":true}', LITE_UPDATE",
        "'{}', ONE_SHOT",
        "'{\"ReadOnly\":true,\"Stream\":true}', READ_ONLY"
    })
    void tellsTheKindsOfMapRequests(String json, MapRequest.Kind kind) {
        assertThat(MapRequest.parse(utf8(json)).kind()).isEqualTo(kind);
    }

    @Test
    void namesAreMatchedAsGoDoes() {
        assertThat(MapRequest.parse(utf8("{\"VERSION\":7,\"stream\":true}")).version())
                .isEqualTo(7);
        assertThat(MapRequest.parse(utf8("{\"Version\":7,\"Version\":null}")).version())
                .isZero();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    {"Version":1.0}                       | MapRequest.Version: must be an integer
                    {"Version":"1"}                       | MapRequest.Version: must be an integer
                    {"Version":9999999999}                | MapRequest.Version: does not fit in 32 bits
                    {"Stream":"true"}                     | MapRequest.Stream: must be a boolean
                    {"NodeKey":""}                        | MapRequest.NodeKey: must be nodekey:<64 hex digits>
                    {"NodeKey":"discokey:00"}             | MapRequest.NodeKey: must be nodekey:<64 hex digits>
                    {"Endpoints":["evil"]}                | MapRequest.Endpoints[0]: must be ip:port
                    {"Endpoints":{}}                      | MapRequest.Endpoints: must be a list
                    {"Hostinfo":[]}                       | MapRequest.Hostinfo: must be an object
                    {"Hostinfo":{"Services":[{"Port":-1}]}} | MapRequest.Hostinfo.Services[0].Port: must be 0..65535
                    {"Hostinfo":{"RoutableIPs":["evil"]}} | MapRequest.Hostinfo.RoutableIPs[0]: must be an IP prefix
                    """, quoteCharacter = '~')
    void refusalsNameTheFieldAndRepeatNothing(String json, String message) {
        assertThatThrownBy(() -> MapRequest.parse(utf8(json)))
                .isInstanceOf(TailcfgException.class)
                .hasMessage(message);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "[]", "null", "{", "{\"evil", "{} evil", "{\"a\":evil}", "\u0000"})
    void refusesWhatIsNoObject(String json) {
        assertThatThrownBy(() -> RegisterRequest.parse(utf8(json)))
                .isInstanceOf(TailcfgException.class)
                .hasMessageStartingWith("RegisterRequest: ")
                .hasMessageNotContaining("evil");
    }

    @Test
    void boundsDepthSizeAndCounts() {
        String deep = "{\"x\":" + "[".repeat(40) + "]".repeat(40) + "}";
        String many = "{\"DebugFlags\":[" + "\"a\",".repeat(300) + "\"a\"]}";
        String large = "{\"Hostinfo\":{\"x\":\"" + "a".repeat(Hostinfo.MAX_BYTES) + "\"}}";
        for (String json : new String[] {deep, many, large, " ".repeat(MapRequest.MAX_BYTES) + "{}"}) {
            assertThatThrownBy(() -> MapRequest.parse(utf8(json))).isInstanceOf(TailcfgException.class);
        }
    }

    @Test
    void keepsTheHomeRegionOfAClientThatHasNotLookedYet() {
        Hostinfo before = Hostinfo.parse(ByteString.copyFromUtf8("{\"OS\":\"a\",\"NetInfo\":{\"PreferredDERP\":3}}"));
        for (String json : new String[] {"{}", "{ }", "{\"OS\":\"b\"}"}) {
            Hostinfo now = Hostinfo.parse(ByteString.copyFromUtf8(json)).keepingNetInfoOf(before);
            assertThat(now.preferredDerp()).isEqualTo(3);
            assertThat(Hostinfo.parse(now.raw())).isEqualTo(now);
        }
        Hostinfo other = Hostinfo.parse(ByteString.copyFromUtf8("{\"NetInfo\":{}}"));
        assertThat(other.keepingNetInfoOf(before).preferredDerp()).isZero();
    }

    @Test
    void peersSeeAStableSubset() {
        String one = """
                {"sshHostKeys":["b","a"],"Services":[{"Proto":"tcp","Port":22},{"Proto":"peerapi6","Port":2},
                 {"Proto":"peerapi4","Port":1}],"OS":"linux","BackendLogID":"secret","NetInfo":{"PreferredDERP":1},
                 "Hostname":"h","PushDeviceToken":"secret","RoutableIPs":["10.2.0.0/16","10.1.0.0/16"],"ShareeNode":true}""";
        String other = """
                {"Hostname":"h","OS":"linux","RoutableIPs":["10.1.0.0/16","10.2.0.0/16"],"sshHostKeys":["a","b"],
                 "Services":[{"Proto":"peerapi4","Port":1},{"Proto":"peerapi6","Port":2}]}""";
        byte[] view = Hostinfo.parse(ByteString.copyFromUtf8(one)).peerView();
        assertThat(new String(view, StandardCharsets.UTF_8))
                .isEqualTo("{\"OS\":\"linux\",\"Hostname\":\"h\",\"RoutableIPs\":[\"10.1.0.0/16\",\"10.2.0.0/16\"],"
                        + "\"Services\":[{\"Proto\":\"peerapi4\",\"Port\":1},{\"Proto\":\"peerapi6\",\"Port\":2}],"
                        + "\"sshHostKeys\":[\"a\",\"b\"]}");
        assertThat(Hostinfo.parse(ByteString.copyFromUtf8(other)).peerView()).isEqualTo(view);
        assertThat(Hostinfo.EMPTY.peerView()).isEqualTo(utf8("{}"));
    }

    @Test
    void stripsWhatNoTextShouldHold() {
        Hostinfo host = Hostinfo.parse(ByteString.copyFromUtf8("{\"Hostname\":\"a\\u0000b\\ud800c\"}"));
        assertThat(host.hostname()).isEqualTo("abc");
    }

    @ParameterizedTest
    @CsvSource({
        "1970-01-01T00:02:03Z, 1970-01-01T00:02:03Z",
        "1970-01-01T01:02:03+01:00, 1970-01-01T00:02:03Z",
        "1969-12-31T19:02:03.5-05:00, 1970-01-01T00:02:03.5Z",
        "2026-08-22T15:48:56.123456789123Z, 2026-08-22T15:48:56.123456789Z"
    })
    void readsTimesWithOffsets(String text, Instant instant) {
        assertThat(GoTime.parse(text)).isEqualTo(instant);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "2026-08-22T15:48Z",
                "2026-08-22",
                "",
                "2026-13-22T15:48:00Z",
                "2026-08-22T15:48:00",
                "2026-08-22T15:48:00+99:00"
            })
    void refusesOtherTimes(String text) {
        assertThatThrownBy(() -> GoTime.parse(text)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void zeroTimeIsNone() {
        assertThat(GoTime.parse("0001-01-01T00:00:00Z")).isNull();
        assertThat(GoTime.format(null)).isEqualTo("0001-01-01T00:00:00Z");
        assertThat(GoTime.format(Instant.parse("2026-01-01T10:00:00Z"))).isEqualTo("2026-01-01T10:00:00Z");
    }

    @Test
    void writesARegisterResponse() {
        var profile = new RegisterResponse.Profile(3, "alice", "Alice", "oidc", "", null);
        assertThat(new String(RegisterResponse.registered(profile, false).toJson(), StandardCharsets.UTF_8))
                .isEqualTo("{\"User\":{\"ID\":3,\"DisplayName\":\"Alice\"},\"Login\":{\"ID\":3,\"Provider\":\"oidc\","
                        + "\"LoginName\":\"alice\",\"DisplayName\":\"Alice\"},\"NodeKeyExpired\":false,"
                        + "\"MachineAuthorized\":true,\"AuthURL\":\"\"}");
        assertThat(new String(RegisterResponse.refused("no").toJson(), StandardCharsets.UTF_8))
                .isEqualTo("{\"NodeKeyExpired\":false,\"MachineAuthorized\":false,\"AuthURL\":\"\",\"Error\":\"no\"}");
    }

    @Test
    void readsTheSmallRequests() {
        var attributes = SmallRequests.SetDeviceAttributes.parse(
                utf8("{\"NodeKey\":\"" + KEY + "\",\"Update\":{\"a\":\"x\",\"b\":1.5,\"c\":true,\"d\":null}}"));
        assertThat(attributes.update().get("a")).isEqualTo(new SmallRequests.Attribute.Text("x"));
        assertThat(attributes.update().get("b")).isEqualTo(new SmallRequests.Attribute.Numeric(1.5));
        assertThat(attributes.update().get("c")).isEqualTo(new SmallRequests.Attribute.Flag(true));
        assertThat(attributes.update()).hasSize(4).containsEntry("d", null);
        assertThat(SmallRequests.SetDns.parse(utf8("{\"Name\":\"n\",\"Type\":\"TXT\",\"Value\":\"v\"}")))
                .isEqualTo(new SmallRequests.SetDns(0, NodeKey.ZERO, "n", "TXT", "v"));
        assertThat(SmallRequests.HealthChange.parse(utf8("{\"Subsys\":\"s\",\"Error\":\"\"}"))
                        .subsystem())
                .isEqualTo("s");
        assertThat(SmallRequests.IdToken.parse(utf8("{\"Audience\":\"a\"}")).audience())
                .isEqualTo("a");
        assertThat(SmallRequests.PingResponse.parse(utf8("{\"Type\":\"disco\",\"LatencySeconds\":0.5}"))
                        .latencySeconds())
                .isEqualTo(0.5);
    }
}
