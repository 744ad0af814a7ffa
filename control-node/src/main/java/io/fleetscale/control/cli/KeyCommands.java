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
    private static final String MASK = "***";

    private KeyCommands() {}

    static CliCommand preAuthKeys() {
        CliOption id = CliOption.text("-i,--id", "ID", "number of the key, or the key as lists show it");
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
        CliOption id = CliOption.text("-i,--id", "ID", "number of the key, or its public part");
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
        String given = call.text("--id");
        boolean byText = given.isEmpty() && !call.arguments().isEmpty();
        String text = byText ? call.arguments().getFirst() : given;
        if (text.isEmpty() || text.equals("0")) {
            throw new CliFailure("missing --id parameter: missing parameters");
        }
        boolean number = !byText && Names.isNumber(text);
        for (PreAuthKey key : preAuthKeys(call)) {
            if (number ? key.getId() == Long.parseUnsignedLong(text) : isTextOf(text, key)) {
                return key.getId();
            }
        }
        // a text may be a whole key, which no message may show
        throw new CliFailure("pre-auth key " + (number ? text + " " : "") + "not found");
    }

    /** Whole, masked, or the public part alone. */
    private static boolean isTextOf(String text, PreAuthKey key) {
        String shown = key.getKey();
        if (!shown.endsWith(MASK)) {
            return text.equals(shown);
        }
        String open = shown.substring(0, shown.length() - MASK.length());
        return text.startsWith(open) || open.endsWith("-" + text + "-");
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

    /** What names an API key: its number, or what the server finds it by. */
    private record ApiKeyName(long id, String prefix) {
        static ApiKeyName of(Invocation call) {
            String id = call.text("--id").equals("0") ? "" : call.text("--id");
            String prefix = call.text("--prefix");
            if (id.isEmpty() && prefix.isEmpty()) {
                throw new CliFailure("either --id or --prefix must be provided: missing parameters");
            }
            if (!id.isEmpty() && !prefix.isEmpty()) {
                throw new CliFailure("only one of --id or --prefix can be provided: missing parameters");
            }
            return Names.isNumber(id)
                    ? new ApiKeyName(Long.parseUnsignedLong(id), "")
                    : new ApiKeyName(0, id.isEmpty() ? prefix : id);
        }
    }

    private static int expireApiKey(Invocation call) {
        ApiKeyName name = ApiKeyName.of(call);
        ExpireApiKeyRequest request = ExpireApiKeyRequest.newBuilder()
                .setId(name.id())
                .setPrefix(name.prefix())
                .build();
        return call.print(call.call("expiring api key", server -> server.expireApiKey(request)), "Key expired");
    }

    private static int deleteApiKey(Invocation call) {
        ApiKeyName name = ApiKeyName.of(call);
        DeleteApiKeyRequest request = DeleteApiKeyRequest.newBuilder()
                .setId(name.id())
                .setPrefix(name.prefix())
                .build();
        return call.print(call.call("deleting api key", server -> server.deleteApiKey(request)), "Key deleted");
    }
}
