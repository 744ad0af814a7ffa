package io.fleetscale.control.policy;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.NodeId;
import io.fleetscale.wire.ip.IpAddress;
import io.fleetscale.wire.key.Bytes32;
import io.fleetscale.wire.key.MachineKey;
import io.fleetscale.wire.key.NodeKey;
import io.fleetscale.wire.tailcfg.JsonWriter;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class PacketFilterTest {
    private static final Node NODE = node("100.64.0.3");

    @Test
    void wholeFilterClearsWhatTheClientHolds() {
        PacketFilter filter = new PacketFilter(new FilterTemplate(List.of(chunk("b", 1), chunk("a", 1))), NODE);
        assertThat(written(filter, null)).isEqualTo("""
                        {"*":null,"a":[{"SrcIPs":["100.64.0.1"],"DstPorts":[{"IP":"100.64.0.3","Ports":{"First":1,"Last":1}}]}],\
                        "b":[{"SrcIPs":["100.64.0.1"],"DstPorts":[{"IP":"100.64.0.3","Ports":{"First":1,"Last":1}}]}]}""");
    }

    @Test
    void emptyFilterIsSaidOnce() {
        PacketFilter nothing = new PacketFilter(FilterTemplate.NOTHING, NODE);
        assertThat(written(nothing, null)).isEqualTo("{\"*\":null,\"base\":[]}");
        assertThat(written(nothing, nothing.version())).isEqualTo("{}");
        PacketFilter before = new PacketFilter(new FilterTemplate(List.of(chunk("a", 1))), NODE);
        assertThat(written(nothing, before.version())).isEqualTo("{\"base\":[],\"a\":null}");
    }

    @Test
    void onlyChunksThatDifferAreSent() {
        PacketFilter before = new PacketFilter(new FilterTemplate(List.of(chunk("a", 1), chunk("b", 1))), NODE);
        PacketFilter after = new PacketFilter(new FilterTemplate(List.of(chunk("a", 1), chunk("c", 2))), NODE);
        assertThat(after.differsFrom(before.version())).isTrue();
        assertThat(written(after, before.version())).isEqualTo("""
                        {"c":[{"SrcIPs":["100.64.0.1"],"DstPorts":[{"IP":"100.64.0.3","Ports":{"First":2,"Last":2}}]}],"b":null}""");
        assertThat(after.differsFrom(after.version())).isFalse();
    }

    @Test
    void otherAddressesNeedAllChunks() {
        FilterTemplate template = new FilterTemplate(List.of(chunk("a", 1)));
        PacketFilter before = new PacketFilter(template, NODE);
        PacketFilter after = new PacketFilter(template, node("100.64.0.4"));
        assertThat(after.differsFrom(before.version())).isTrue();
        assertThat(written(after, before.version())).contains("100.64.0.4");
    }

    @Test
    void grantKeepsNullAndEmptyApart() {
        TreeMap<String, String> capabilities = new TreeMap<>();
        capabilities.put("example.com/a", "null");
        capabilities.put("example.com/b", "[]");
        FilterChunk.Rule rule = new FilterChunk.Rule(
                0,
                sources(),
                List.of(),
                List.of(),
                List.of(new FilterChunk.Grant(true, true, List.of(), capabilities)));
        FilterTemplate template =
                new FilterTemplate(List.of(new FilterChunk("a", new Fingerprint(1, 1), List.of(rule))));
        assertThat(written(new PacketFilter(template, NODE), null)).isEqualTo("""
                        {"*":null,"a":[{"SrcIPs":["100.64.0.1"],"CapGrant":[{"Dsts":["100.64.0.3/32"],\
                        "CapMap":{"example.com/a":null,"example.com/b":[]}}]}]}""");
    }

    private static FilterChunk chunk(String name, int port) {
        return new FilterChunk(
                name,
                new Fingerprint(1, port),
                List.of(new FilterChunk.Rule(
                        0,
                        sources(),
                        List.of(),
                        List.of(
                                new FilterChunk.Target(FilterChunk.Place.OWN_IPV4, "", port, port),
                                new FilterChunk.Target(FilterChunk.Place.OWN_IPV6, "", port, port)),
                        List.of())));
    }

    private static FilterSources sources() {
        return new FilterSources() {
            @Override
            public List<String> list() {
                return List.of("100.64.0.1");
            }

            @Override
            public SharedJson json() {
                return new SharedJson("\"100.64.0.1\"".getBytes(StandardCharsets.US_ASCII));
            }

            @Override
            public Fingerprint fingerprint() {
                return new Fingerprint(1, 1);
            }
        };
    }

    private static String written(PacketFilter filter, @Nullable FilterVersion known) {
        JsonWriter json = new JsonWriter();
        filter.write(
                new JsonSink() {
                    @Override
                    public JsonWriter text() {
                        return json;
                    }

                    @Override
                    public void shared(SharedJson elements) {
                        json.append(elements.text());
                    }
                },
                known);
        return new String(json.toBytes(), StandardCharsets.UTF_8);
    }

    private static Node node(String ipv4) {
        return Node.builder(new NodeId(1), new MachineKey(Bytes32.ZERO), new NodeKey(Bytes32.ZERO), "n1", Instant.EPOCH)
                .ipv4(IpAddress.parse(ipv4))
                .build();
    }
}
