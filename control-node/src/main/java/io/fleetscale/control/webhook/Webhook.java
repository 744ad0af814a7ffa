package io.fleetscale.control.webhook;

import io.fleetscale.control.tailnet.ResourceKind;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An endpoint that is told of events.
 *
 * @param provider empty: Tailscale's own form; else whose chat message is sent
 * @param sealedSecret opens with the server's key: deliveries are signed with it
 * @param formerSecret sealed, still signed with until {@code formerUntil}; absent: none
 */
public record Webhook(
        String url,
        String provider,
        String creator,
        Instant created,
        Instant lastModified,
        List<String> subscriptions,
        String sealedSecret,
        @Nullable String formerSecret,
        @Nullable Instant formerUntil) {
    public static final ResourceKind<Webhook> KIND = ResourceKind.of("webhook", Webhook.class);

    public Webhook {
        subscriptions = List.copyOf(subscriptions);
    }

    /** Whether it wants events of this type. */
    boolean wants(String type) {
        return subscriptions.stream()
                .anyMatch(subscription -> subscription.equals(type)
                        || WebhookEvents.CATEGORIES
                                .getOrDefault(subscription, List.of())
                                .contains(type));
    }

    @Override
    public String toString() {
        return "Webhook[" + provider + " " + subscriptions + "]";
    }
}
