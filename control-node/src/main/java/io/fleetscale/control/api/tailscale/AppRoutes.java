package io.fleetscale.control.api.tailscale;

import io.fleetscale.control.frontdoor.http.HttpReply;
import io.fleetscale.control.oauthapp.OAuthApp;
import io.fleetscale.control.oauthapp.OAuthApps;
import java.util.List;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** OAuth apps. Source: tailscale-api-v2 7.11, 8.14. */
final class AppRoutes {
    private static final String ONE = "t/oauth-apps/{appId}";

    private final OAuthApps apps;

    AppRoutes(OAuthApps apps) {
        this.apps = apps;
    }

    List<Operation> operations() {
        Access read = Access.scopes("oauth_apps:read");
        Access write = Access.scopes("oauth_apps");
        return List.of(
                Operation.of(92, "GET", "t/oauth-apps", read, "listOAuthApps", "List the apps", this::list),
                Operation.of(93, "POST", "t/oauth-apps", write, "createOAuthApp", "Create an app", this::create),
                Operation.of(94, "GET", ONE, read, "getOAuthApp", "Show an app", this::get),
                Operation.of(95, "PUT", ONE, write, "updateOAuthApp", "Replace an app", this::update),
                Operation.of(96, "DELETE", ONE, write, "deleteOAuthApp", "Delete an app", this::delete));
    }

    private static ObjectNode json(String id, OAuthApp app) {
        ObjectNode json = Replies.object().put("id", id).put("name", app.name()).put("description", app.description());
        json.set("redirectURIs", Replies.array(app.redirectUris()));
        json.set("scopes", Replies.array(app.scopes()));
        json.set("allowedNodeAttributes", Replies.array(app.allowedNodeAttributes()));
        return json.put("created", Replies.time(app.created())).put("updated", Replies.time(app.updated()));
    }

    private static OAuthApps.Wanted wanted(ApiCall call) {
        Body body = call.body();
        List<String> attributes = body.texts("allowedNodeAttributes");
        if (body.has("allowedNodeAttributes")) {
            call.caller().require("devices:posture_attributes");
        }
        return new OAuthApps.Wanted(
                body.textOr("name", ""),
                body.textOr("description", ""),
                body.texts("redirectURIs"),
                body.texts("scopes"),
                attributes);
    }

    private HttpReply list(ApiCall call) {
        ObjectNode body = Replies.object();
        ArrayNode list = body.putArray("oauthApps");
        OAuthApp.KIND.all(call.image()).forEach((id, app) -> list.add(json(id, app)));
        return Replies.ok(body);
    }

    private HttpReply create(ApiCall call) {
        OAuthApps.Shown shown = ApiCall.await(apps.create(wanted(call)));
        ObjectNode json = json(shown.id(), shown.app()).put("clientSecret", shown.secret());
        return Replies.ok(json).withHeader("Cache-Control", "no-store");
    }

    private HttpReply get(ApiCall call) {
        String id = call.variable("appId");
        return Replies.ok(json(id, OAuthApps.require(call.image(), id)));
    }

    private HttpReply update(ApiCall call) {
        String id = call.variable("appId");
        return Replies.ok(json(id, ApiCall.await(apps.update(id, wanted(call))).app()));
    }

    private HttpReply delete(ApiCall call) {
        OAuthApp unused = ApiCall.await(apps.delete(call.variable("appId")));
        return Replies.done();
    }
}
