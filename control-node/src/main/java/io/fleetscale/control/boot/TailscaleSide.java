package io.fleetscale.control.boot;

import io.fleetscale.config.ServerConfig;
import io.fleetscale.control.access.ServerEnvironment;
import io.fleetscale.control.api.origin.AllowedOrigins;
import io.fleetscale.control.api.tailscale.ApiParts;
import io.fleetscale.control.api.tailscale.TailscaleApi;
import io.fleetscale.control.audit.AuditLog;
import io.fleetscale.control.changelog.Changelog;
import io.fleetscale.control.cli.BuildInfo;
import io.fleetscale.control.device.Devices;
import io.fleetscale.control.device.PostureAttributes;
import io.fleetscale.control.flowlog.FlowLog;
import io.fleetscale.control.frontdoor.http.HttpCall;
import io.fleetscale.control.frontdoor.http.HttpReply;
import io.fleetscale.control.frontdoor.http.RouteTable;
import io.fleetscale.control.logstream.LogSource;
import io.fleetscale.control.logstream.LogStream;
import io.fleetscale.control.logstream.LogStreamSender;
import io.fleetscale.control.logstream.LogStreamStates;
import io.fleetscale.control.oauthapp.AppRpcs;
import io.fleetscale.control.oauthapp.ConsentRoutes;
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
import java.util.Map;
import java.util.function.BooleanSupplier;
import javax.sql.DataSource;

/** Tailscale's API v2 and what stands behind it: its features, and what is sent out for them. */
final class TailscaleSide {
    private static final String LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz123456789";
    private static final int ID_LETTERS = 10;

    private final TailscaleApi api;
    private final List<BindableService> services;
    private final ConsentRoutes consents;
    private final AllowedOrigins origins;
    private final FlowLogSide flowLogs;

    private TailscaleSide(
            TailscaleApi api,
            List<BindableService> services,
            ConsentRoutes consents,
            AllowedOrigins origins,
            FlowLogSide flowLogs) {
        this.api = api;
        this.services = services;
        this.consents = consents;
        this.origins = origins;
        this.flowLogs = flowLogs;
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
            ServerConfig config,
            FlowLogSide flowLogs,
            InstantSource clock,
            SecureRandom random) {
        SecretMac mac = storage.credentialMacs();
        DataSource source = storage.database().writeSource();
        Sealer sealer = Sealer.derive(storage.keys().secretMac(), "secrets of other systems", random);
        OutboundHttp http = new OutboundHttp(config.api().allowPrivateDestinations());
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
                flowLogs.log(),
                logStreams,
                features.policies(),
                environment,
                config.clientFeatures().autoUpdate(),
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
        FlowLog flowLog = flowLogs.log();
        TailscaleChores chores = new TailscaleChores(changelog, attributes, mayAct, clock);
        lifecycle.add("outbound requests", () -> {}, http::close, ControlNode.STOP_LIMIT);
        lifecycle.add("webhooks", webhookSender::start, webhookSender::close, ControlNode.STOP_LIMIT);
        Map<String, LogSource> logs = flowLog == null
                ? Map.of(LogStream.CONFIGURATION, audit)
                : Map.of(LogStream.CONFIGURATION, audit, LogStream.NETWORK, flowLog);
        logs.forEach((type, log) -> {
            LogStreamSender sender = new LogStreamSender(changelog, type, log, logStreams, sealer, http, mayAct, clock);
            lifecycle.add("log stream " + type, sender::start, sender::close, ControlNode.STOP_LIMIT);
        });
        lifecycle.add("chores of the API", chores::start, chores::close, ControlNode.STOP_LIMIT);
        return new TailscaleSide(
                parts.api(),
                List.of(new TokenRpcs(changelog, credentials), new AppRpcs(changelog, apps)),
                new ConsentRoutes(apps, features.users(), mac, config.listen().serverUrlBase(), clock, random),
                new AllowedOrigins(config.api().allowedOrigins()),
                flowLogs);
    }

    List<BindableService> services() {
        return services;
    }

    /** The page on which people consent to apps. */
    ConsentRoutes consents() {
        return consents;
    }

    /** Answers a call of the administrator of this machine. */
    HttpReply local(HttpCall call) {
        return api.handleLocally(call);
    }

    void register(RouteTable.Builder routes) {
        api.register(routes, BuildInfo.ofProgram().version(), origins);
        flowLogs.register(routes);
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
