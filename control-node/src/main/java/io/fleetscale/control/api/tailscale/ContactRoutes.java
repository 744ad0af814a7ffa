package io.fleetscale.control.api.tailscale;

import io.fleetscale.control.changelog.Changelog;
import io.fleetscale.control.changelog.Decision;
import io.fleetscale.control.frontdoor.http.HttpReply;
import io.fleetscale.control.tailnet.ResourceKind;
import io.fleetscale.control.tailnet.TailnetImage;
import java.util.List;
import java.util.regex.Pattern;
import tools.jackson.databind.node.ObjectNode;

/** Whom to write to about the tailnet. Source: tailscale-api-v2 8.9. */
final class ContactRoutes {
    private static final ResourceKind<Contact> KIND = ResourceKind.of("contact", Contact.class);
    private static final List<String> TYPES = List.of("account", "support", "security");
    private static final Pattern EMAIL = Pattern.compile("[^\\s@<>\"]{1,64}@[^\\s@<>\"]{1,189}");
    private static final String ONE = "t/contacts/{contactType}";

    private final Changelog changelog;

    ContactRoutes(Changelog changelog) {
        this.changelog = changelog;
    }

    /** @param fallbackEmail the address before, until this one is verified */
    private record Contact(String email, String fallbackEmail, boolean needsVerification) {
        private static final Contact NONE = new Contact("", "", false);
    }

    List<Operation> operations() {
        Access write = Access.scopes("account_settings");
        return List.of(
                Operation.of(
                        69,
                        "GET",
                        "t/contacts",
                        Access.scopes("account_settings:read"),
                        "getContacts",
                        "Show the contacts",
                        this::get),
                Operation.of(70, "PATCH", ONE, write, "updateContact", "Change a contact", this::update),
                Operation.of(
                        71,
                        "POST",
                        ONE + "/resend-verification-email",
                        write,
                        "resendContactVerificationEmail",
                        "Ask again for the verification of a contact",
                        this::resend));
    }

    private static Contact contact(TailnetImage image, String type) {
        Contact contact = KIND.find(image, type);
        return contact == null ? Contact.NONE : contact;
    }

    private static String type(ApiCall call) {
        String type = call.variable("contactType");
        if (!TYPES.contains(type)) {
            throw ApiFailure.notFound("contact \"" + type + "\"");
        }
        return type;
    }

    private HttpReply get(ApiCall call) {
        ObjectNode body = Replies.object();
        for (String type : TYPES) {
            Contact contact = contact(call.image(), type);
            ObjectNode one = body.putObject(type).put("email", contact.email());
            if (!contact.fallbackEmail().isEmpty()) {
                one.put("fallbackEmail", contact.fallbackEmail());
            }
            one.put("needsVerification", contact.needsVerification());
        }
        return Replies.ok(body);
    }

    private HttpReply update(ApiCall call) {
        String type = type(call);
        String email = call.body().requiredText("email");
        if (!EMAIL.matcher(email).matches()) {
            throw ApiFailure.badRequest("email \"" + email + "\": is not an e-mail address");
        }
        Contact unused = ApiCall.await(changelog.write((image, context) -> {
            Contact old = contact(image, type);
            if (old.email().equals(email)) {
                return Decision.unchanged(old);
            }
            String fallback = old.needsVerification() ? old.fallbackEmail() : old.email();
            Contact changed = new Contact(email, fallback, true);
            return Decision.of(changed, KIND.put(type, changed));
        }));
        return Replies.done();
    }

    private HttpReply resend(ApiCall call) {
        String type = type(call);
        if (!contact(call.image(), type).needsVerification()) {
            throw ApiFailure.badRequest("contact " + type + ": nothing is to be verified");
        }
        throw new ApiFailure(501, "this server sends no mail: contacts are not verified");
    }
}
