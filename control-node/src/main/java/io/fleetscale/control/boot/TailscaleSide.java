package io.fleetscale.control.boot;

import io.fleetscale.config.ApiConfig;
import io.fleetscale.control.access.ServerEnvironment;
import io.fleetscale.control.api.origin.AllowedOrigins;
import io.fleetscale.control.api.tailscale.ApiParts;
import io.fleetscale.control.api.tailscale.TailscaleApi;
import io.fleetscale.control.audit.AuditLog;
import io.fleetscale.control.changelog.Changelog;
import io.fleetscale.control.cli.BuildInfo;
import io.fleetscale.control.device.Devices;
import io.fleetscale.control.device.PostureAttributes;
import io.fleetscale.control.frontdoor.http.HttpCall;
import io.fleetscale.control.frontdoor.http.HttpReply;
import io.fleetscale.control.frontdoor.http.RouteTable;
import io.fleetscale.control.logstream.LogStreamSender;
import io.fleetscale.control.logstream.LogStreamStates;
import io.fleetscale.control.oauthapp.AppRpcs;
import io.fleetscale.control.oauthapp.ConsentPage;
import io.fleetscale.control.oauthapp.OAuthApps;
import io.fleetscale.control.outbound.OutboundHttp;
import io.fleetscale.control.secret.Sealer;
import io.fleetscale.control.secret.SecretMac;
import io.fleetscale.control.trust.Credentials;
import io.fleetscale.control.trust.TokenRpcs;
import io.fleetscale.control.trust.WorkloadIdentity;
import io.fleetscale.control.vipservice.VipServices;
import io.fleetscale.control.webhook.WebhookSender;
import io.fleetscale.control.webhook.Webhooks;
import io.fleetscale.runtime.Lifecycle;
import io.fleetscale.wire.key.MachineKey;
import io.grpc.BindableService;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.List;
import java.util.function.BooleanSupplier;
import javax.sql.DataSource;

/** Tailscale's API v2 and what stands behind it: its features, and what is sent out for them. */
final class TailscaleSide {
    private static final String LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz123456789";
    private static final int ID_LETTERS = 10;

    private final TailscaleApi api;
    private final List<BindableService> services;
    private final OAuthApps apps;
    private final AllowedOrigins origins;

    private TailscaleSide(TailscaleApi api, List<BindableService> services, OAuthApps apps, AllowedOrigins origins) {
        this.api = api;
        this.services = services;
        this.apps = apps;
        this.origins = origins;
    }

    /**
     * Builds it; what sends and what goes by the clock belongs to {@code lifecycle}.
     *
     * @param mayAct whether this instance acts for all
     * @param changelog takes along what writes mean for routes
     */
    static TailscaleSide over(
            Lifecycle lifecycle,
            BooleanSupplier mayAct,
            Storage storage,
            Changelog changelog,
            Features features,
            NodeStreams streams,
            ServerEnvironment environment,
            ApiConfig config,
            InstantSource clock,
            SecureRandom random) {
        SecretMac mac = storage.keys().secretMac();
        DataSource source = storage.database().writeSource();
        Sealer sealer = Sealer.derive(mac, "secrets of other systems", random);
        OutboundHttp http = new OutboundHttp(config.allowPrivateDestinations());
        Credentials credentials = new Credentials(
                changelog,
                mac,
                features.tagOwners(),
                "api." + URI.create(environment.serverUrl()).getHost());
        PostureAttributes attributes = new PostureAttributes(changelog);
        OAuthApps apps = new OAuthApps(changelog, mac);
        Webhooks webhooks = new Webhooks(changelog, sealer, http, source);
        AuditLog audit = new AuditLog(source);
        LogStreamStates logStreams = new LogStreamStates(source);
        ApiParts parts = new ApiParts(
                changelog,
                features.users(),
                new Devices(changelog, features.nodes(), features.tagOwners()),
                attributes,
                features.preAuthKeys(),
                credentials,
                new WorkloadIdentity(http, clock),
                apps,
                new VipServices(changelog, features.tagOwners()),
                webhooks,
                audit,
                logStreams,
                features.policies(),
                environment,
                features.tagOwners(),
                features.credentials(),
                features.failedAttempts(),
                streams.presence()::get,
                http,
                sealer,
                tailnetId(storage.keys().noiseKey().publicKey()),
                clock,
                System::nanoTime);
        WebhookSender webhookSender = new WebhookSender(changelog, webhooks, http, source, mayAct, clock);
        LogStreamSender logSender = new LogStreamSender(changelog, audit, logStreams, sealer, http, mayAct, clock);
        TailscaleChores chores = new TailscaleChores(changelog, attributes, mayAct, clock);
        lifecycle.add("outbound requests", () -> {}, http::close, ControlNode.STOP_LIMIT);
        lifecycle.add("webhooks", webhookSender::start, webhookSender::close, ControlNode.STOP_LIMIT);
        lifecycle.add("log streams", logSender::start, logSender::close, ControlNode.STOP_LIMIT);
        lifecycle.add("chores of the API", chores::start, chores::close, ControlNode.STOP_LIMIT);
        return new TailscaleSide(
                parts.api(),
                List.of(new TokenRpcs(changelog, credentials), new AppRpcs(changelog, apps)),
                apps,
                new AllowedOrigins(config.allowedOrigins()));
    }

    List<BindableService> services() {
        return services;
    }

    /** Answers a call of the administrator of this machine. */
    HttpReply local(HttpCall call) {
        return api.handleLocally(call);
    }

    void register(RouteTable.Builder routes) {
        api.register(routes, BuildInfo.ofProgram().version(), origins);
        routes.get(
                "/a/oauth_authorize",
                call -> HttpReply.html(200, ConsentPage.of(call.query(), apps::find))
                        .withHeader("Cache-Control", "no-store"));
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
