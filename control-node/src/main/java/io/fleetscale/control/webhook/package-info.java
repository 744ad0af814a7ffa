/**
 * Webhooks: who is told of which events, the events that wait in the database, and the one sender that takes each. Starting
 * points: {@link io.fleetscale.control.webhook.Webhooks}, {@link io.fleetscale.control.webhook.WebhookOutbox}, {@link
 * io.fleetscale.control.webhook.WebhookSender}. Source: tailscale-api-v2 8.12.
 */
@NullMarked
package io.fleetscale.control.webhook;

import org.jspecify.annotations.NullMarked;
