package io.fleetscale.control.api.tailscale;

import io.fleetscale.control.frontdoor.http.HttpReply;
import io.fleetscale.control.tailnet.User;
import io.fleetscale.control.webhook.Webhook;
import io.fleetscale.control.webhook.Webhooks;
import java.sql.SQLException;
import java.util.List;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Webhooks. Source: tailscale-api-v2 7.9, 8.12. */
final class WebhookRoutes {
    private final Webhooks webhooks;

    WebhookRoutes(Webhooks webhooks) {
        this.webhooks = webhooks;
    }

    List<Operation> operations() {
        Access read = Access.scopes("webhooks:read");
        Access write = Access.scopes("webhooks");
        String one = "/webhooks/{endpointId}";
        return List.of(
                Operation.of(72, "GET", "t/webhooks", read, "listWebhooks", "List the webhooks", this::list),
                Operation.of(73, "POST", "t/webhooks", write, "createWebhook", "Create a webhook", this::create),
                Operation.of(74, "GET", one, read, "getWebhook", "Show a webhook", this::get),
                Operation.of(
                        75, "PATCH", one, write, "updateWebhook", "Change what a webhook is told of", this::update),
                Operation.of(76, "DELETE", one, write, "deleteWebhook", "Delete a webhook", this::delete),
                Operation.of(77, "POST", one + "/test", write, "testWebhook", "Send a test event", this::test),
                Operation.of(
                        78,
                        "POST",
                        one + "/rotate",
                        write,
                        "rotateWebhookSecret",
                        "Give a webhook another secret",
                        this::rotate));
    }

    private static ObjectNode json(String id, Webhook webhook) {
        ObjectNode json = Replies.object()
                .put("endpointId", id)
                .put("endpointUrl", webhook.url())
                .put("providerType", webhook.provider())
                .put("creatorLoginName", webhook.creator())
                .put("created", Replies.time(webhook.created()))
                .put("lastModified", Replies.time(webhook.lastModified()));
        json.set("subscriptions", Replies.array(webhook.subscriptions()));
        return json;
    }

    private static HttpReply shown(Webhooks.Shown shown) {
        ObjectNode json = json(shown.id(), shown.webhook());
        if (!shown.secret().isEmpty()) {
            json.put("secret", shown.secret());
        }
        return Replies.ok(json).withHeader("Cache-Control", "no-store");
    }

    private HttpReply list(ApiCall call) {
        ObjectNode body = Replies.object();
        ArrayNode list = body.putArray("webhooks");
        Webhook.KIND.all(call.image()).forEach((id, webhook) -> list.add(json(id, webhook)));
        return Replies.ok(body);
    }

    private HttpReply create(ApiCall call) {
        Body body = call.body();
        String creator = call.caller()
                .user()
                .map(call.image()::user)
                .map(User::loginName)
                .orElse("");
        return shown(ApiCall.await(webhooks.create(
                body.requiredText("endpointUrl"),
                body.textOr("providerType", ""),
                body.texts("subscriptions"),
                creator)));
    }

    private HttpReply get(ApiCall call) {
        String id = call.variable("endpointId");
        return Replies.ok(json(id, Webhooks.require(call.image(), id)));
    }

    private HttpReply update(ApiCall call) {
        return shown(ApiCall.await(
                webhooks.subscribe(call.variable("endpointId"), call.body().texts("subscriptions"))));
    }

    private HttpReply delete(ApiCall call) {
        Webhook unused = ApiCall.await(webhooks.delete(call.variable("endpointId")));
        return Replies.done();
    }

    private HttpReply test(ApiCall call) throws SQLException {
        webhooks.test(call.image(), call.variable("endpointId"), call.now());
        return Replies.json(202, Replies.object());
    }

    private HttpReply rotate(ApiCall call) {
        return shown(ApiCall.await(webhooks.rotate(call.variable("endpointId"))));
    }
}
