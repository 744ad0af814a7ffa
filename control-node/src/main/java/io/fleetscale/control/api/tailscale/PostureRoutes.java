package io.fleetscale.control.api.tailscale;

import io.fleetscale.control.changelog.Changelog;
import io.fleetscale.control.changelog.Decision;
import io.fleetscale.control.frontdoor.http.HttpReply;
import io.fleetscale.control.secret.RandomText;
import io.fleetscale.control.secret.Sealer;
import io.fleetscale.control.tailnet.ResourceKind;
import io.fleetscale.control.tailnet.TailnetImage;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Integrations with vendors of posture data. They are kept and checked; nothing is fetched from the vendors, which the status
 * says. Source: tailscale-api-v2 7.7, 8.11.
 */
final class PostureRoutes {
    private static final ResourceKind<Integration> KIND = ResourceKind.of("posture-integration", Integration.class);
    private static final Pattern FQDN = Pattern.compile("[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?");
    private static final String ONE = "/posture/integrations/{id}";
    private static final int ID_RANDOM = 12;
    private static final int MAX_TEXT = 1024;

    /** What {@code cloudId} may be; providers that are not here take a host name, or nothing. */
    private static final Map<String, Set<String>> CLOUDS = Map.of(
            "falcon", Set.of("us-1", "us-2", "eu-1", "us-gov"),
            "intune", Set.of("global", "us-gov"));

    private static final Set<String> HOSTED = Set.of("jamfpro", "kandji", "sentinelone", "fleet");
    private static final Set<String> PROVIDERS =
            Set.of("falcon", "intune", "jamfpro", "kandji", "kolide", "sentinelone", "fleet", "huntress");

    private final Changelog changelog;
    private final Sealer sealer;

    PostureRoutes(Changelog changelog, Sealer sealer) {
        this.changelog = changelog;
        this.sealer = sealer;
    }

    private record Integration(
            String provider,
            String cloudId,
            String clientId,
            String tenantId,
            String sealedSecret,
            Instant configUpdated) {
        @Override
        public String toString() {
            return "Integration[" + provider + "]";
        }
    }

    List<Operation> operations() {
        Access read = Access.scopes("feature_settings:read");
        Access write = Access.scopes("feature_settings");
        return List.of(
                Operation.of(
                        57,
                        "GET",
                        "t/posture/integrations",
                        read,
                        "getPostureIntegrations",
                        "List the integrations",
                        this::list),
                Operation.of(
                        58,
                        "POST",
                        "t/posture/integrations",
                        write,
                        "createPostureIntegration",
                        "Create an integration",
                        this::create),
                Operation.of(59, "GET", ONE, read, "getPostureIntegration", "Show an integration", this::get),
                Operation.of(
                        60, "PATCH", ONE, write, "updatePostureIntegration", "Change an integration", this::update),
                Operation.of(
                        61, "DELETE", ONE, write, "deletePostureIntegration", "Delete an integration", this::delete));
    }

    private static Integration require(TailnetImage image, String id) {
        Integration found = KIND.find(image, id);
        if (found == null) {
            throw ApiFailure.notFound("posture integration");
        }
        return found;
    }

    private static ObjectNode json(String id, Integration integration) {
        ObjectNode json = Replies.object()
                .put("id", id)
                .put("provider", integration.provider())
                .put("cloudId", integration.cloudId())
                .put("clientId", integration.clientId())
                .put("tenantId", integration.tenantId())
                .put("configUpdated", Replies.time(integration.configUpdated()));
        json.putObject("status")
                .put("lastSync", "0001-01-01T00:00:00Z")
                .put("error", "not synchronised: this server does not ask the provider")
                .put("providerHostCount", 0)
                .put("matchedCount", 0)
                .put("possibleMatchedCount", 0);
        return json;
    }

    private HttpReply list(ApiCall call) {
        ObjectNode body = Replies.object();
        ArrayNode list = body.putArray("integrations");
        KIND.all(call.image()).forEach((id, integration) -> list.add(json(id, integration)));
        return Replies.ok(body);
    }

    private HttpReply get(ApiCall call) {
        String id = call.variable("id");
        return Replies.ok(json(id, require(call.image(), id)));
    }

    private static void check(Integration integration) {
        Set<String> clouds = CLOUDS.get(integration.provider());
        String cloud = integration.cloudId();
        if (clouds != null && !clouds.contains(cloud)) {
            throw ApiFailure.badRequest("cloudId \"" + cloud + "\": must be one of "
                    + String.join(", ", clouds.stream().sorted().toList()));
        }
        if (HOSTED.contains(integration.provider()) && !FQDN.matcher(cloud).matches()) {
            throw ApiFailure.badRequest("cloudId \"" + cloud + "\": must be the host name of the provider's server");
        }
        for (String text : List.of(cloud, integration.clientId(), integration.tenantId())) {
            if (text.length() > MAX_TEXT) {
                throw ApiFailure.badRequest("cloudId, clientId and tenantId have at most " + MAX_TEXT + " characters");
            }
        }
    }

    private HttpReply create(ApiCall call) {
        Body body = call.body();
        String provider = body.requiredText("provider");
        if (!PROVIDERS.contains(provider)) {
            throw ApiFailure.badRequest("provider \"" + provider + "\": must be one of "
                    + String.join(", ", PROVIDERS.stream().sorted().toList()));
        }
        String sealed = sealer.sealText(body.requiredText("clientSecret"));
        Integration wanted = new Integration(
                provider,
                body.textOr("cloudId", ""),
                body.textOr("clientId", ""),
                body.textOr("tenantId", ""),
                sealed,
                call.now());
        check(wanted);
        String id = ApiCall.await(changelog.write((image, context) -> {
            boolean there = KIND.all(image).values().stream()
                    .anyMatch(other -> other.provider().equals(provider));
            if (there) {
                throw new io.fleetscale.control.ControlException(
                        io.fleetscale.control.ErrorCode.ALREADY_EXISTS,
                        "there is an integration with " + provider + " already");
            }
            String newId = "p" + RandomText.alphanumeric(context.random(), ID_RANDOM) + "CNTRL";
            return Decision.of(newId, KIND.put(newId, wanted));
        }));
        return Replies.ok(json(id, wanted));
    }

    /** The provider stays; members that are not given stay, the secret too. */
    private HttpReply update(ApiCall call) {
        String id = call.variable("id");
        Body body = call.body();
        String sealed = body.text("clientSecret")
                .filter(secret -> !secret.isEmpty())
                .map(sealer::sealText)
                .orElse("");
        Integration unused = require(call.image(), id);
        Integration changed = ApiCall.await(changelog.write((image, context) -> {
            Integration old = require(image, id);
            Integration next = new Integration(
                    old.provider(),
                    body.textOr("cloudId", old.cloudId()),
                    body.textOr("clientId", old.clientId()),
                    body.textOr("tenantId", old.tenantId()),
                    sealed.isEmpty() ? old.sealedSecret() : sealed,
                    context.now());
            return Decision.of(next, KIND.put(id, next));
        }));
        check(changed);
        return Replies.ok(json(id, changed));
    }

    private HttpReply delete(ApiCall call) {
        String id = call.variable("id");
        Integration there = require(call.image(), id);
        Integration unused = ApiCall.await(changelog.write((image, context) -> Decision.of(there, KIND.remove(id))));
        return Replies.done();
    }
}
