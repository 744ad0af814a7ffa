package io.fleetscale.control.api.tailscale;

import io.fleetscale.control.ControlException;
import io.fleetscale.control.access.Policies;
import io.fleetscale.control.frontdoor.http.HttpReply;
import io.fleetscale.control.policy.engine.PolicyEnvironment;
import io.fleetscale.control.policy.hujson.HujsonException;
import io.fleetscale.control.policy.hujson.HujsonReader;
import io.fleetscale.control.policy.language.PolicyDocument;
import io.fleetscale.control.policy.language.PolicyException;
import io.fleetscale.control.policy.language.PolicyLanguage;
import io.fleetscale.control.policy.test.PolicyCheck;
import io.fleetscale.control.policy.test.TestFailure;
import io.fleetscale.control.tailnet.Policy;
import io.fleetscale.control.tailnet.TailnetImage;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** The policy file. Source: tailscale-api-v2 7.6, 8.6. */
final class PolicyRoutes {
    /** What a tailnet has until somebody writes a policy, and again after an empty one was written. */
    static final String DEFAULT = """
            // The default policy of the tailnet: everybody may reach everything.
            {
            	"grants": [
            		{"src": ["*"], "dst": ["*"], "ip": ["*"]},
            	],
            }
            """;

    private static final String UNTOUCHED = "ts-default";
    private static final String HUJSON_TYPE = "application/hujson";
    private static final String ACL = "t/acl";

    private final Policies policies;
    private final PolicyEnvironment environment;
    private final PolicyLanguage language;

    PolicyRoutes(Policies policies, PolicyEnvironment environment) {
        this.policies = policies;
        this.language = policies.language();
        this.environment = environment;
    }

    List<Operation> operations() {
        Access read = Access.scopes("policy_file:read");
        return List.of(
                Operation.of(53, "GET", ACL, read, "getPolicyFile", "Show the policy", this::get),
                Operation.of(
                        54, "POST", ACL, Access.scopes("policy_file"), "setPolicyFile", "Set the policy", this::set),
                Operation.of(
                        55,
                        "POST",
                        ACL + "/preview",
                        read,
                        "previewRuleMatches",
                        "Show which rules of a policy concern a user or an address",
                        this::preview),
                Operation.of(
                        56,
                        "POST",
                        ACL + "/validate",
                        read,
                        "validateAndTestPolicyFile",
                        "Check a policy, or run tests against the one in force",
                        this::validate));
    }

    static String textOf(TailnetImage image) {
        return image.policy().map(Policy::text).orElse(DEFAULT);
    }

    private static boolean isDefault(Optional<String> text) {
        return text.isEmpty() || text.get().equals(DEFAULT);
    }

    /** Quoted SHA-256 of the text. */
    private static String etag(String text) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
            return "\"" + HexFormat.of().formatHex(digest) + "\"";
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    private HttpReply get(ApiCall call) {
        String text = textOf(call.image());
        String details = call.query("details").orElse("");
        if (details.equals("true") || details.equals("1")) {
            ObjectNode body = Replies.object()
                    .put("acl", Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8)));
            body.putArray("warnings");
            ArrayNode errors = body.putArray("errors");
            try {
                PolicyDocument unused = language.read(text);
            } catch (PolicyException e) {
                errors.add(e.located());
            }
            return Replies.ok(body).withHeader("ETag", etag(text));
        }
        return policy(call, text);
    }

    private static HttpReply policy(ApiCall call, String text) {
        String accept = call.http().header("Accept").orElse("");
        boolean json = accept.contains("application/json") && !accept.contains("hujson");
        HttpReply reply = json
                ? HttpReply.of(200, Replies.JSON_TYPE, standard(text).getBytes(StandardCharsets.UTF_8))
                : HttpReply.of(200, HUJSON_TYPE, text.getBytes(StandardCharsets.UTF_8));
        return reply.withHeader("ETag", etag(text));
    }

    private static String standard(String text) {
        try {
            return HujsonReader.isBlank(text) ? "{}" : HujsonReader.read(text).toStandardJson();
        } catch (HujsonException e) {
            throw new ApiFailure(400, "the policy is not valid HuJSON: " + e.getMessage());
        }
    }

    private HttpReply set(ApiCall call) {
        String given = call.http().bodyText();
        String text = given.isBlank() ? DEFAULT : given;
        String expected = call.http().header("If-Match").map(String::strip).orElse("");
        Policies.Replaced replaced;
        try {
            replaced = ApiCall.await(policies.replace(text, present -> isExpected(expected, present), Rehearsal::of));
        } catch (ControlException refused) {
            throw new ApiFailure(400, reason(refused), failuresOf(text, call.image()));
        }
        return switch (replaced) {
            case Policies.Replaced.Done ignored -> policy(call, text);
            case Policies.Replaced.Stale ignored ->
                throw new ApiFailure(412, "precondition failed, the policy was changed meanwhile");
        };
    }

    private static boolean isExpected(String ifMatch, Optional<String> present) {
        if (ifMatch.isEmpty() || ifMatch.equals("*")) {
            return true;
        }
        if (ifMatch.equals("\"" + UNTOUCHED + "\"") || ifMatch.equals(UNTOUCHED)) {
            return isDefault(present);
        }
        String tag = etag(present.orElse(DEFAULT));
        return ifMatch.equals(tag) || ("\"" + ifMatch + "\"").equals(tag);
    }

    /** Without the words that headscale puts before it. */
    private static String reason(ControlException refused) {
        String text = refused.detail();
        for (String prefix :
                List.of("setting policy: ", "parsing policy: ", "parsing HuJSON: ", "parsing policy from bytes: ")) {
            text = text.startsWith(prefix) ? text.substring(prefix.length()) : text;
        }
        return text;
    }

    private @Nullable JsonNode failuresOf(String text, TailnetImage image) {
        try {
            PolicyDocument document = language.read(text);
            List<TestFailure> failures =
                    new PolicyCheck(document, Rehearsal.of(image, document), environment).failures();
            return failures.isEmpty() ? null : json(failures);
        } catch (PolicyException unreadable) {
            return null;
        }
    }

    private static ArrayNode json(List<TestFailure> failures) {
        ArrayNode data = Replies.array();
        failures.forEach(failure ->
                data.addObject().put("user", failure.source()).set("errors", Replies.array(failure.errors())));
        return data;
    }

    private HttpReply validate(ApiCall call) {
        String given = call.http().bodyText();
        try {
            String text = given.stripLeading().startsWith("[") ? withTests(textOf(call.image()), given) : given;
            PolicyDocument document = language.read(text);
            PolicyCheck check = new PolicyCheck(document, Rehearsal.of(call.image(), document), environment);
            check.requireOwnDomains();
            List<TestFailure> failures = check.failures();
            return failures.isEmpty() ? Replies.done() : Replies.failure(200, TestFailure.MESSAGE, json(failures));
        } catch (PolicyException e) {
            throw ApiFailure.badRequest(e.located());
        }
    }

    /** The policy with these tests in the place of its own. */
    private static String withTests(String policy, String tests) {
        Body body = Body.object(standard(policy).getBytes(StandardCharsets.UTF_8));
        ObjectNode changed = Replies.object();
        body.members().forEach(member -> {
            if (!member.getKey().equalsIgnoreCase("tests") && !member.getKey().equalsIgnoreCase("sshTests")) {
                changed.set(member.getKey(), member.getValue());
            }
        });
        changed.set("tests", Body.json(standard(tests).getBytes(StandardCharsets.UTF_8)));
        return changed.toString();
    }

    private HttpReply preview(ApiCall call) {
        String type = call.query("type").orElse("");
        String target = call.query("previewFor").orElse("");
        if (target.isEmpty() || !type.equals("user") && !type.equals("ipport")) {
            throw ApiFailure.badRequest("type must be user or ipport, and previewFor must say for whom");
        }
        PolicyDocument document;
        try {
            document = language.read(call.http().bodyText());
        } catch (PolicyException e) {
            throw ApiFailure.badRequest(e.located());
        }
        RulePreview preview = new RulePreview(document, call.image(), environment);
        ObjectNode body = Replies.object();
        ArrayNode matches = body.putArray("matches");
        for (RulePreview.Match match : type.equals("user") ? preview.ofUser(target) : preview.ofAddress(target)) {
            ObjectNode one = matches.addObject();
            one.set("users", Replies.array(match.users()));
            one.set("ports", Replies.array(match.ports()));
            one.put("lineNumber", match.line());
        }
        return Replies.ok(body.put("type", type).put("previewFor", target));
    }
}
