package io.fleetscale.config;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Where the policy comes from.
 *
 * @param path the policy file of the mode {@code FILE}; null allows everything
 * @param features what policies may use beyond rules; the same on all instances
 */
public record PolicyConfig(Mode mode, @Nullable Path path, Set<PolicyFeature> features) {
    public PolicyConfig {
        features = Set.copyOf(features);
    }

    /** With all features. */
    public PolicyConfig(Mode mode, @Nullable Path path) {
        this(mode, path, EnumSet.allOf(PolicyFeature.class));
    }

    /** Who owns the policy. */
    public enum Mode {
        /** A file; the API refuses to change it. */
        FILE,
        /** The database; the API changes it. Without a row everything is allowed. */
        DATABASE
    }

    private static final PolicyConfig DEFAULTS = new PolicyConfig(Mode.FILE, null);

    public static PolicyConfig defaults() {
        return DEFAULTS;
    }

    static PolicyConfig read(Settings in) {
        Map<String, Mode> words = new LinkedHashMap<>();
        words.put("file", Mode.FILE);
        words.put("database", Mode.DATABASE);
        return new PolicyConfig(
                in.choice("policy.mode", words, DEFAULTS.mode, DEFAULTS.mode, ConfigProblem.Severity.ERROR),
                in.path("policy.path", DEFAULTS.path),
                features(in));
    }

    private static Set<PolicyFeature> features(Settings in) {
        Set<PolicyFeature> on = EnumSet.noneOf(PolicyFeature.class);
        for (PolicyFeature feature : PolicyFeature.values()) {
            if (in.flag(feature.key(), true)) {
                on.add(feature);
            }
        }
        return on;
    }

    public List<ConfigProblem> validate() {
        List<ConfigProblem> problems = new ArrayList<>();
        if (path != null && mode == Mode.DATABASE) {
            problems.add(ConfigProblem.warning(
                    "policy.path", path.toString(), "has no effect while policy.mode is database", "remove it"));
        }
        return problems;
    }
}
