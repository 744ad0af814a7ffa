package io.fleetscale.control.dev;

import io.fleetscale.runtime.AtomicFiles;
import io.fleetscale.wire.ip.IpAddress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.dataformat.yaml.YAMLMapper;

/** The relay of a dev cluster: {@code derp-node serve}, whose certificate the DERP map pins. */
final class RelayProcess {
    private static final String DERP_NODE = "io.fleetscale.relay.program.DerpNode";
    private static final int REGION = 999;

    private final String host;
    private final JsonNode ready;

    private RelayProcess(String host, JsonNode ready) {
        this.host = host;
        this.ready = ready;
    }

    /** Starts a relay and waits until it serves: its certificate is part of the DERP map. */
    static RelayProcess launch(DevProcesses processes, DevCluster.Plan plan, String name)
            throws IOException, InterruptedException {
        Path directory = plan.data().resolve("relays").resolve(name);
        Path readyFile = directory.resolve("ready.json");
        Files.createDirectories(directory);
        Files.deleteIfExists(readyFile);
        String url = plan.serverUrl();
        String host = plan.listen().isEverywhere()
                ? java.net.URI.create(url).getHost()
                : plan.listen().host();
        List<String> arguments = List.of(
                "serve",
                "--hostname",
                host,
                "--listen",
                host + ":0",
                "--http-listen",
                "off",
                "--stun-listen",
                plan.stun().toString(),
                "--metrics-listen",
                "127.0.0.1:0",
                "--data",
                directory.toString(),
                "--verify-url",
                url + "/verify",
                "--ready-file",
                readyFile.toString());
        DevProcess process = processes.launch(new DevProcess(
                name,
                ProgramCommand.java(DERP_NODE, List.of(), arguments),
                directory.resolve("log"),
                () -> Files.exists(readyFile)));
        DevProcesses.awaitReady(List.of(process));
        return new RelayProcess(host, new JsonMapper().readTree(Files.readString(readyFile)));
    }

    /** Writes the DERP map that clients are told. */
    Path writeMap(Path file) throws IOException {
        Map<String, Object> node = new LinkedHashMap<>();
        node.put("name", REGION + "a");
        node.put("regionid", REGION);
        node.put("hostname", host);
        node.put("certname", ready.get("cert_name").asString());
        node.put("ipv4", isV4(host) ? host : "");
        node.put("ipv6", "none");
        node.put("stunport", ready.get("stun_port").asInt());
        node.put("derpport", ready.get("derp_port").asInt());
        Map<String, Object> region = new LinkedHashMap<>();
        region.put("regionid", REGION);
        region.put("regioncode", "dev");
        region.put("regionname", "Fleetscale dev relay");
        region.put("nodes", List.of(node));
        AtomicFiles.writeText(
                file,
                new YAMLMapper().writeValueAsString(Map.of("regions", Map.of(REGION, region))),
                AtomicFiles.READABLE);
        return file;
    }

    private static boolean isV4(String host) {
        try {
            return !IpAddress.parse(host).isV6();
        } catch (IllegalArgumentException e) {
            return false;
        }
    }
}
