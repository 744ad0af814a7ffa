package io.fleetscale.control.cli;

import io.fleetscale.proto.headscale.v1.HealthRequest;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/** {@code health}, {@code version}, {@code generate} and {@code completion}. */
final class LocalCommands {
    private static final int KEY_BYTES = 32;

    private LocalCommands() {}

    static CliCommand health() {
        return CliCommand.of("health", "Ask the server whether it reaches its database; exit code 0 or 1")
                .example("-o json")
                .run(call -> call.print(
                        call.call("checking health", server -> server.health(HealthRequest.getDefaultInstance())), ""));
    }

    static CliCommand version() {
        return CliCommand.of("version", "Print the version").example("-o json").run(LocalCommands::printVersion);
    }

    static CliCommand generate() {
        return CliCommand.of("generate", "Make keys")
                .alias("gen")
                .command(CliCommand.of("private-key", "Make a private key for a server")
                        .example("-o json")
                        .run(LocalCommands::generatePrivateKey));
    }

    /** Needs the whole tree, therefore it is made last. */
    static CliCommand completion(CliCommand root) {
        CliCommand group = CliCommand.of("completion", "Print a script that completes commands in a shell");
        for (Completion.Shell shell : Completion.Shell.values()) {
            String name = shell.name().toLowerCase(Locale.ROOT);
            group.command(CliCommand.of(name, "For " + name)
                    .option(CliOption.flag("--no-descriptions", "only the words, without what they mean"))
                    .example("> completion." + name)
                    .run(call -> {
                        Completion completion = new Completion(root, call.program(), !call.flag("--no-descriptions"));
                        call.out().print(completion.script(shell));
                        call.out().flush();
                        return 0;
                    }));
        }
        return group;
    }

    private static int printVersion(Invocation call) {
        BuildInfo build = BuildInfo.ofProgram();
        String system =
                System.getProperty("os.name", "").toLowerCase(Locale.ROOT) + "/" + System.getProperty("os.arch", "");
        String java = "java" + Runtime.version().feature();
        Map<String, Object> go = new LinkedHashMap<>();
        go.put("version", java);
        go.put("os", System.getProperty("os.name", "").toLowerCase(Locale.ROOT));
        go.put("arch", System.getProperty("os.arch", ""));
        Map<String, Object> members = new LinkedHashMap<>();
        members.put("version", build.version());
        members.put("commit", build.commit());
        members.put("buildTime", build.buildTime());
        members.put("go", go);
        members.put("dirty", build.dirty());
        return call.printMap(
                members,
                call.program() + " version " + build.version() + (build.dirty() ? "-dirty" : "") + "\ncommit: "
                        + build.commit() + "\nbuild time: " + build.buildTime() + "\nbuilt with: " + java + " " + system
                        + "\n");
    }

    /** An X25519 private key: 32 random bytes, clamped as curve25519 wants them. */
    private static int generatePrivateKey(Invocation call) {
        byte[] key = new byte[KEY_BYTES];
        new SecureRandom().nextBytes(key);
        key[0] &= (byte) 0xf8;
        key[KEY_BYTES - 1] = (byte) (key[KEY_BYTES - 1] & 0x7f | 0x40);
        String text = "privkey:" + HexFormat.of().formatHex(key);
        return call.printMap(Map.of("private_key", text), text);
    }
}
