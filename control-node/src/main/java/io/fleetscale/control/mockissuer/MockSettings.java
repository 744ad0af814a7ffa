package io.fleetscale.control.mockissuer;

import io.fleetscale.config.Secret;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * What the environment says. Source: headscale-surface 4.4.
 *
 * @param port 0 takes any free port
 * @param accessLife how long tokens last
 * @param people who comes, in this order
 */
public record MockSettings(
        String clientId, Secret clientSecret, String address, int port, Duration accessLife, List<MockPerson> people) {
    private static final Duration USUAL_LIFE = Duration.ofMinutes(10);
    private static final int MAX_PORT = 65_535;
    private static final Pattern LIFE = Pattern.compile("(\\d{1,9})(ms|s|m|h)");

    public MockSettings {
        people = List.copyOf(people);
    }

    /** @throws IllegalArgumentException naming the variable and what it must be */
    public static MockSettings of(Map<String, String> environment) {
        return new MockSettings(
                required(environment, "MOCKOIDC_CLIENT_ID"),
                new Secret(required(environment, "MOCKOIDC_CLIENT_SECRET")),
                required(environment, "MOCKOIDC_ADDR"),
                port(required(environment, "MOCKOIDC_PORT")),
                life(environment.getOrDefault("MOCKOIDC_ACCESS_TTL", "")),
                people(environment.getOrDefault("MOCKOIDC_USERS", "")));
    }

    private static String required(Map<String, String> environment, String name) {
        String value = environment.getOrDefault(name, "");
        if (value.isEmpty()) {
            throw new IllegalArgumentException(name + " is not set");
        }
        return value;
    }

    private static int port(String text) {
        if (!text.matches("\\d{1,5}") || Integer.parseInt(text) > MAX_PORT) {
            throw new IllegalArgumentException("MOCKOIDC_PORT \"" + text + "\": write a number up to " + MAX_PORT);
        }
        return Integer.parseInt(text);
    }

    private static Duration life(String text) {
        if (text.isEmpty()) {
            return USUAL_LIFE;
        }
        Matcher life = LIFE.matcher(text);
        if (!life.matches()) {
            throw new IllegalArgumentException("MOCKOIDC_ACCESS_TTL \"" + text + "\": write a duration, such as 10m");
        }
        long amount = Long.parseLong(life.group(1));
        return switch (life.group(2)) {
            case "ms" -> Duration.ofMillis(amount);
            case "s" -> Duration.ofSeconds(amount);
            case "m" -> Duration.ofMinutes(amount);
            default -> Duration.ofHours(amount);
        };
    }

    private static List<MockPerson> people(String json) {
        if (json.isEmpty()) {
            return List.of();
        }
        JsonNode list;
        try {
            list = new JsonMapper().readTree(json);
        } catch (JacksonException e) {
            throw new IllegalArgumentException("MOCKOIDC_USERS does not parse: write a JSON list", e);
        }
        if (!list.isArray()) {
            throw new IllegalArgumentException(
                    "MOCKOIDC_USERS: write a JSON list of {\"Subject\": ..., \"Email\": ...}");
        }
        List<MockPerson> people = new ArrayList<>();
        for (JsonNode one : list) {
            List<String> groups = new ArrayList<>();
            one.path("Groups").forEach(group -> groups.add(group.asString("")));
            people.add(new MockPerson(
                    one.path("Subject").asString(""),
                    one.path("Email").asString(""),
                    one.path("EmailVerified").asBoolean(false),
                    one.path("PreferredUsername").asString(""),
                    one.path("Phone").asString(""),
                    groups));
        }
        return people;
    }
}
