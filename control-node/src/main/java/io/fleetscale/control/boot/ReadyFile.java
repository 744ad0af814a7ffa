package io.fleetscale.control.boot;

import io.fleetscale.control.dev.DevCluster;
import io.fleetscale.control.dev.DevRelays;
import io.fleetscale.runtime.AtomicFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What scripts need to know of a server that is ready. Holds secrets: the file has mode 0600.
 *
 * @param url base address of the control listener
 * @param grpc {@code host:port} of the gRPC listener, TLS under {@code caFile}
 * @param metrics {@code host:port} of the metrics listener
 * @param unixSocket path of the socket of the local command line
 * @param caFile PEM of the authority that signed the gRPC certificate
 * @param apiKey of the administration API
 * @param preAuthKey reusable
 * @param user who owns what joins with the key
 * @param pid of the process that holds everything
 * @param instance name of the instance; empty when there are several
 * @param instances all of them
 * @param relays those that are processes of their own
 */
record ReadyFile(
        String url,
        String grpc,
        String metrics,
        Path unixSocket,
        Path caFile,
        String apiKey,
        String preAuthKey,
        String user,
        long pid,
        String instance,
        List<DevCluster.Instance> instances,
        List<DevRelays.Relay> relays) {
    ReadyFile {
        instances = List.copyOf(instances);
        relays = List.copyOf(relays);
    }

    /** Writes the file in one step: whoever sees it sees all of it. */
    void write(Path file) throws IOException {
        ObjectNode root = new JsonMapper().createObjectNode();
        root.put("url", url);
        root.put("grpc", grpc);
        root.put("metrics", metrics);
        root.put("unix_socket", unixSocket.toString());
        root.put("ca_file", caFile.toString());
        root.put("api_key", apiKey);
        root.put("preauth_key", preAuthKey);
        root.put("user", user);
        root.put("pid", pid);
        root.put("instance", instance);
        ArrayNode list = root.putArray("instances");
        for (DevCluster.Instance one : instances) {
            list.addObject()
                    .put("name", one.name())
                    .put("url", one.url())
                    .put("grpc", one.grpc())
                    .put("metrics", one.metrics())
                    .put("pid", one.pid());
        }
        ArrayNode relayList = root.putArray("relays");
        for (DevRelays.Relay relay : relays) {
            relayList
                    .addObject()
                    .put("name", relay.name())
                    .put("addr", relay.addr())
                    .put("host", relay.host())
                    .put("pid", relay.pid());
        }
        AtomicFiles.writeText(file, root + "\n", AtomicFiles.OWNER_ONLY);
    }

    @Override
    public String toString() {
        return "ReadyFile[" + url + "]";
    }
}
