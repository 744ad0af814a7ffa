package io.fleetscale.control.oidc;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetscale.config.OidcConfig;
import io.fleetscale.control.oidc.Admission.Verdict;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** F057 and F059 of the field cases. */
class AdmissionTest {
    private static final Admission ANYBODY = admission(List.of(), List.of(), List.of());
    private static final Admission DOMAIN = admission(List.of("example.com"), List.of(), List.of());

    private static Admission admission(List<String> domains, List<String> users, List<String> groups) {
        return new Admission(new OidcConfig.Allowed(domains, users, groups), true);
    }

    private static Identity identity(Map<String, Object> token, Map<String, Object> userInfo) {
        return Identity.merge("https://id.test", "s-1", token, userInfo, "groups", null);
    }

    @Test
    void anUnverifiedAddressIsNotStoredAndOpensNoDoor() {
        Identity mallory =
                identity(Map.of("email", "m@example.com", "email_verified", false, "groups", List.of("vpn")), Map.of());

        assertThat(admission(List.of(), List.of(), List.of("vpn")).judge(mallory))
                .isEqualTo(new Verdict.Admitted(""));
        assertThat(admission(List.of("example.com"), List.of(), List.of("vpn")).judge(mallory))
                .isEqualTo(new Verdict.Refused("Your e-mail address is not verified by the login service."));
        assertThat(new Admission(new OidcConfig.Allowed(List.of("example.com"), List.of(), List.of()), false)
                        .judge(mallory))
                .isEqualTo(new Verdict.Admitted("m@example.com"));
    }

    @Test
    void userInfoCompletesTheToken() {
        assertThat(DOMAIN.judge(identity(Map.of(), Map.of("email", "m@example.com", "email_verified", "true"))))
                .isEqualTo(new Verdict.Admitted("m@example.com"));
        assertThat(DOMAIN.judge(identity(Map.of("email", "m@example.com"), Map.of())))
                .isInstanceOf(Verdict.Refused.class);
        assertThat(DOMAIN.judge(identity(Map.of(), Map.of()))).isInstanceOf(Verdict.Refused.class);
    }

    /** Verified is the address that the same source names, never another one. */
    @Test
    void verificationBelongsToItsAddress() {
        Identity mixed =
                identity(Map.of("email", "own@evil.test", "email_verified", true), Map.of("email", "boss@example.com"));
        assertThat(mixed.email()).isEqualTo("boss@example.com");
        assertThat(mixed.emailVerified()).isFalse();
        assertThat(identity(Map.of("email", "boss@example.com"), Map.of("email_verified", true))
                        .emailVerified())
                .isTrue();
    }

    @Test
    void domainsCompareWithoutCaseAndAddressesMustBePlain() {
        assertThat(DOMAIN.judge(verified("x@EXAMPLE.com"))).isEqualTo(new Verdict.Admitted("x@EXAMPLE.com"));
        for (String bad :
                List.of("x@evil.example@example.com", "@example.com", "a b@example.com", "x@sub.example.com")) {
            assertThat(DOMAIN.judge(verified(bad))).as(bad).isInstanceOf(Verdict.Refused.class);
        }
        assertThat(ANYBODY.judge(verified("x@evil.example@example.com"))).isEqualTo(new Verdict.Admitted(""));
    }

    @Test
    void everyConfiguredFilterMustPass() {
        Admission both = admission(List.of("example.com"), List.of("a@example.com"), List.of());
        assertThat(both.judge(verified("A@example.com"))).isInstanceOf(Verdict.Admitted.class);
        assertThat(both.judge(verified("b@example.com")))
                .isEqualTo(new Verdict.Refused("Your e-mail address may not log in (allowed_users)."));
    }

    @Test
    void groupsCompareExactly() {
        Admission admins = admission(List.of(), List.of(), List.of("/vpn/admins"));
        assertThat(admins.judge(identity(Map.of("groups", "/vpn/admins"), Map.of())))
                .isInstanceOf(Verdict.Admitted.class);
        assertThat(admins.judge(identity(Map.of("groups", List.of("/vpn/admins", "x")), Map.of())))
                .isInstanceOf(Verdict.Admitted.class);
        Map<String, Object> nothing = new HashMap<>();
        nothing.put("groups", null);
        List<Map<String, Object>> strangers = new ArrayList<>(Arrays.asList(
                Map.of(), Map.of("groups", List.of("/VPN/admins")), nothing, Map.of("groups", List.of(1, 2))));
        for (Map<String, Object> claims : strangers) {
            assertThat(admins.judge(identity(claims, Map.of())))
                    .as(claims.toString())
                    .isEqualTo(new Verdict.Refused("You are in none of the groups that may log in (allowed_groups)."));
        }
        Identity namespaced = Identity.merge(
                "https://id.test",
                "s-1",
                Map.of("https://example.com/groups", List.of("/vpn/admins")),
                Map.of(),
                "https://example.com/groups",
                null);
        assertThat(admins.judge(namespaced)).isInstanceOf(Verdict.Admitted.class);
    }

    private static Identity verified(String email) {
        return identity(Map.of("email", email, "email_verified", true), Map.of());
    }
}
