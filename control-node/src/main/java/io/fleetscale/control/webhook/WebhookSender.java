package io.fleetscale.control.webhook;

import io.fleetscale.control.changelog.Changelog;
import io.fleetscale.control.outbound.OutboundHttp;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.function.BooleanSupplier;
import javax.sql.DataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.JsonNodeFactory;

/**
 * Sends what waits in the outbox. Any instance may send: each delivery is taken by one, and becomes due again when that one
 * dies. An endpoint that does not answer with 2xx is tried again after 5, 10, 20 seconds and so on up to an hour, for a day.
 * One thread.
 */
public final class WebhookSender implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(WebhookSender.class);
    private static final JsonMapper JSON = JsonMapper.shared();
    private static final Duration PAUSE = Duration.ofMillis(500);
    private static final Duration FIRST_RETRY = Duration.ofSeconds(5);
    private static final Duration MAX_RETRY = Duration.ofHours(1);
    private static final Duration GIVE_UP = Duration.ofHours(24);
    private static final int BATCH = 8;

    private final Changelog changelog;
    private final Webhooks webhooks;
    private final OutboundHttp http;
    private final DataSource source;
    private final BooleanSupplier mayAct;
    private final InstantSource clock;
    private final Thread thread;

    /** @param mayAct whether this instance is a living member; asked before each round */
    public WebhookSender(
            Changelog changelog,
            Webhooks webhooks,
            OutboundHttp http,
            DataSource source,
            BooleanSupplier mayAct,
            InstantSource clock) {
        this.changelog = changelog;
        this.webhooks = webhooks;
        this.http = http;
        this.source = source;
        this.mayAct = mayAct;
        this.clock = clock;
        this.thread = Thread.ofVirtual().name("webhooks").unstarted(this::run);
    }

    public void start() {
        thread.start();
    }

    private void run() {
        while (!Thread.currentThread().isInterrupted()) {
            try {
                boolean idle = !mayAct.getAsBoolean() || round() == 0;
                if (idle) {
                    Thread.sleep(PAUSE);
                }
            } catch (InterruptedException e) {
                return;
            } catch (SQLException e) {
                LOG.atDebug().setCause(e).log("the outbox of webhooks cannot be read now");
                pause();
            } catch (RuntimeException e) {
                LOG.atError().setCause(e).log("sending webhooks failed");
                pause();
            }
        }
    }

    private static void pause() {
        try {
            Thread.sleep(PAUSE.multipliedBy(4));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private int round() throws SQLException, InterruptedException {
        List<WebhookOutbox.Delivery> due = WebhookOutbox.take(source, clock.instant(), BATCH);
        for (WebhookOutbox.Delivery delivery : due) {
            deliver(delivery);
        }
        return due.size();
    }

    private void deliver(WebhookOutbox.Delivery delivery) throws SQLException, InterruptedException {
        Webhook webhook = Webhook.KIND.find(changelog.image(), delivery.endpoint());
        if (webhook == null) {
            WebhookOutbox.remove(source, delivery.id());
            return;
        }
        Instant now = clock.instant();
        String problem = send(webhook, delivery, now);
        if (problem.isEmpty()) {
            WebhookOutbox.remove(source, delivery.id());
            return;
        }
        boolean over = delivery.created().plus(GIVE_UP).isBefore(now);
        LOG.atWarn()
                .addKeyValue("webhook", delivery.endpoint())
                .addKeyValue("attempt", delivery.attempts())
                .addKeyValue("reason", problem)
                .log(over ? "a webhook was given up" : "a webhook was not delivered, trying again");
        if (over) {
            WebhookOutbox.remove(source, delivery.id());
        } else {
            WebhookOutbox.postpone(source, delivery.id(), now.plus(retryAfter(delivery.attempts())));
        }
    }

    static Duration retryAfter(int attempts) {
        Duration pause = FIRST_RETRY;
        for (int i = 1; i < attempts && pause.compareTo(MAX_RETRY) < 0; i++) {
            pause = pause.multipliedBy(2);
        }
        return pause.compareTo(MAX_RETRY) > 0 ? MAX_RETRY : pause;
    }

    /** What went wrong; empty: it was taken. */
    private String send(Webhook webhook, WebhookOutbox.Delivery delivery, Instant now) throws InterruptedException {
        String body = webhook.provider().isEmpty() ? delivery.body() : chat(webhook.provider(), delivery.body());
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(webhook.url()))
                .header("Content-Type", "application/json")
                .header("User-Agent", "fleetscale-webhook")
                .POST(HttpRequest.BodyPublishers.ofString(body));
        request.header(
                WebhookSignature.HEADER,
                WebhookSignature.of(now.getEpochSecond(), body, webhooks.secrets(webhook, now)));
        try {
            int status = http.send(request).status();
            return status / 100 == 2 ? "" : "the endpoint answers " + status;
        } catch (IOException e) {
            return String.valueOf(e.getMessage());
        }
    }

    /** The events as a message of a chat. */
    private static String chat(String provider, String events) {
        StringBuilder text = new StringBuilder();
        for (JsonNode event : JSON.readTree(events).values()) {
            text.append(text.isEmpty() ? "" : "\n")
                    .append(event.path("message").asString(""))
                    .append(" (")
                    .append(event.path("tailnet").asString(""))
                    .append(')');
        }
        String member = provider.equals("discord") ? "content" : "text";
        return JSON.writeValueAsString(JsonNodeFactory.instance.objectNode().put(member, text.toString()));
    }

    @Override
    public void close() {
        thread.interrupt();
    }
}
