package io.fleetscale.control.cli;

import io.fleetscale.proto.relay.v1.ChangeMeshKeyRequest;
import io.fleetscale.proto.relay.v1.ChangeMeshKeyResponse;
import io.fleetscale.proto.relay.v1.DrainRelayRequest;
import io.fleetscale.proto.relay.v1.DrainRelayResponse;
import io.fleetscale.proto.relay.v1.GetDerpMapRequest;
import io.fleetscale.proto.relay.v1.ListRelaysRequest;
import io.fleetscale.proto.relay.v1.Relay;
import io.fleetscale.proto.relay.v1.RemoveRelayRequest;
import io.fleetscale.proto.relay.v1.UndrainRelayRequest;
import java.util.List;

/** {@code relays}: the relays that registered with the cluster. */
final class RelayCommands {
    private RelayCommands() {}

    static CliCommand group() {
        CliOption force = CliOption.flag("--force", "also when it is the last relay of its region");
        return CliCommand.of("relays", "List, drain and remove relays, and show the DERP map")
                .alias("relay")
                .command(
                        CliCommand.of("list", "List the relays that registered, in the order of the DERP map")
                                .alias("ls", "show")
                                .example("-o json")
                                .run(RelayCommands::list),
                        CliCommand.of("map", "Print the DERP map exactly as clients receive it, as JSON")
                                .example("")
                                .run(RelayCommands::map),
                        CliCommand.of("drain", "Take a relay out of the DERP map and have it send its clients away")
                                .argument("NAME")
                                .option(force)
                                .example("relay-1")
                                .run(RelayCommands::drain),
                        CliCommand.of("undrain", "Put a drained relay back into the DERP map")
                                .argument("NAME")
                                .example("relay-1")
                                .run(RelayCommands::undrain),
                        CliCommand.of("remove", "Forget a relay; one that still reports registers again")
                                .alias("delete", "rm")
                                .argument("NAME")
                                .option(force)
                                .example("relay-1")
                                .run(RelayCommands::remove),
                        CliCommand.of("change-mesh-key", "Give the relays of a region a new mesh key while they run")
                                .argument("REGION")
                                .example("900")
                                .run(RelayCommands::changeMeshKey));
    }

    private static int list(Invocation call) {
        List<Relay> relays = call.callMore(
                        "listing relays", server -> server.relays().listRelays(ListRelaysRequest.getDefaultInstance()))
                .getRelaysList();
        return call.printList(relays, () -> {
            TableWriter table =
                    call.table("Name", "Region", "Host", "Port", "State", "Alive", "Connections", "Version");
            for (Relay relay : relays) {
                table.row()
                        .cell(relay.getName())
                        .cell(relay.getRegionId() + " " + relay.getRegionCode())
                        .cell(relay.getHost())
                        .cell(Integer.toString(relay.getDerpPort()))
                        .cell(relay.getState())
                        .cell(relay.getAlive() ? "yes" : "no, for " + relay.getSilentSeconds() + " s")
                        .cell(Integer.toString(relay.getConnections()))
                        .cell(relay.getVersion());
            }
            return table;
        });
    }

    private static int map(Invocation call) {
        return call.printText(call.callMore(
                        "reading the DERP map",
                        server -> server.relays().getDerpMap(GetDerpMapRequest.getDefaultInstance()))
                .getMap());
    }

    private static int drain(Invocation call) {
        DrainRelayRequest request = DrainRelayRequest.newBuilder()
                .setName(name(call))
                .setForce(call.flag("--force"))
                .build();
        DrainRelayResponse drained =
                call.callMore("draining relay", server -> server.relays().drainRelay(request));
        return call.print(drained, "Relay drains");
    }

    private static int undrain(Invocation call) {
        UndrainRelayRequest request =
                UndrainRelayRequest.newBuilder().setName(name(call)).build();
        return call.print(
                call.callMore("undraining relay", server -> server.relays().undrainRelay(request)), "Relay serves");
    }

    private static int remove(Invocation call) {
        RemoveRelayRequest request = RemoveRelayRequest.newBuilder()
                .setName(name(call))
                .setForce(call.flag("--force"))
                .build();
        return call.print(
                call.callMore("removing relay", server -> server.relays().removeRelay(request)), "Relay removed");
    }

    private static int changeMeshKey(Invocation call) {
        String region = call.arguments().size() == 1 ? call.arguments().getFirst() : "";
        if (!region.matches("[0-9]{1,5}")) {
            throw new CliFailure("name the region by its number, as \"" + call.program() + " relays list\" shows it");
        }
        ChangeMeshKeyRequest request = ChangeMeshKeyRequest.newBuilder()
                .setRegionId(Integer.parseInt(region))
                .build();
        ChangeMeshKeyResponse changed =
                call.callMore("changing mesh key", server -> server.relays().changeMeshKey(request));
        return call.print(changed, "Mesh key changed");
    }

    private static String name(Invocation call) {
        if (call.arguments().size() != 1) {
            throw new CliFailure("name the relay, as \"" + call.program() + " relays list\" shows it");
        }
        return call.arguments().getFirst();
    }
}
