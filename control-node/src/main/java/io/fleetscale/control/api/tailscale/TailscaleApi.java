package io.fleetscale.control.api.tailscale;

import io.fleetscale.control.ControlException;
import io.fleetscale.control.ErrorCode;
import io.fleetscale.control.api.origin.AllowedOrigins;
import io.fleetscale.control.api.registry.CredentialKind;
import io.fleetscale.control.api.registry.RouteMatch;
import io.fleetscale.control.api.registry.RouteRegistry;
import io.fleetscale.control.changelog.Changelog;
import io.fleetscale.control.changelog.StaleReads;
import io.fleetscale.control.dns.DnsSettings;
import io.fleetscale.control.frontdoor.http.HttpCall;
import io.fleetscale.control.frontdoor.http.HttpReply;
import io.fleetscale.control.frontdoor.http.PathTable;
import io.fleetscale.control.frontdoor.http.RouteTable;
import io.fleetscale.control.tailnet.TailnetImage;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers {@code /api/v2}: finds the operation, then the caller, then whether the caller may. Whatever goes wrong is answered
 * with a JSON object that has a {@code message}. Runs on virtual threads; thread-safe. Source: tailscale-api-v2 3, 4, 6.10.
 */
public final class TailscaleApi {
    /** Where the API lies. */
    public static final String ROOT = "/api/v2";

    private static final Logger LOG = LoggerFactory.getLogger(TailscaleApi.class);
    private static final int MAX_BODY_BYTES = 1024 * 1024;
    private static final int MAX_POLICY_BYTES = 5 * 1024 * 1024;
    private static final int HEAD_LIMIT_SECONDS = 5;
    /** The administrator of this machine may everything. */
    private static final Caller LOCAL =
            new Caller(CredentialKind.LOCAL_SOCKET, "local", "", null, List.of("all"), List.of());

    private static final Caller NOBODY = new Caller(CredentialKind.LOCAL_SOCKET, "", "", null, List.of(), List.of());

    private final Changelog changelog;
    private final CallerCheck callers;
    private final RequestBudget budget;
    private final String tailnetId;
    private final InstantSource clock;
    private final RouteRegistry registry;
    private final Map<io.fleetscale.control.api.registry.Route, Operation> operations = new HashMap<>();
    private final List<Operation> ordered;

    /** @param tailnetId the name that never changes, for example {@code T1a2B3c4CNTRL} */
    TailscaleApi(
            Changelog changelog,
            CallerCheck callers,
            RequestBudget budget,
            List<Operation> operations,
            String tailnetId,
            InstantSource clock) {
        this.changelog = changelog;
        this.callers = callers;
        this.budget = budget;
        this.tailnetId = tailnetId;
        this.clock = clock;
        this.ordered = List.copyOf(operations);
        operations.forEach(operation -> this.operations.put(operation.route(), operation));
        this.registry =
                RouteRegistry.of(operations.stream().map(Operation::route).toList());
    }

    /** All operations, for descriptions and tests. */
    List<Operation> operations() {
        return ordered;
    }

    /**
     * Puts the API and its descriptions on the main listener.
     *
     * @param origins whose pages may call the API from a browser
     */
    public void register(RouteTable.Builder routes, String release, AllowedOrigins origins) {
        ApiDescription description = new ApiDescription(ordered, release);
        routes.route(
                        PathTable.ANY_METHOD,
                        ROOT,
                        origins.around(call -> description.atRoot(call).orElseGet(() -> handle(call))))
                .get(ROOT + "/openapi.json", call -> description.json())
                .get(ROOT + "/openapi.yaml", call -> description.yaml())
                .get(ROOT + "/openapi-3.0.json", call -> description.olderJson())
                .get(ROOT + "/openapi-3.0.yaml", call -> description.olderYaml())
                .get(ROOT + "/docs", call -> description.page())
                .route(PathTable.ANY_METHOD, ROOT + "/{path...}", MAX_POLICY_BYTES, origins.around(this::handle))
                .unmatched(ROOT + "/", (method, path, allowed) -> Replies.failure(404, "no such operation", null));
    }

    /** Answers a call of somebody who shows a credential. */
    public HttpReply handle(HttpCall call) {
        return handle(call, null);
    }

    /** Answers a call that came through the unix socket: nothing is asked there. */
    public HttpReply handleLocally(HttpCall call) {
        return handle(call, LOCAL);
    }

    /** @param known null: the credential tells */
    private HttpReply handle(HttpCall call, @Nullable Caller known) {
        if (!call.method().equals("GET")) {
            return judged(call, known);
        }
        StaleReads reads = new StaleReads();
        HttpReply reply = reads.call(() -> judged(call, known));
        OptionalLong version = reads.version();
        return version.isPresent() ? reply.withHeader(StaleReads.HEADER, Long.toString(version.getAsLong())) : reply;
    }

    private HttpReply judged(HttpCall call, @Nullable Caller known) {
        String requestId = UUID.randomUUID().toString();
        HttpReply reply;
        try {
            reply = answer(call, requestId, known);
        } catch (ApiFailure failure) {
            reply = Replies.failure(failure);
        } catch (ControlException refused) {
            reply = refused(call, refused);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            reply = Replies.failure(503, "the server is stopping", null);
        } catch (Exception e) {
            LOG.atError()
                    .addKeyValue("method", call.method())
                    .addKeyValue("request", requestId)
                    .setCause(e)
                    .log("a call of the API failed");
            reply = Replies.failure(500, "internal error, see the log of the server for " + requestId, null);
        }
        return reply.withHeader("X-Request-Id", requestId);
    }

    private static HttpReply refused(HttpCall call, ControlException refused) {
        // headscale's vague codes are refusals of what was asked for
        ErrorCode code = refused.precise();
        int status = code == ErrorCode.UNKNOWN ? 400 : code.httpStatus();
        if (status >= 500) {
            LOG.atWarn()
                    .addKeyValue("method", call.method())
                    .addKeyValue("reason", refused.detail())
                    .log("a call of the API failed");
        }
        HttpReply reply = Replies.failure(status, refused.detail(), null);
        return status == 503 ? reply.withHeader("Retry-After", "5") : reply;
    }

    private HttpReply answer(HttpCall call, String requestId, @Nullable Caller known) throws Exception {
        RouteMatch match = registry.match(call.method(), segments(call.path()));
        if (!(match instanceof RouteMatch.Found(var route, Map<String, String> variables))) {
            throw new ApiFailure(404, "no such operation: " + call.method() + " with this path");
        }
        Operation operation = operations.get(route);
        if (operation == null) {
            throw new IllegalStateException("no operation for " + route);
        }
        boolean policy = route.pattern().toString().contains("/acl");
        if (!policy && call.body().length > MAX_BODY_BYTES) {
            throw new ApiFailure(413, "the body is larger than " + MAX_BODY_BYTES + " bytes");
        }
        TailnetImage image = current();
        Instant now = clock.instant();
        if (operation.access().mode() == Access.Mode.OPEN) {
            return operation.handler().handle(new ApiCall(call, variables, NOBODY, image, now));
        }
        Caller caller = known == null ? callers.caller(call, image, now) : known;
        if (!budget.take(caller.credential())) {
            HttpReply reply = Replies.failure(
                    429,
                    "too many requests with this credential: at most " + RequestBudget.PER_SECOND + " a second",
                    null);
            return reply.withHeader("Retry-After", "1");
        }
        requireOwnTailnet(variables.get("tailnet"), image);
        String missing = operation.access().missing(caller.scopes());
        if (!missing.isEmpty()) {
            throw ApiFailure.missingScope(missing);
        }
        if (operation.access().mode() == Access.Mode.PERSON && !caller.isPerson()) {
            throw new ApiFailure(403, "only a person's access token can do this");
        }
        ApiCall complete = new ApiCall(call, variables, caller, image, now);
        return caller.actor(image, requestId)
                .<HttpReply, Exception>call(() -> operation.handler().handle(complete));
    }

    private void requireOwnTailnet(@Nullable String name, TailnetImage image) {
        if (name == null || name.equals("-") || name.equals("default") || name.equals(tailnetId)) {
            return;
        }
        String domain = DnsSettings.of(image).baseDomain();
        if (domain.isEmpty() || !name.equalsIgnoreCase(domain)) {
            throw ApiFailure.notFound("tailnet");
        }
    }

    private TailnetImage current() throws InterruptedException {
        CompletableFuture<TailnetImage> current = changelog.current();
        try {
            return current.get(HEAD_LIMIT_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof ControlException refused
                    ? refused
                    : new ControlException(ErrorCode.UNAVAILABLE, "the tailnet cannot be read now", e.getCause());
        } catch (TimeoutException e) {
            throw new ControlException(ErrorCode.UNAVAILABLE, "the tailnet cannot be read now", e);
        }
    }

    /** Decoded after splitting: names come percent-encoded. Source: tailscale-api-v2 2.3. */
    private static List<String> segments(String path) {
        List<String> segments = new ArrayList<>();
        for (String raw : path.substring(1).split("/", -1)) {
            segments.add(decoded(raw).orElseThrow(() -> ApiFailure.badRequest("the path is not percent-encoded well")));
        }
        return segments;
    }

    private static Optional<String> decoded(String raw) {
        try {
            return Optional.of(
                    raw.indexOf('%') < 0 ? raw : URLDecoder.decode(raw.replace("+", "%2B"), StandardCharsets.UTF_8));
        } catch (IllegalArgumentException malformed) {
            return Optional.empty();
        }
    }
}
