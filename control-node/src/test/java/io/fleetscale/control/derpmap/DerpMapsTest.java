package io.fleetscale.control.derpmap;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import io.fleetscale.control.ControlException;
import io.fleetscale.wire.tailcfg.DerpMap;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DerpMapsTest {
    private static final DerpMap.Region OWN =
            EmbeddedRegion.of(999, "own", "Own relay", "hs.example.com", 8443, 3478, "", "198.51.100.7", "");
    private static final String TWO_REGIONS = """
            {"Regions":{"1":{"RegionID":1,"RegionCode":"a","RegionName":"A","Nodes":[{"Name":"1a","RegionID":1,"HostName":"a.example.com"}]},
             "2":{"RegionID":2,"RegionCode":"b","RegionName":"B","Nodes":[{"Name":"2a","RegionID":2,"HostName":"b.example.com"}]}}}""";

    private HttpServer server;
    private volatile int status = 200;
    private volatile String body = TWO_REGIONS;
    private final HttpClient http = HttpClient.newHttpClient();

    @TempDir
    private Path directory;

    DerpMapsTest() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    }

    @BeforeEach
    void start() {
        server.createContext("/", exchange -> {
            byte[] bytes = body.getBytes(UTF_8);
            exchange.sendResponseHeaders(status, bytes.length);
            exchange.getResponseBody().write(bytes);
            exchange.close();
        });
        server.start();
    }

    @AfterEach
    void stop() {
        server.stop(0);
        http.close();
    }

    @Test
    void filesRemoveAndAddRegionsAndFailuresChangeNothing() throws IOException {
        Path file = file(
                "regions: {2: null, 900: {regioncode: c, regionname: C, nodes: [{name: 900a, hostname: c.example.com, ipv6: none, derpport: 30000, stunport: 0}]}}");
        DerpMaps maps = new DerpMaps(null, List.of(url()), List.of(file), http);

        DerpMap map = maps.load(DerpMap.EMPTY).map();

        assertThat(map.regions()).containsOnlyKeys(1, 900);
        DerpMap.Relay relay = map.regions().lastEntry().getValue().nodes().getFirst();
        assertThat(relay.regionId()).isEqualTo(900);
        assertThat(relay.ipv6()).isEqualTo("none");
        assertThat(relay.derpPort()).isEqualTo(30000);
        status = 500;
        assertThat(maps.load(map)).isEqualTo(new DerpMaps.Result(map, false));
        status = 200;
        body = "{}";
        assertThat(maps.load(map)).isEqualTo(new DerpMaps.Result(map, false));
        body = TWO_REGIONS
                .replace("\"1\":{\"RegionID\":1", "\"3\":{\"RegionID\":3")
                .replace("\"RegionID\":1,\"HostName\"", "\"HostName\"");
        assertThat(maps.load(map).map().regions()).containsOnlyKeys(3, 900);
    }

    @Test
    void startsWithTheStoredMapWhenTheUrlIsDown() {
        DerpMap stored = new DerpMaps(null, List.of(url()), List.of(), http)
                .load(DerpMap.EMPTY)
                .map();
        status = 503;

        assertThat(new DerpMaps(null, List.of(url()), List.of(), http)
                        .load(stored)
                        .map())
                .isEqualTo(stored);
        assertThatThrownBy(() -> new DerpMaps(null, List.of(url()), List.of(), http).load(DerpMap.EMPTY))
                .isInstanceOf(ControlException.class)
                .hasMessageContaining(url().toString());
        assertThat(new DerpMaps(OWN, List.of(url()), List.of(), http)
                        .load(DerpMap.EMPTY)
                        .map()
                        .regions())
                .containsOnlyKeys(999);
    }

    @Test
    void theEmbeddedRegionIsAsClientsReachIt() {
        DerpMap map = new DerpMaps(OWN, List.of(), List.of(), http)
                .load(DerpMap.EMPTY)
                .map();

        assertThat(DerpMapSettings.fromJson(new DerpMapSettings(map).toJson()).map())
                .isEqualTo(map);
        assertThat(new DerpMapSettings(map).toJson())
                .isEqualTo(
                        "{\"Regions\":{\"999\":{\"RegionID\":999,\"RegionCode\":\"own\",\"RegionName\":\"Own relay\",\"Nodes\":[{\"Name\":\"999a\",\"RegionID\":999,\"HostName\":\"hs.example.com\",\"IPv4\":\"198.51.100.7\",\"IPv6\":\"none\",\"DERPPort\":8443}]}},\"omitDefaultRegions\":true}");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{900: {nodes: [{hostname: a.example.com, regionid: 901}]}}|region 900, node '900a': regionid 901",
                "{900: {nodes: [{hostname: 'https://relay.example.com'}]}}|hostname 'https://relay.example.com': a host name is expected",
                "{70000: {nodes: []}}|region 70000: region ids must be 1 to 65535",
                "{999: {nodes: [{hostname: a.example.com}]}}|region 999 is also the region of derp.server",
                "{x: {}}|region ids are numbers",
                "{900: {nodes: [{hostname: a.example.com, derpport: 99999}]}}|'derpport' 99999"
            })
    void mistakesInFilesAreRefused(String regions, String message) throws IOException {
        Path file = file("regions: " + regions);

        assertThatThrownBy(() -> new DerpMaps(OWN, List.of(), List.of(file), http).load(DerpMap.EMPTY))
                .isInstanceOf(ControlException.class)
                .hasMessageContaining(file.toString())
                .hasMessageContaining(message);
    }

    private Path file(String content) throws IOException {
        return Files.writeString(directory.resolve("derp.yaml"), content);
    }

    private URI url() {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/derpmap");
    }
}
