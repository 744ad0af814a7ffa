package io.fleetscale.control.cli;

import com.google.protobuf.Timestamp;
import io.fleetscale.config.PrometheusDuration;
import io.fleetscale.proto.headscale.v1.ApiKey;
import io.fleetscale.proto.headscale.v1.CreateApiKeyRequest;
import io.fleetscale.proto.headscale.v1.CreatePreAuthKeyRequest;
import io.fleetscale.proto.headscale.v1.DeleteApiKeyRequest;
import io.fleetscale.proto.headscale.v1.DeletePreAuthKeyRequest;
import io.fleetscale.proto.headscale.v1.ExpireApiKeyRequest;
import io.fleetscale.proto.headscale.v1.ExpirePreAuthKeyRequest;
import io.fleetscale.proto.headscale.v1.ListApiKeysRequest;
import io.fleetscale.proto.headscale.v1.ListPreAuthKeysRequest;
import io.fleetscale.proto.headscale.v1.PreAuthKey;
import java.time.DateTimeException;
import java.util.List;

/** {@code preauthkeys} and {@code apikeys}. */
final class KeyCommands {
    private KeyCommands() {}

    static CliCommand preAuthKeys() {
        CliOption id = CliOption.text("-i,--id", "ID", "number of the key");
        CliOption owner = CliOption.text("-u,--user", "NAME", "only keys of this user, by name or number");
        return CliCommand.of("preauthkeys", "Create, list, expire and delete keys that register nodes")
                .alias("preauthkey", "authkeys", "authkey", "pre")
                .command(
                        CliCommand.of("list", "List the keys of all users, or of one")
                                .alias("ls", "show")
                                .option(owner)
                                .example("--user alice")
                                .run(KeyCommands::listPreAuthKeys),
                        CliCommand.of("create", "Create a key; it is shown this once")
                                .alias("c", "new")
                                .option(
                                        CliOption.text("-u,--user", "ID", "number or name of the owner"),
                                        CliOption.flag("--reusable", "for more than one node"),
                                        CliOption.flag("--ephemeral", "its nodes are removed when they go away"),
                                        CliOption.text("-e,--expiration", "DURATION", "like 30m, 24h, 90d")
                                                .orElse("1h"),
                                        CliOption.list("--tags", "TAG", "tags of its nodes: tag:one,tag:two"))
                                .example("--user alice --reusable --expiration 24h")
                                .run(KeyCommands::createPreAuthKey),
                        CliCommand.of("expire", "Let a key end now")
                                .alias("revoke", "exp", "e")
                                .argument("KEY")
                                .option(id, owner)
                                .example("--id 7")
                                .run(KeyCommands::expirePreAuthKey),
                        CliCommand.of("delete", "Delete a key; its nodes stay")
                                .alias("del", "rm", "d")
                                .argument("KEY")
                                .option(id, owner)
                                .example("--id 7")
                                .run(KeyCommands::deletePreAuthKey));
    }

    static CliCommand apiKeys() {
        CliOption id = CliOption.text("-i,--id", "ID", "number of the key");
        CliOption prefix = CliOption.text("-p,--prefix", "PREFIX", "public part of the key");
        return CliCommand.of("apikeys", "Create, list, expire and delete keys to the administration API")
                .alias("apikey", "api")
                .command(
                        CliCommand.of("list", "List the keys")
                                .alias("ls", "show")
                                .example("-o json")
                                .run(KeyCommands::listApiKeys),
                        CliCommand.of("create", "Create a key; it is shown this once")
                                .alias("c", "new")
                                .option(CliOption.text("-e,--expiration", "DURATION", "like 30m, 24h, 90d")
                                        .orElse("90d"))
                                .example("--expiration 90d")
                                .run(KeyCommands::createApiKey),
                        CliCommand.of("expire", "Let a key end now")
                                .alias("revoke", "exp", "e")
                                .option(id, prefix)
                                .example("--prefix AbCdEfGhIjKl")
                                .run(KeyCommands::expireApiKey),
                        CliCommand.of("delete", "Delete a key")
                                .alias("remove", "del")
                                .option(id, prefix)
                                .example("--id 3")
                                .run(KeyCommands::deleteApiKey));
    }

    private static List<PreAuthKey> preAuthKeys(Invocation call) {
        String user = call.text("--user");
        return call
                .call(
                        "listing preauthkeys",
                        server -> server.listPreAuthKeys(ListPreAuthKeysRequest.getDefaultInstance()))
                .getPreAuthKeysList()
                .stream()
                .filter(key -> user.isEmpty()
                        || key.hasUser()
                                && (key.getUser().getName().equals(user)
                                        || Long.toUnsignedString(key.getUser().getId())
                                                .equals(user)))
                .toList();
    }

    private static int listPreAuthKeys(Invocation call) {
        List<PreAuthKey> keys = preAuthKeys(call);
        return call.printList(keys, () -> {
            TableWriter table =
                    call.table("ID", "Key/Prefix", "Reusable", "Ephemeral", "Used", "Expiration", "Created", "Owner");
            for (PreAuthKey key : keys) {
                String user = key.hasUser() ? key.getUser().getName() : "-";
                table.row()
                        .cell(Long.toUnsignedString(key.getId()))
                        .cell(key.getKey())
                        .cell(Boolean.toString(key.getReusable()))
                        .cell(Boolean.toString(key.getEphemeral()))
                        .cell(Boolean.toString(key.getUsed()));
                expiration(call, table, key.hasExpiration(), key.getExpiration());
                table.cell(Invocation.time(key.getCreatedAt()))
                        .cell(key.getAclTagsCount() > 0 ? String.join("\n", key.getAclTagsList()) : user);
            }
            return table;
        });
    }

    private static void expiration(Invocation call, TableWriter table, boolean given, Timestamp expiration) {
        if (given) {
            boolean valid = Invocation.instant(expiration).isAfter(call.now());
            table.cell(Invocation.time(expiration), valid ? TableWriter.Mood.GOOD : TableWriter.Mood.BAD);
        } else {
            table.cell("-");
        }
    }

    private static int createPreAuthKey(Invocation call) {
        CreatePreAuthKeyRequest.Builder request = CreatePreAuthKeyRequest.newBuilder()
                .setReusable(call.flag("--reusable"))
                .setEphemeral(call.flag("--ephemeral"))
                .addAllAclTags(call.list("--tags"))
                .setExpiration(expiration(call));
        String user = call.text("--user");
        if (!user.isEmpty()) {
            request.setUser(Names.userId(call, user));
        }
        PreAuthKey key = call.call("creating preauthkey", server -> server.createPreAuthKey(request.build()))
                .getPreAuthKey();
        return call.print(key, key.getKey());
    }

    private static Timestamp expiration(Invocation call) {
        String text = call.text("--expiration");
        try {
            return Invocation.timestamp(call.now().plus(PrometheusDuration.parse(text)));
        } catch (IllegalArgumentException | DateTimeException malformed) {
            throw new CliFailure("parsing duration: \"" + text + "\": " + malformed.getMessage()
                    + "; write one like 30m, 24h or 90d");
        }
    }

    /**
     * The key that is meant by number, or by its text, whole or masked. The server takes unknown numbers without a word;
     * people are told.
     */
    private static long existing(Invocation call) {
        long id = call.number("--id");
        String text = call.arguments().isEmpty() ? "" : call.arguments().getFirst();
        if (id == 0 && text.isEmpty()) {
            throw new CliFailure("missing --id parameter: missing parameters");
        }
        for (PreAuthKey key : preAuthKeys(call)) {
            String shown = key.getKey();
            String open = shown.endsWith("***") ? shown.substring(0, shown.length() - "***".length()) : shown;
            if (id != 0 ? key.getId() == id : text.startsWith(open)) {
                return key.getId();
            }
        }
        throw new CliFailure("pre-auth key " + (id != 0 ? Long.toUnsignedString(id) + " " : "") + "not found");
    }

    private static int expirePreAuthKey(Invocation call) {
        ExpirePreAuthKeyRequest request =
                ExpirePreAuthKeyRequest.newBuilder().setId(existing(call)).build();
        return call.print(call.call("expiring preauthkey", server -> server.expirePreAuthKey(request)), "Key expired");
    }

    private static int deletePreAuthKey(Invocation call) {
        DeletePreAuthKeyRequest request =
                DeletePreAuthKeyRequest.newBuilder().setId(existing(call)).build();
        return call.print(call.call("deleting preauthkey", server -> server.deletePreAuthKey(request)), "Key deleted");
    }

    private static int listApiKeys(Invocation call) {
        List<ApiKey> keys = call.call(
                        "listing api keys", server -> server.listApiKeys(ListApiKeysRequest.getDefaultInstance()))
                .getApiKeysList();
        return call.printList(keys, () -> {
            TableWriter table = call.table("ID", "Prefix", "Expiration", "Created");
            for (ApiKey key : keys) {
                table.row().cell(Long.toUnsignedString(key.getId())).cell(key.getPrefix());
                expiration(call, table, key.hasExpiration(), key.getExpiration());
                table.cell(Invocation.time(key.getCreatedAt()));
            }
            return table;
        });
    }

    private static int createApiKey(Invocation call) {
        CreateApiKeyRequest request =
                CreateApiKeyRequest.newBuilder().setExpiration(expiration(call)).build();
        return call.printText(call.call("creating api key", server -> server.createApiKey(request))
                .getApiKey());
    }

    private static void checkOneOf(long id, String prefix) {
        if (id == 0 && prefix.isEmpty()) {
            throw new CliFailure("either --id or --prefix must be provided: missing parameters");
        }
        if (id != 0 && !prefix.isEmpty()) {
            throw new CliFailure("only one of --id or --prefix can be provided: missing parameters");
        }
    }

    private static int expireApiKey(Invocation call) {
        long id = call.number("--id");
        String prefix = call.text("--prefix");
        checkOneOf(id, prefix);
        ExpireApiKeyRequest request =
                ExpireApiKeyRequest.newBuilder().setId(id).setPrefix(prefix).build();
        return call.print(call.call("expiring api key", server -> server.expireApiKey(request)), "Key expired");
    }

    private static int deleteApiKey(Invocation call) {
        long id = call.number("--id");
        String prefix = call.text("--prefix");
        checkOneOf(id, prefix);
        DeleteApiKeyRequest request =
                DeleteApiKeyRequest.newBuilder().setId(id).setPrefix(prefix).build();
        return call.print(call.call("deleting api key", server -> server.deleteApiKey(request)), "Key deleted");
    }
}
