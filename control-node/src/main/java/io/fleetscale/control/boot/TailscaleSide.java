package io.fleetscale.control.boot;

import io.fleetscale.control.access.ServerEnvironment;
import io.fleetscale.control.api.tailscale.ApiParts;
import io.fleetscale.control.api.tailscale.TailscaleApi;
import io.fleetscale.control.changelog.Changelog;
import io.fleetscale.control.cli.BuildInfo;
import io.fleetscale.control.device.Devices;
import io.fleetscale.control.device.PostureAttributes;
import io.fleetscale.control.frontdoor.http.RouteTable;
import io.fleetscale.control.trust.Credentials;
import io.fleetscale.control.trust.TokenRpcs;
import io.fleetscale.wire.key.MachineKey;
import io.grpc.BindableService;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.InstantSource;
import java.util.List;

/**
 * Tailscale's API v2 and what stands behind it.
 *
 * @param attributes whose expired ones the singleton removes
 */
record TailscaleSide(TailscaleApi api, Credentials credentials, PostureAttributes attributes, TokenRpcs tokens) {
    private static final String LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz123456789";
    private static final int ID_LETTERS = 10;

    /** @param changelog takes along what writes mean for routes */
    static TailscaleSide over(
            Storage storage,
            Changelog changelog,
            Features features,
            NodeStreams streams,
            ServerEnvironment environment,
            InstantSource clock) {
        Credentials credentials = new Credentials(
                changelog,
                storage.keys().secretMac(),
                features.tagOwners(),
                "api." + URI.create(environment.serverUrl()).getHost());
        PostureAttributes attributes = new PostureAttributes(changelog);
        ApiParts parts = new ApiParts(
                changelog,
                features.users(),
                new Devices(changelog, features.nodes(), features.tagOwners()),
                attributes,
                features.preAuthKeys(),
                credentials,
                features.policies(),
                environment,
                features.tagOwners(),
                features.credentials(),
                features.failedAttempts(),
                streams.presence()::get,
                tailnetId(storage.keys().noiseKey().publicKey()),
                clock,
                System::nanoTime);
        return new TailscaleSide(parts.api(), credentials, attributes, new TokenRpcs(changelog, credentials));
    }

    List<BindableService> services() {
        return List.of(tokens);
    }

    void register(RouteTable.Builder routes) {
        api.register(routes, BuildInfo.ofProgram().version());
    }

    /** The same on every instance and for ever: made from the server's public key, {@code T<10>CNTRL}. */
    private static String tailnetId(MachineKey serverKey) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256")
                    .digest(("tailnet id " + serverKey).getBytes(StandardCharsets.UTF_8));
            StringBuilder id = new StringBuilder("T");
            for (int i = 0; i < ID_LETTERS; i++) {
                id.append(LETTERS.charAt((digest[i] & 0xff) % LETTERS.length()));
            }
            return id.append("CNTRL").toString();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
