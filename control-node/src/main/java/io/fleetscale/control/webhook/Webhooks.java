package io.fleetscale.control.webhook;

import io.fleetscale.control.ControlException;
import io.fleetscale.control.ErrorCode;
import io.fleetscale.control.changelog.Changelog;
import io.fleetscale.control.changelog.Decision;
import io.fleetscale.control.changelog.DecisionContext;
import io.fleetscale.control.outbound.OutboundHttp;
import io.fleetscale.control.secret.RandomText;
import io.fleetscale.control.secret.Sealer;
import io.fleetscale.control.tailnet.TailnetImage;
import io.fleetscale.control.trust.TrustText;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiFunction;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * Webhooks as administrators handle them. Thread-safe. Futures fail with INVALID_ARGUMENT for a refused value and NOT_FOUND for
 * an unknown endpoint.
 */
public final class Webhooks {
    /** How long deliveries are signed with the former secret too after a change. */
    private static final Duration BOTH_SECRETS = Duration.ofHours(1);

    private static final int SECRET_LENGTH = 32;
    private static final int MAX_WEBHOOKS = 100;
    private static final Set<String> PROVIDERS = Set.of("", "slack", "mattermost", "googlechat", "discord");

    private final Changelog changelog;
    private final Sealer sealer;
    private final OutboundHttp http;
    private final DataSource source;

    public Webhooks(Changelog changelog, Sealer sealer, OutboundHttp http, DataSource source) {
        this.changelog = changelog;
        this.sealer = sealer;
        this.http = http;
        this.source = source;
    }

    /**
     * A webhook.
     *
     * @param secret of a new one, or a new secret; else empty
     */
    public record Shown(String id, Webhook webhook, String secret) {
        @Override
        public String toString() {
            return "Shown[" + id + "]";
        }
    }

    public CompletableFuture<Shown> create(String url, String provider, List<String> subscriptions, String creator) {
        return changelog.write((image, context) -> {
            http.problem(url).ifPresent(problem -> {
                throw invalid("endpointUrl \"" + url + "\" " + problem);
            });
            if (!PROVIDERS.contains(provider)) {
                throw invalid(
                        "providerType \"" + provider + "\": must be empty, slack, mattermost, googlechat or discord");
            }
            check(subscriptions);
            if (image.resources(Webhook.KIND.name()).size() >= MAX_WEBHOOKS) {
                throw new ControlException(
                        ErrorCode.RESOURCE_EXHAUSTED, "at most " + MAX_WEBHOOKS + " webhooks: delete one first");
            }
            String id = TrustText.newId(context.random());
            String secret = newSecret(context);
            Instant now = context.now().truncatedTo(ChronoUnit.SECONDS);
            Webhook webhook =
                    new Webhook(url, provider, creator, now, now, subscriptions, sealer.sealText(secret), null, null);
            return Decision.of(new Shown(id, webhook, secret), Webhook.KIND.put(id, webhook));
        });
    }

    public CompletableFuture<Shown> subscribe(String id, List<String> subscriptions) {
        return write(id, (webhook, context) -> {
            check(subscriptions);
            return new Shown(
                    id,
                    new Webhook(
                            webhook.url(),
                            webhook.provider(),
                            webhook.creator(),
                            webhook.created(),
                            context.now().truncatedTo(ChronoUnit.SECONDS),
                            subscriptions,
                            webhook.sealedSecret(),
                            webhook.formerSecret(),
                            webhook.formerUntil()),
                    "");
        });
    }

    /** Gives it another secret; for an hour deliveries are signed with both. */
    public CompletableFuture<Shown> rotate(String id) {
        return write(id, (webhook, context) -> {
            String secret = newSecret(context);
            Instant now = context.now().truncatedTo(ChronoUnit.SECONDS);
            return new Shown(
                    id,
                    new Webhook(
                            webhook.url(),
                            webhook.provider(),
                            webhook.creator(),
                            webhook.created(),
                            now,
                            webhook.subscriptions(),
                            sealer.sealText(secret),
                            webhook.sealedSecret(),
                            now.plus(BOTH_SECRETS)),
                    secret);
        });
    }

    public CompletableFuture<Webhook> delete(String id) {
        return changelog.write((image, context) -> {
            Webhook webhook = require(image, id);
            return Decision.of(webhook, Webhook.KIND.remove(id));
        });
    }

    /** Sends it a test event, in its turn. */
    public void test(TailnetImage image, String id, Instant now) throws SQLException {
        Webhook unused = require(image, id);
        WebhookOutbox.add(source, id, WebhookOutbox.body(image, now, "test", "This is a test event", Map.of()), now);
    }

    public static Webhook require(TailnetImage image, String id) {
        Webhook webhook = Webhook.KIND.find(image, id);
        if (webhook == null) {
            throw new ControlException(ErrorCode.NOT_FOUND, "webhook " + id + " not found");
        }
        return webhook;
    }

    private CompletableFuture<Shown> write(String id, BiFunction<Webhook, DecisionContext, Shown> edit) {
        return changelog.write((image, context) -> {
            Shown changed = edit.apply(require(image, id), context);
            return Decision.of(changed, Webhook.KIND.put(id, changed.webhook()));
        });
    }

    private static String newSecret(DecisionContext context) {
        return "tskey-webhook-" + RandomText.alphanumeric(context.random(), SECRET_LENGTH);
    }

    private static void check(List<String> subscriptions) {
        for (String subscription : subscriptions) {
            if (!WebhookEvents.SUBSCRIPTIONS.contains(subscription)) {
                throw invalid("subscriptions: unknown event \"" + subscription + "\"");
            }
        }
    }

    private static ControlException invalid(String detail) {
        return new ControlException(ErrorCode.INVALID_ARGUMENT, detail);
    }

    /** The secrets that a delivery is signed with now. */
    List<String> secrets(Webhook webhook, Instant now) {
        String present = sealer.openText(webhook.sealedSecret()).orElse("");
        String former = former(webhook, now);
        return former == null ? List.of(present) : List.of(present, former);
    }

    private @Nullable String former(Webhook webhook, Instant now) {
        String sealed = webhook.formerSecret();
        Instant until = webhook.formerUntil();
        return sealed == null || until == null || !until.isAfter(now)
                ? null
                : sealer.openText(sealed).orElse(null);
    }
}
