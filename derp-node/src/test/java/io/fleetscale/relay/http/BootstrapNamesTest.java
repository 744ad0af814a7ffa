package io.fleetscale.relay.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class BootstrapNamesTest {
    private final Map<String, List<String>> zone = new HashMap<>();

    @Test
    void answersAnEmptyObjectWithoutNames() {
        assertThat(text(BootstrapNames.NONE)).isEqualTo("{}");
    }

    @Test
    void keepsTheAddressesOfANameThatIsNotFoundAnyMore() {
        BootstrapNames names = new BootstrapNames(List.of("relay.example.com", "control.example.com"), this::lookUp);
        zone.put("control.example.com", List.of("192.0.2.1", "2001:db8::1"));
        assertThat(names.refresh()).isFalse();
        assertThat(text(names)).isEqualTo("{\"control.example.com\":[\"192.0.2.1\",\"2001:db8::1\"]}");

        zone.put("relay.example.com", List.of("192.0.2.2"));
        assertThat(names.refresh()).isTrue();
        zone.clear();
        zone.put("control.example.com", List.of("192.0.2.9"));
        assertThat(names.refresh()).isFalse();
        assertThat(text(names))
                .isEqualTo("{\"control.example.com\":[\"192.0.2.9\"],\"relay.example.com\":[\"192.0.2.2\"]}");
    }

    private List<String> lookUp(String name) throws UnknownHostException {
        List<String> addresses = zone.get(name);
        if (addresses == null) {
            throw new UnknownHostException(name);
        }
        return addresses;
    }

    private static String text(BootstrapNames names) {
        return new String(names.answer(), StandardCharsets.UTF_8);
    }
}
