package io.fleetscale.control.policy.language;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fleetscale.config.PolicyFeature;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Each feature can be switched off alone. Source: policy 9. */
class PolicyLanguageTest {
    private static final Map<PolicyFeature, String> USES = Map.of(
            PolicyFeature.POSTURES, "\"postures\": {\"posture:x\": [\"node:os == 'linux'\"]}",
            PolicyFeature.IP_SETS, "\"ipsets\": {\"ipset:x\": [\"192.0.2.0/24\"]}",
            PolicyFeature.ROLES,
                    "\"acls\": [\n{\"action\": \"accept\", \"src\": [\"autogroup:admin\"], \"dst\": [\"*:*\"]}]",
            PolicyFeature.SERVICES, "\"grants\": [\n{\"src\": [\"*\"], \"dst\": [\"svc:web\"], \"ip\": [\"*\"]}]",
            PolicyFeature.APP_CONNECTORS,
                    "\"nodeAttrs\": [\n{\"target\": [\"*\"], \"app\": {\"tailscale.com/app-connectors\": []}}]",
            PolicyFeature.FUNNEL, "\"nodeAttrs\": [\n{\"target\": [\"*\"], \"attr\": [\"funnel\"]}]",
            PolicyFeature.IP_POOLS, "\"nodeAttrs\": [\n{\"target\": [\"*\"], \"ipPool\": [\"100.81.0.0/16\"]}]",
            PolicyFeature.DERP_MAP, "\"derpMap\": {\"Regions\": {\"1\": null}}",
            PolicyFeature.TAILNET_OPTIONS, "\"OneCGNATRoute\": \"mac-always\"",
            PolicyFeature.SSH_RECORDING,
                    "\"tagOwners\": {\"tag:r\": []}, \"ssh\": [\n{\"action\": \"accept\", \"src\": [\"a@b.c\"], "
                            + "\"dst\": [\"autogroup:self\"], \"users\": [\"root\"], \"recorder\": [\"tag:r\"]}]");

    @ParameterizedTest
    @EnumSource(PolicyFeature.class)
    void aPolicyThatUsesWhatIsOffIsRefused(PolicyFeature feature) throws PolicyException {
        String policy = "{" + USES.get(feature) + "}";
        assertThat(PolicyLanguage.WHOLE.read(policy)).isNotNull();
        Set<PolicyFeature> alone = EnumSet.of(feature);
        assertThat(new PolicyLanguage(alone).read(policy)).isNotNull();
        assertThatThrownBy(() -> PolicyLanguage.without(List.of(feature)).read(policy))
                .isInstanceOf(PolicyException.class)
                .hasMessageContaining("switched off on this server by " + feature.key());
    }

    @Test
    void withoutFeaturesRulesRemain() throws PolicyException {
        PolicyLanguage bare = new PolicyLanguage(Set.of());
        assertThat(bare.read(
                                "{\"acls\": [{\"action\": \"accept\", \"src\": [\"autogroup:member\"], \"dst\": [\"*:22\"]}]}")
                        .acls())
                .hasSize(1);
    }

    @Test
    void aDerpMapIsReadWithThePolicy() {
        assertThatThrownBy(() -> PolicyReader.read("{\n\"derpMap\": {\"Regions\": {\"0\": {}}}}"))
                .hasMessageContaining("derpMap of the policy: region 0: region ids must be 1 to 65535");
    }
}
