package io.fleetscale.control.boot;

import com.google.protobuf.Timestamp;
import io.fleetscale.control.ControlException;
import io.fleetscale.control.ErrorCode;
import io.fleetscale.control.apikey.ApiKeys;
import io.fleetscale.control.preauthkey.NewPreAuthKey;
import io.fleetscale.control.preauthkey.PreAuthKeys;
import io.fleetscale.control.secret.CredentialText;
import io.fleetscale.control.tailnet.ApiKey;
import io.fleetscale.control.tailnet.PreAuthKey;
import io.fleetscale.control.tailnet.Role;
import io.fleetscale.control.tailnet.TailnetImage;
import io.fleetscale.control.tailnet.User;
import io.fleetscale.control.user.NewUser;
import io.fleetscale.control.user.UserFilter;
import io.fleetscale.control.user.Users;
import io.fleetscale.proto.headscale.v1.CreateApiKeyRequest;
import io.fleetscale.proto.headscale.v1.CreatePreAuthKeyRequest;
import io.fleetscale.proto.headscale.v1.CreateUserRequest;
import io.fleetscale.proto.headscale.v1.ListApiKeysRequest;
import io.fleetscale.proto.headscale.v1.ListPreAuthKeysRequest;
import io.fleetscale.proto.headscale.v1.ListUsersRequest;
import io.fleetscale.runtime.AtomicFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * The user and the keys that {@code fleetscale dev} hands to its visitor. The database knows only MACs of the keys, so their
 * texts are kept in a file of mode 0600 and made anew when they have expired or were deleted.
 */
record DevCredentials(String user, String apiKey, String preAuthKey) {
    static final String USER = "dev";
    private static final Duration LIFETIME = Duration.ofDays(90);
    private static final Duration RENEW_BEFORE = Duration.ofDays(1);
    private static final JsonMapper JSON = new JsonMapper();

    /** Reads the credentials in {@code file}, or makes those that are missing or worn out. Blocks on the database. */
    static DevCredentials ensure(
            Path file, TailnetImage image, Users users, ApiKeys apiKeys, PreAuthKeys preAuthKeys, Instant now)
            throws IOException {
        JsonNode stored = read(file);
        User user = ensureUser(users);
        String apiKey = usableApiKey(image, stored.path("api_key").asString(""), now);
        if (apiKey == null) {
            apiKey = await(apiKeys.create(now.plus(LIFETIME))).text();
        }
        String preAuthKey = usablePreAuthKey(image, stored.path("preauth_key").asString(""), now);
        if (preAuthKey == null) {
            preAuthKey = await(preAuthKeys.create(
                            new NewPreAuthKey(user.id(), true, false, now.plus(LIFETIME), List.of())))
                    .text();
        }
        DevCredentials credentials = new DevCredentials(user.name(), apiKey, preAuthKey);
        credentials.write(file);
        return credentials;
    }

    /** The same over the administration of a server in another process. */
    static DevCredentials ensure(Path file, LocalAdministration server, Instant now) throws IOException {
        JsonNode stored = read(file);
        long user =
                server
                        .headscale()
                        .listUsers(ListUsersRequest.newBuilder().setName(USER).build())
                        .getUsersList()
                        .stream()
                        .findFirst()
                        .orElseGet(() -> server.headscale()
                                .createUser(CreateUserRequest.newBuilder()
                                        .setName(USER)
                                        .build())
                                .getUser())
                        .getId();
        Timestamp until = Timestamp.newBuilder()
                .setSeconds(now.plus(LIFETIME).getEpochSecond())
                .build();
        long wornOut = now.plus(RENEW_BEFORE).getEpochSecond();
        String known = stored.path("api_key").asString("");
        String apiKey =
                server.headscale().listApiKeys(ListApiKeysRequest.getDefaultInstance()).getApiKeysList().stream()
                                .anyMatch(key -> isMask(key.getPrefix(), known)
                                        && key.getExpiration().getSeconds() > wornOut)
                        ? known
                        : server.headscale()
                                .createApiKey(CreateApiKeyRequest.newBuilder()
                                        .setExpiration(until)
                                        .build())
                                .getApiKey();
        String knownPreAuth = stored.path("preauth_key").asString("");
        String preAuthKey =
                server
                                .headscale()
                                .listPreAuthKeys(ListPreAuthKeysRequest.getDefaultInstance())
                                .getPreAuthKeysList()
                                .stream()
                                .anyMatch(key -> isMask(key.getKey(), knownPreAuth)
                                        && key.getExpiration().getSeconds() > wornOut)
                        ? knownPreAuth
                        : server.headscale()
                                .createPreAuthKey(CreatePreAuthKeyRequest.newBuilder()
                                        .setUser(user)
                                        .setReusable(true)
                                        .setExpiration(until)
                                        .build())
                                .getPreAuthKey()
                                .getKey();
        DevCredentials credentials = new DevCredentials(USER, apiKey, preAuthKey);
        credentials.write(file);
        return credentials;
    }

    /** Lists show the beginning of a key and stars. */
    private static boolean isMask(String mask, String key) {
        String beginning = mask.replaceFirst("\\*+$", "");
        return !key.isEmpty() && !beginning.isEmpty() && key.startsWith(beginning);
    }

    private void write(Path file) throws IOException {
        ObjectNode root = JSON.createObjectNode();
        root.put("api_key", apiKey);
        root.put("preauth_key", preAuthKey);
        AtomicFiles.writeText(file, root + "\n", AtomicFiles.OWNER_ONLY);
    }

    private static User ensureUser(Users users) {
        List<User> found = await(users.list(new UserFilter(USER, "", 0)));
        User user = found.isEmpty() ? await(users.create(new NewUser(USER, "", "", ""))) : found.getFirst();
        return user.role() == Role.OWNER ? user : await(users.setRole(user.id(), Role.OWNER));
    }

    private static @Nullable String usableApiKey(TailnetImage image, String text, Instant now) {
        CredentialText parts = CredentialText.parse(CredentialText.API_KEY, text);
        ApiKey key = parts == null ? null : image.apiKeyByPrefix(parts.prefix());
        return key == null || key.isExpired(now.plus(RENEW_BEFORE)) ? null : text;
    }

    private static @Nullable String usablePreAuthKey(TailnetImage image, String text, Instant now) {
        CredentialText parts = CredentialText.parse(CredentialText.PRE_AUTH_KEY, text);
        PreAuthKey key = parts == null ? null : image.preAuthKeyByPrefix(parts.prefix());
        return key == null || key.isExpired(now.plus(RENEW_BEFORE)) ? null : text;
    }

    private static JsonNode read(Path file) throws IOException {
        if (!Files.exists(file)) {
            return JSON.createObjectNode();
        }
        try {
            return JSON.readTree(Files.readString(file));
        } catch (JacksonException e) {
            return JSON.createObjectNode(); // a torn or foreign file: the keys are made anew
        }
    }

    private static <T> T await(CompletableFuture<T> future) {
        try {
            return future.join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof ControlException refused) {
                throw refused;
            }
            throw new ControlException(ErrorCode.INTERNAL, "making the credentials of dev failed", e);
        }
    }

    @Override
    public String toString() {
        return "DevCredentials[" + user + "]";
    }
}
