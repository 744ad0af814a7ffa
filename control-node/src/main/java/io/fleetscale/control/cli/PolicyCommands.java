package io.fleetscale.control.cli;

import io.fleetscale.proto.headscale.v1.CheckPolicyRequest;
import io.fleetscale.proto.headscale.v1.CheckPolicyResponse;
import io.fleetscale.proto.headscale.v1.GetPolicyRequest;
import io.fleetscale.proto.headscale.v1.GetPolicyResponse;
import io.fleetscale.proto.headscale.v1.SetPolicyRequest;
import io.fleetscale.proto.headscale.v1.SetPolicyResponse;
import io.fleetscale.proto.policy.v1.DiffPolicyRequest;
import io.fleetscale.proto.policy.v1.DiffPolicyResponse;
import io.fleetscale.proto.policy.v1.ExaminePolicyRequest;
import io.fleetscale.proto.policy.v1.ExaminePolicyResponse;
import io.fleetscale.proto.policy.v1.ExplainPolicyRequest;
import io.fleetscale.proto.policy.v1.ExplainPolicyResponse;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** {@code policy}. */
final class PolicyCommands {
    private PolicyCommands() {}

    /** Headscale 0.30 calls it so. */
    private static final String BYPASS_OF_030 = "--bypass-server-and-access-database-directly";

    private static final String BYPASS = "--bypass-grpc-and-access-database-directly";

    /** @param database for the commands that can do without a server */
    static CliCommand group(PolicyDatabase database) {
        CliOption bypass = CliOption.flag(
                BYPASS_OF_030 + "," + BYPASS, "read and write the database of the configuration, without a server");
        CliOption file =
                CliOption.text("-f,--file", "FILE", "the policy, HuJSON").needed();
        return CliCommand.of("policy", "Show, check and set the policy of the tailnet")
                .command(
                        CliCommand.of("get", "Print the policy as it was written")
                                .alias("show", "view", "fetch")
                                .option(bypass)
                                .example("")
                                .run(call -> get(call, database)),
                        CliCommand.of("set", "Set the policy; a refused one changes nothing")
                                .alias("put", "update")
                                .option(file)
                                .option(bypass)
                                .example("--file policy.hujson")
                                .run(call -> set(call, database)),
                        CliCommand.of("check", "Say whether a policy would be accepted; its tests are run")
                                .option(file)
                                .option(bypass)
                                .example("--file policy.hujson")
                                .run(call -> check(call, database)),
                        explain(),
                        CliCommand.of("diff", "Say who would gain and who would lose which access under a policy")
                                .option(file)
                                .example("--file policy.hujson")
                                .run(PolicyCommands::diff));
    }

    private static CliCommand explain() {
        return CliCommand.of("explain", "Say why one node may reach another or not: which rule, or what is lacking")
                .option(
                        CliOption.text(
                                        "--src",
                                        "SRC",
                                        "node (name, number or address), another address, or user, group or tag")
                                .needed(),
                        CliOption.text("--dst", "DST:PORT", "the same, with or without a port")
                                .needed(),
                        CliOption.text("--proto", "NAME", "protocol by name or number")
                                .orElse("tcp"),
                        CliOption.text("-f,--file", "FILE", "a policy to ask about instead of the one in force"))
                .example("--src laptop --dst db:5432")
                .run(PolicyCommands::explain);
    }

    private static int explain(Invocation call) {
        ExplainPolicyRequest request = ExplainPolicyRequest.newBuilder()
                .setSrc(call.text("--src"))
                .setDst(call.text("--dst"))
                .setProto(call.text("--proto"))
                .setPolicy(call.has("--file") ? text(call) : "")
                .build();
        ExplainPolicyResponse answer =
                call.callMore("explaining policy", server -> server.policies().explainPolicy(request));
        return call.print(answer, PolicyReports.of(answer));
    }

    private static int diff(Invocation call) {
        DiffPolicyRequest request =
                DiffPolicyRequest.newBuilder().setPolicy(text(call)).build();
        DiffPolicyResponse answer =
                call.callMore("comparing policies", server -> server.policies().diffPolicy(request));
        return call.print(answer, PolicyReports.of(answer));
    }

    /** One thing to do with the policy in its database. */
    @FunctionalInterface
    private interface Step {
        String run(PolicyDatabase.Opened policy) throws Exception;
    }

    /** Does without a server; {@code what} goes before the error. */
    private static int bypass(Invocation call, PolicyDatabase database, String what, Step step) {
        if (!call.confirm("This reads and writes the database directly, which is for the case that no server runs."
                + " Are you sure that none is running?")) {
            throw new CliFailure("command aborted by user");
        }
        try (PolicyDatabase.Opened opened = database.open(call.config())) {
            return call.printText(step.run(opened));
        } catch (Exception e) {
            throw new CliFailure(what + ": " + e.getMessage());
        }
    }

    private static int get(Invocation call, PolicyDatabase database) {
        if (call.flag(BYPASS)) {
            return bypass(call, database, "loading policy from database", PolicyDatabase.Opened::get);
        }
        GetPolicyResponse policy =
                call.call("loading policy", server -> server.getPolicy(GetPolicyRequest.getDefaultInstance()));
        return call.printText(policy.getPolicy());
    }

    private static int set(Invocation call, PolicyDatabase database) {
        if (call.flag(BYPASS)) {
            String text = text(call);
            return bypass(call, database, "setting policy", opened -> {
                opened.set(text);
                return "Policy updated.";
            });
        }
        SetPolicyRequest request =
                SetPolicyRequest.newBuilder().setPolicy(text(call)).build();
        SetPolicyResponse unused = call.call("setting policy", server -> server.setPolicy(request));
        return call.printText("Policy updated.");
    }

    private static int check(Invocation call, PolicyDatabase database) {
        if (call.flag(BYPASS)) {
            String text = text(call);
            return bypass(call, database, "checking policy", opened -> {
                opened.check(text);
                return "Policy is valid";
            });
        }
        CheckPolicyRequest request =
                CheckPolicyRequest.newBuilder().setPolicy(text(call)).build();
        CheckPolicyResponse unused = call.call("checking policy", server -> server.checkPolicy(request));
        int code = call.printText("Policy is valid");
        if (!call.isForPrograms()) {
            warn(call, request.getPolicy());
        }
        return code;
    }

    /** What our servers say beyond headscale's; of others there is nothing to tell. */
    private static void warn(Invocation call, String policy) {
        call.callMore("checking policy", server -> {
                    try {
                        return server.policies()
                                .examinePolicy(ExaminePolicyRequest.newBuilder()
                                        .setPolicy(policy)
                                        .build());
                    } catch (StatusRuntimeException notOurs) {
                        return ExaminePolicyResponse.getDefaultInstance();
                    }
                })
                .getWarningsList()
                .forEach(warning -> call.err().println("Warning: " + warning));
    }

    private static String text(Invocation call) {
        Path file = Path.of(call.text("--file"));
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new CliFailure("reading policy file: " + file + ": "
                    + (Files.exists(file) ? e.getMessage() : "no such file or directory"));
        }
    }
}
