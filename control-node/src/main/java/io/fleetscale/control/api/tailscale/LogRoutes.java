package io.fleetscale.control.api.tailscale;

import io.fleetscale.control.audit.AuditLog;
import io.fleetscale.control.changelog.Changelog;
import io.fleetscale.control.changelog.Decision;
import io.fleetscale.control.dns.DnsSettings;
import io.fleetscale.control.flowlog.FlowLog;
import io.fleetscale.control.frontdoor.http.HttpReply;
import io.fleetscale.control.logstream.LogStream;
import io.fleetscale.control.logstream.LogStreamStates;
import io.fleetscale.control.logstream.LogStreamStatus;
import io.fleetscale.control.outbound.OutboundHttp;
import io.fleetscale.control.secret.Sealer;
import io.fleetscale.control.setting.TailnetSettings;
import io.fleetscale.control.tailnet.ResourceKind;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** The audit log, flow logs and their streams. Source: tailscale-api-v2 7.3, 8.10. */
final class LogRoutes {
    private static final String STREAM = "t/logging/{logType}/stream";
    private static final ResourceKind<AwsId> AWS_IDS = ResourceKind.of("aws-external-id", AwsId.class);
    private static final Set<String> COMPRESSIONS = Set.of("zstd", "gzip", "none");
    private static final String NO_FLOW_LOGS =
            "this server takes no flow logs: set flow_logs.enabled in its configuration";
    private static final int MAX_PERIOD_MINUTES = 1440;
    private static final List<String> GCS_MEMBERS = List.of(
            "universe_domain",
            "type",
            "audience",
            "subject_token_type",
            "service_account_impersonation_url",
            "token_url",
            "credential_source");
    private static final List<String> GCS_SOURCE_MEMBERS = List.of(
            "environment_id", "region_url", "url", "regional_cred_verification_url", "imdsv2_session_token_url");

    private final Changelog changelog;
    private final AuditLog audit;
    private final @Nullable FlowLog flowLog;
    private final LogStreamStates states;
    private final Sealer sealer;
    private final OutboundHttp http;

    /** @param flowLog absent: this server does not take flow logs */
    LogRoutes(
            Changelog changelog,
            AuditLog audit,
            @Nullable FlowLog flowLog,
            LogStreamStates states,
            Sealer sealer,
            OutboundHttp http) {
        this.changelog = changelog;
        this.audit = audit;
        this.flowLog = flowLog;
        this.states = states;
        this.sealer = sealer;
        this.http = http;
    }

    /** @param reusable given again until it is used */
    private record AwsId(boolean reusable) {}

    List<Operation> operations() {
        Access read = Access.scopes("log_streaming:read");
        Access write = Access.scopes("log_streaming");
        return List.of(
                Operation.of(
                        27,
                        "GET",
                        "t/logging/configuration",
                        Access.scopes("logs:configuration:read"),
                        "listConfigurationLogs",
                        "The audit log of a time",
                        this::configuration),
                Operation.of(
                        28,
                        "GET",
                        "t/logging/network",
                        Access.scopes("logs:network:read"),
                        "listNetworkFlowLogs",
                        "The network flow logs of a time; 403 while they are switched off",
                        this::network),
                Operation.of(
                        29,
                        "GET",
                        STREAM + "/status",
                        read,
                        "getLogStreamingStatus",
                        "What a stream did",
                        this::status),
                Operation.of(30, "GET", STREAM, read, "getLogStreamingConfiguration", "Show a stream", this::get),
                Operation.of(31, "PUT", STREAM, write, "setLogStreamingConfiguration", "Set a stream", this::put),
                Operation.of(32, "DELETE", STREAM, write, "disableLogStreaming", "Delete a stream", this::delete),
                Operation.of(
                        33,
                        "POST",
                        "t/aws-external-id",
                        write,
                        "getAwsExternalId",
                        "An external id for a role in AWS",
                        this::awsId),
                Operation.of(
                        34,
                        "POST",
                        "t/aws-external-id/{id}/validate-aws-trust-policy",
                        write,
                        "validateAwsTrustPolicy",
                        "Not supported: this server has no access to AWS, answers 422",
                        call -> {
                            throw new ApiFailure(422, "this server has no access to AWS: the role cannot be checked");
                        }));
    }

    private static Instant time(ApiCall call, String name) {
        String text =
                call.query(name).orElseThrow(() -> ApiFailure.badRequest(name + ": is required, an RFC 3339 time"));
        try {
            return OffsetDateTime.parse(text.replace(' ', '+')).toInstant();
        } catch (DateTimeParseException e) {
            throw ApiFailure.badRequest(name + " \"" + text + "\": must be an RFC 3339 time");
        }
    }

    private HttpReply configuration(ApiCall call) throws SQLException {
        List<AuditLog.Entry> entries = audit.between(time(call, "start"), time(call, "end"));
        if (entries.size() > AuditLog.MAX_ENTRIES) {
            throw tooMuch(AuditLog.MAX_ENTRIES);
        }
        Map<String, List<String>> query = call.query();
        String domain = DnsSettings.of(call.image()).baseDomain();
        ObjectNode head = Replies.object().put("version", "1.1").put("tailnet", domain.isEmpty() ? "-" : domain);
        byte[] start = Replies.bytes(head);
        return logs(
                new String(start, 0, start.length - 1, StandardCharsets.UTF_8) + ",",
                entries.stream()
                        .filter(entry -> matches(entry, query))
                        .map(AuditLog.Entry::json)
                        .toList());
    }

    private static ApiFailure tooMuch(int entries) {
        return ApiFailure.badRequest(
                "the answer would have more than " + entries + " entries or be too long: ask for a shorter time");
    }

    /** Written by hand: entries are JSON already. */
    private static HttpReply logs(String head, List<String> entries) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes((head + "\"logs\":[").getBytes(StandardCharsets.UTF_8));
        for (int i = 0; i < entries.size(); i++) {
            if (i > 0) {
                out.write(',');
            }
            out.writeBytes(entries.get(i).getBytes(StandardCharsets.UTF_8));
        }
        out.writeBytes("]}".getBytes(StandardCharsets.UTF_8));
        return HttpReply.of(200, Replies.JSON_TYPE, out.toByteArray());
    }

    private static boolean matches(AuditLog.Entry entry, Map<String, List<String>> query) {
        List<String> actors = query.getOrDefault("actor", List.of());
        List<String> targets = query.getOrDefault("target", List.of());
        List<String> events = query.getOrDefault("event", List.of());
        String event = entry.targetType() + "." + entry.action();
        String precise = entry.property().isEmpty() ? event : event + "." + entry.property();
        return (actors.isEmpty() || actors.stream().anyMatch(actor -> isActor(entry, actor)))
                && (targets.isEmpty()
                        || targets.stream()
                                .anyMatch(target -> entry.targetId().contains(target)
                                        || entry.targetType().contains(target)
                                        || entry.json().contains("\"name\":\"" + target)))
                && (events.isEmpty()
                        || events.stream().anyMatch(wanted -> wanted.equals(event) || wanted.equals(precise)));
    }

    private static boolean isActor(AuditLog.Entry entry, String actor) {
        return actor.startsWith("~")
                ? entry.actorName()
                        .toLowerCase(Locale.ROOT)
                        .contains(actor.substring(1).toLowerCase(Locale.ROOT))
                : entry.actorId().equals(actor);
    }

    private HttpReply network(ApiCall call) throws SQLException {
        Instant start = time(call, "start");
        Instant end = time(call, "end");
        if (end.isBefore(start)) {
            throw ApiFailure.badRequest("end: is before start");
        }
        if (!TailnetSettings.of(call.image()).networkFlowLoggingOn()) {
            throw new ApiFailure(403, "network flow logging is switched off");
        }
        if (flowLog == null) {
            throw new ApiFailure(501, NO_FLOW_LOGS);
        }
        // logs must come first: Tailscale's client reads them as a stream
        return logs("{", flowLog.between(start, end).orElseThrow(() -> tooMuch(FlowLog.MAX_ENTRIES)));
    }

    private long last(String logType) throws SQLException {
        if (logType.equals(LogStream.CONFIGURATION)) {
            return audit.last();
        }
        return flowLog == null ? 0 : flowLog.last();
    }

    private static String logType(ApiCall call) {
        String type = call.variable("logType");
        if (!LogStream.LOG_TYPES.contains(type)) {
            throw ApiFailure.notFound("log type \"" + type + "\"");
        }
        return type;
    }

    private static LogStream stream(ApiCall call) {
        LogStream stream = LogStream.KIND.find(call.image(), logType(call));
        if (stream == null) {
            throw ApiFailure.notFound("log stream");
        }
        return stream;
    }

    private HttpReply status(ApiCall call) throws SQLException {
        LogStream unused = stream(call);
        LogStreamStatus status = states.status(logType(call));
        boolean hasNothing = flowLog == null && logType(call).equals(LogStream.NETWORK);
        Instant activity = status.lastActivity();
        return Replies.ok(Replies.object()
                .put("lastActivity", activity == null ? "0001-01-01T00:00:00Z" : Replies.time(activity))
                .put("lastError", hasNothing ? NO_FLOW_LOGS : status.lastError())
                .put("maxBodySize", 0)
                .put("numBytesSent", status.numBytesSent())
                .put("numEntriesSent", status.numEntriesSent())
                .put("numSpoofedEntries", status.numSpoofedEntries())
                .put("numTotalRequests", status.numTotalRequests())
                .put("numFailedRequests", status.numFailedRequests())
                .put("rateBytesSent", 0)
                .put("rateEntriesSent", 0)
                .put("rateTotalRequests", 0)
                .put("rateFailedRequests", 0));
    }

    private HttpReply get(ApiCall call) {
        LogStream stream = stream(call);
        ObjectNode json = Replies.object()
                .put("logType", logType(call))
                .put("destinationType", stream.destinationType())
                .put("url", stream.url())
                .put("user", stream.user())
                .put("compressionFormat", stream.compressionFormat());
        if (stream.uploadPeriodMinutes() != 0) {
            json.put("uploadPeriodMinutes", stream.uploadPeriodMinutes());
        }
        text(json, "s3Bucket", stream.s3Bucket());
        text(json, "s3Region", stream.s3Region());
        text(json, "s3KeyPrefix", stream.s3KeyPrefix());
        text(json, "s3AuthenticationType", stream.s3AuthenticationType());
        text(json, "s3AccessKeyId", stream.s3AccessKeyId());
        text(json, "s3RoleArn", stream.s3RoleArn());
        text(json, "s3ExternalId", stream.s3ExternalId());
        text(json, "gcsBucket", stream.gcsBucket());
        text(json, "gcsKeyPrefix", stream.gcsKeyPrefix());
        text(json, "gcsCredentials", stream.gcsCredentials());
        if (!stream.gcsScopes().isEmpty()) {
            json.set("gcsScopes", Replies.array(stream.gcsScopes()));
        }
        return Replies.ok(json);
    }

    private static void text(ObjectNode json, String name, String value) {
        if (!value.isEmpty()) {
            json.put(name, value);
        }
    }

    private HttpReply put(ApiCall call) throws SQLException {
        String type = logType(call);
        LogStream old = LogStream.KIND.find(call.image(), type);
        LogStream wanted = read(call.body(), old, last(type));
        LogStream unused = ApiCall.await(
                changelog.write((image, context) -> Decision.of(wanted, LogStream.KIND.put(type, wanted))));
        return Replies.done();
    }

    private LogStream read(Body body, @Nullable LogStream old, long last) {
        String destination = body.requiredText("destinationType");
        if (!LogStream.DESTINATIONS.contains(destination)) {
            throw ApiFailure.badRequest("destinationType \"" + destination + "\": must be one of "
                    + String.join(", ", LogStream.DESTINATIONS.stream().sorted().toList()));
        }
        String url = body.textOr("url", "");
        boolean stored = destination.equals("s3") || destination.equals("gcs");
        if (!url.isEmpty() || !stored) {
            http.problem(url).ifPresent(problem -> {
                throw ApiFailure.badRequest("url \"" + url + "\" " + problem);
            });
        }
        long period = body.integer("uploadPeriodMinutes").orElse(0L);
        if (period < 0 || period > MAX_PERIOD_MINUTES) {
            throw ApiFailure.badRequest("uploadPeriodMinutes " + period + ": must be 0 to " + MAX_PERIOD_MINUTES);
        }
        String compression = word(body, "compressionFormat", "none");
        if (!COMPRESSIONS.contains(compression)) {
            throw ApiFailure.badRequest("compressionFormat \"" + compression + "\": must be zstd, gzip or none");
        }
        String authentication = body.textOr("s3AuthenticationType", "");
        if (destination.equals("s3")) {
            String unused = body.requiredText("s3Bucket") + body.requiredText("s3Region");
            if (!authentication.equals("accesskey") && !authentication.equals("rolearn")) {
                throw ApiFailure.badRequest("s3AuthenticationType: must be accesskey or rolearn");
            }
        }
        return new LogStream(
                destination,
                url,
                word(body, "user", stored ? "" : "user"),
                sealed(body, "token", old == null ? "" : old.sealedToken()),
                Math.toIntExact(period),
                compression,
                body.textOr("s3Bucket", ""),
                body.textOr("s3Region", ""),
                body.textOr("s3KeyPrefix", ""),
                authentication,
                body.textOr("s3AccessKeyId", ""),
                sealed(body, "s3SecretAccessKey", old == null ? "" : old.sealedS3Secret()),
                body.textOr("s3RoleArn", ""),
                body.textOr("s3ExternalId", ""),
                body.textOr("gcsBucket", ""),
                body.textOr("gcsKeyPrefix", ""),
                body.texts("gcsScopes"),
                gcsCredentials(body),
                old == null ? last : old.since());
    }

    private static String word(Body body, String name, String absent) {
        return body.text(name).filter(text -> !text.isEmpty()).orElse(absent);
    }

    private String sealed(Body body, String name, String old) {
        return body.text(name)
                .filter(secret -> !secret.isEmpty())
                .map(sealer::sealText)
                .orElse(old);
    }

    /** Members in the order in which Tailscale writes them, as Go writes JSON. */
    private static String gcsCredentials(Body body) {
        Optional<String> text = body.text("gcsCredentials").filter(given -> !given.isEmpty());
        if (text.isEmpty()) {
            return "";
        }
        JsonNode given = Body.json(text.get().getBytes(StandardCharsets.UTF_8));
        ObjectNode ordered = ordered(given, GCS_MEMBERS);
        if (given.path("credential_source").isObject()) {
            ordered.set("credential_source", ordered(given.path("credential_source"), GCS_SOURCE_MEMBERS));
        }
        return ordered.toString()
                .replace("&", "\\u0026")
                .replace("<", "\\u003c")
                .replace(">", "\\u003e");
    }

    private static ObjectNode ordered(JsonNode given, List<String> members) {
        ObjectNode ordered = Replies.object();
        for (String member : members) {
            JsonNode value = given.get(member);
            if (value != null) {
                ordered.set(member, value);
            }
        }
        return ordered;
    }

    private HttpReply delete(ApiCall call) throws SQLException {
        String type = logType(call);
        LogStream there = stream(call);
        LogStream unused =
                ApiCall.await(changelog.write((image, context) -> Decision.of(there, LogStream.KIND.remove(type))));
        states.end(type);
        return Replies.done();
    }

    private HttpReply awsId(ApiCall call) {
        boolean reusable = call.http().body().length > 0 && call.body().flagOr("reusable", false);
        String fresh = UUID.randomUUID().toString();
        String id = ApiCall.await(changelog.write((image, context) -> {
            Optional<String> unused = AWS_IDS.all(image).entrySet().stream()
                    .filter(entry -> entry.getValue().reusable())
                    .map(Map.Entry::getKey)
                    .findFirst();
            return reusable && unused.isPresent()
                    ? Decision.unchanged(unused.get())
                    : Decision.of(fresh, AWS_IDS.put(fresh, new AwsId(reusable)));
        }));
        return Replies.ok(Replies.object().put("externalId", id).put("tailscaleAwsAccountId", "000000000000"));
    }
}
