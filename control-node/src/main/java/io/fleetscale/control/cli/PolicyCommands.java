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

    static CliCommand group() {
        CliOption file =
                CliOption.text("-f,--file", "FILE", "the policy, HuJSON").needed();
        return CliCommand.of("policy", "Show, check and set the policy of the tailnet")
                .command(
                        CliCommand.of("get", "Print the policy as it was written")
                                .alias("show", "view", "fetch")
                                .example("")
                                .run(PolicyCommands::get),
                        CliCommand.of("set", "Set the policy; a refused one changes nothing")
                                .alias("put", "update")
                                .option(file)
                                .example("--file policy.hujson")
                                .run(PolicyCommands::set),
                        CliCommand.of("check", "Say whether a policy would be accepted; its tests are run")
                                .option(file)
                                .example("--file policy.hujson")
                                .run(PolicyCommands::check),
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

    private static int get(Invocation call) {
        GetPolicyResponse policy =
                call.call("loading policy", server -> server.getPolicy(GetPolicyRequest.getDefaultInstance()));
        return call.printText(policy.getPolicy());
    }

    private static int set(Invocation call) {
        SetPolicyRequest request =
                SetPolicyRequest.newBuilder().setPolicy(text(call)).build();
        SetPolicyResponse unused = call.call("setting policy", server -> server.setPolicy(request));
        return call.printText("Policy updated.");
    }

    private static int check(Invocation call) {
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
