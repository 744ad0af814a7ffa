package io.fleetscale.control.oidc;

import io.fleetscale.config.OidcConfig;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * Who may log in: every configured filter must pass. An address counts only if the issuer has verified it, unless the
 * configuration does without. Pure. Source: headscale-surface 7.4 "Authorisation"; F057, F059 of the field cases.
 */
record Admission(OidcConfig.Allowed allowed, boolean emailVerifiedRequired) {

    /** The outcome. */
    sealed interface Verdict {
        /** @param email to store; empty when none is told or none is trusted */
        record Admitted(String email) implements Verdict {}

        /** @param hint names the filter that failed, and nothing else */
        record Refused(String hint) implements Verdict {}
    }

    Verdict judge(Identity identity) {
        if (!allowed.groups().isEmpty() && identity.groups().stream().noneMatch(allowed.groups()::contains)) {
            return new Verdict.Refused("You are in none of the groups that may log in (allowed_groups).");
        }
        boolean trusted = identity.emailVerified() || !emailVerifiedRequired;
        Optional<EmailAddress> address = EmailAddress.parse(identity.email());
        if (!allowed.domains().isEmpty() || !allowed.users().isEmpty()) {
            if (identity.email().isEmpty()) {
                return new Verdict.Refused("The login service told no e-mail address, and only some may log in.");
            }
            if (!trusted) {
                return new Verdict.Refused("Your e-mail address is not verified by the login service.");
            }
            if (address.isEmpty()) {
                return new Verdict.Refused("The login service told no valid e-mail address.");
            }
            if (!matches(allowed.domains(), address.get()::isIn)) {
                return new Verdict.Refused("The domain of your e-mail address may not log in (allowed_domains).");
            }
            if (!matches(allowed.users(), address.get().toString()::equalsIgnoreCase)) {
                return new Verdict.Refused("Your e-mail address may not log in (allowed_users).");
            }
        }
        return new Verdict.Admitted(
                trusted ? address.map(EmailAddress::toString).orElse("") : "");
    }

    private static boolean matches(List<String> filter, Predicate<String> passes) {
        return filter.isEmpty() || filter.stream().anyMatch(passes);
    }
}
