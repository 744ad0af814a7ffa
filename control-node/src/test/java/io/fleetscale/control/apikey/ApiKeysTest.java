package io.fleetscale.control.apikey;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fleetscale.control.tailnet.ApiKey;
import io.fleetscale.control.testing.TestTailnet;
import org.junit.jupiter.api.Test;

class ApiKeysTest {
    private final TestTailnet tailnet = TestTailnet.create();
    private final ApiKeys keys = new ApiKeys(tailnet, TestTailnet.MAC);

    @Test
    void makesAKeyThatIsNotStored() {
        CreatedApiKey created = TestTailnet.get(keys.create(tailnet.now().plusSeconds(60)));
        assertThat(created.text()).matches("hskey-api-[A-Za-z0-9_-]{12}-[A-Za-z0-9_-]{64}");
        String secret = created.text().substring("hskey-api-".length() + 13);
        assertThat(TestTailnet.MAC.matches(secret, created.key().secretMac())).isTrue();
        assertThat(created.toString() + created.key()).doesNotContain(secret);
        assertThat(TestTailnet.get(keys.create(null)).key().isExpired(tailnet.now()))
                .isTrue();
    }

    @Test
    void isNamedByNumberOrByAnyFormOfItsPrefix() {
        CreatedApiKey created = TestTailnet.get(keys.create(tailnet.now().plusSeconds(60)));
        ApiKey key = created.key();
        for (String form : new String[] {key.prefix(), created.text(), key.masked()}) {
            assertThat(TestTailnet.get(keys.expire(new ApiKeySelector(0, form))).isExpired(tailnet.now()))
                    .isTrue();
        }
        assertThatThrownBy(() -> TestTailnet.get(keys.expire(new ApiKeySelector(1, key.prefix()))))
                .hasMessage("provide either id or prefix, not both");
        assertThatThrownBy(() -> TestTailnet.get(keys.expire(new ApiKeySelector(0, ""))))
                .hasMessage("must provide id or prefix");
        TestTailnet.get(keys.delete(new ApiKeySelector(1, "")));
        assertThatThrownBy(() -> TestTailnet.get(keys.delete(new ApiKeySelector(1, ""))))
                .hasMessage("record not found");
        assertThat(TestTailnet.get(keys.list())).isEmpty();
    }
}
