package io.fleetscale.config;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Certificates from an ACME server.
 *
 * @param hostname the name to get a certificate for; empty means off
 * @param url empty means Let's Encrypt
 * @param listen the listener of HTTP-01 challenges; null means port 80 of all addresses
 */
public record AcmeConfig(
        String url,
        String email,
        String hostname,
        ChallengeType challengeType,
        @Nullable ListenAddress listen) {
    /** How control over the name is shown. */
    public enum ChallengeType {
        HTTP_01("HTTP-01"),
        TLS_ALPN_01("TLS-ALPN-01");

        private final String word;

        ChallengeType(String word) {
            this.word = word;
        }

        public String word() {
            return word;
        }

        static Map<String, ChallengeType> words() {
            Map<String, ChallengeType> words = new LinkedHashMap<>();
            for (ChallengeType type : values()) {
                words.put(type.word, type);
            }
            return words;
        }
    }

    private static final AcmeConfig DEFAULTS = new AcmeConfig("", "", "", ChallengeType.HTTP_01, null);

    public static AcmeConfig defaults() {
        return DEFAULTS;
    }

    public boolean isEnabled() {
        return !hostname.isEmpty();
    }

    static AcmeConfig read(Settings in) {
        return new AcmeConfig(
                in.text("acme_url", DEFAULTS.url),
                in.text("acme_email", DEFAULTS.email),
                in.text("tls_letsencrypt_hostname", DEFAULTS.hostname),
                in.choice(
                        "tls_letsencrypt_challenge_type",
                        ChallengeType.words(),
                        DEFAULTS.challengeType,
                        DEFAULTS.challengeType,
                        ConfigProblem.Severity.ERROR),
                in.address("tls_letsencrypt_listen", DEFAULTS.listen));
    }

    public List<ConfigProblem> validate() {
        List<ConfigProblem> problems = new ArrayList<>();
        if (isEnabled() && !url.isEmpty() && !url.startsWith("https://")) {
            problems.add(ConfigProblem.error(
                    "acme_url", url, "must start with https://", "write the directory of the ACME server"));
        }
        return problems;
    }
}
