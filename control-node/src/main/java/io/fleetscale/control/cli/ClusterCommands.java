package io.fleetscale.control.cli;

import io.fleetscale.proto.cluster.v1.DrainInstanceRequest;
import io.fleetscale.proto.cluster.v1.ForgetInstanceRequest;
import io.fleetscale.proto.cluster.v1.GetClusterStatusRequest;
import io.fleetscale.proto.cluster.v1.GetClusterStatusResponse;
import io.fleetscale.proto.cluster.v1.Instance;
import io.fleetscale.proto.cluster.v1.RebalanceSessionsRequest;
import io.fleetscale.proto.cluster.v1.RebalanceSessionsResponse;
import io.fleetscale.proto.cluster.v1.UndrainInstanceRequest;
import java.util.List;

/** {@code cluster}: the instances and their sessions. */
public final class ClusterCommands {
    private static final String PER_SECOND = "/s";

    private ClusterCommands() {}

    /** The commands that ask a running server. */
    public static CliCommand group(CliCommand... more) {
        return CliCommand.of(
                        "cluster", "Show the instances of the cluster, move sessions between them, make certificates")
                .command(
                        CliCommand.of("status", "Show all instances: state, lease, lag, sessions")
                                .alias("ls", "list", "show")
                                .run(ClusterCommands::status),
                        CliCommand.of("drain", "Make an instance not ready and send its clients to the others")
                                .argument("INSTANCE")
                                .option(CliOption.text(
                                        "--rate", "N/s", "sessions per second (default: some seconds for all)"))
                                .example("control-2 --rate 50/s")
                                .run(ClusterCommands::drain),
                        CliCommand.of("undrain", "Let a drained instance take clients again")
                                .argument("INSTANCE")
                                .example("control-2")
                                .run(ClusterCommands::undrain),
                        CliCommand.of("rebalance", "Let instances with too many sessions give some away")
                                .run(ClusterCommands::rebalance),
                        CliCommand.of("forget", "Remove an instance that will not come back")
                                .argument("INSTANCE")
                                .example("control-9")
                                .run(ClusterCommands::forget))
                .command(more);
    }

    private static int status(Invocation call) {
        GetClusterStatusResponse status = call.callMore(
                "reading the cluster's status",
                server -> server.cluster().getClusterStatus(GetClusterStatusRequest.getDefaultInstance()));
        if (call.isForPrograms()) {
            return call.print(status, "");
        }
        List<Instance> instances = status.getInstancesList();
        return call.printList(instances, () -> {
            TableWriter table = call.table(
                    "Instance", "State", "Version", "Incarnation", "Lease", "Image", "Lag", "Sessions", "Note");
            for (Instance instance : instances) {
                table.row()
                        .cell(instance.getName() + (instance.getElected() ? " *" : ""))
                        .cell(instance.getState())
                        .cell(instance.getVersion())
                        .cell(Long.toUnsignedString(instance.getIncarnation()))
                        .cell(instance.getLeaseHeld() ? instance.getLeaseAgeMs() + " ms" : "expired")
                        .cell(Long.toUnsignedString(instance.getImageVersion()))
                        .cell(Long.toUnsignedString(instance.getImageLag()))
                        .cell(Integer.toUnsignedString(instance.getSessions()))
                        .cell(note(instance));
            }
            return table;
        });
    }

    private static String note(Instance instance) {
        if (!instance.getReason().isEmpty()) {
            return instance.getReason();
        }
        return instance.getLastFenced().isEmpty() ? "" : "was fenced: " + instance.getLastFenced();
    }

    private static int drain(Invocation call) {
        String instance = instance(call);
        String rate = call.text("--rate");
        String digits = rate.endsWith(PER_SECOND) ? rate.substring(0, rate.length() - PER_SECOND.length()) : rate;
        if (!digits.isEmpty() && !digits.matches("[1-9][0-9]{0,5}")) {
            throw new CliFailure("--rate " + rate + ": write sessions per second, such as 50/s");
        }
        DrainInstanceRequest request = DrainInstanceRequest.newBuilder()
                .setInstance(instance)
                .setRate(digits.isEmpty() ? 0 : Integer.parseInt(digits))
                .build();
        return call.print(
                call.callMore("draining " + instance, server -> server.cluster().drainInstance(request)),
                instance + " is being drained; \"cluster status\" shows how far it is");
    }

    private static int undrain(Invocation call) {
        String instance = instance(call);
        UndrainInstanceRequest request =
                UndrainInstanceRequest.newBuilder().setInstance(instance).build();
        return call.print(
                call.callMore(
                        "undraining " + instance, server -> server.cluster().undrainInstance(request)),
                instance + " takes clients again");
    }

    private static int rebalance(Invocation call) {
        RebalanceSessionsResponse answer = call.callMore(
                "rebalancing",
                server -> server.cluster().rebalanceSessions(RebalanceSessionsRequest.getDefaultInstance()));
        return call.print(answer, Integer.toUnsignedString(answer.getMoving()) + " sessions move");
    }

    private static int forget(Invocation call) {
        String instance = instance(call);
        ForgetInstanceRequest request =
                ForgetInstanceRequest.newBuilder().setInstance(instance).build();
        return call.print(
                call.callMore(
                        "forgetting " + instance, server -> server.cluster().forgetInstance(request)),
                instance + " is forgotten");
    }

    private static String instance(Invocation call) {
        if (call.arguments().size() != 1) {
            throw new CliFailure("name one instance; \"cluster status\" lists them");
        }
        return call.arguments().getFirst();
    }
}
