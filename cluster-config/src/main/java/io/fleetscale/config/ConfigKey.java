package io.fleetscale.config;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * One key of the configuration.
 *
 * @param name the dotted name in lower case
 * @param type how its value is written
 * @param defaultText the default as it would be written in the file; empty when there is none
 * @param meaning one sentence for the reference and the sample file
 * @param noEffect why the key changes nothing here although headscale knows it; null when it has an effect
 */
record ConfigKey(
        String name,
        Type type,
        String defaultText,
        String meaning,
        @Nullable String noEffect) {
    /** How a value is written. */
    enum Type {
        TEXT,
        SECRET,
        PATH,
        ADDRESS,
        ADDRESSES,
        URL,
        FLAG,
        INTEGER,
        DURATION,
        PROMETHEUS_DURATION,
        OCTAL,
        CHOICE,
        PREFIX,
        LIST,
        MAP,
        RECORDS;

        /** The word for people: {@code whole number}. */
        String word() {
            return switch (this) {
                case TEXT -> "text";
                case SECRET -> "secret text";
                case PATH -> "path";
                case ADDRESS -> "host:port";
                case ADDRESSES -> "host:port, or a list of them";
                case URL -> "URL";
                case FLAG -> "true or false";
                case INTEGER -> "whole number";
                case DURATION -> "duration";
                case PROMETHEUS_DURATION -> "duration with days";
                case OCTAL -> "octal number";
                case CHOICE -> "word";
                case PREFIX -> "CIDR prefix";
                case LIST -> "list";
                case MAP -> "map";
                case RECORDS -> "list of maps";
            };
        }
    }

    static ConfigKey of(String name, Type type, String defaultText, String meaning) {
        return new ConfigKey(name, type, defaultText, meaning, null);
    }

    boolean isSecret() {
        return type == Type.SECRET;
    }

    /** Whether the key is Fleetscale's own and not one of headscale's. */
    boolean isOwn() {
        return name.startsWith("cluster.")
                || name.startsWith("api.")
                || name.startsWith("relays.")
                || name.startsWith("retention.")
                || name.startsWith("flow_logs.")
                || name.startsWith("node_certificates.")
                || name.startsWith("keys.");
    }

    /** The environment variable that overrides the key: {@code HEADSCALE_...}, or {@code FLEETSCALE_...} for our own. */
    String environmentName() {
        return (isOwn() ? "FLEETSCALE_" : "HEADSCALE_") + name.replace('.', '_').toUpperCase(Locale.ROOT);
    }

    /** Maps and lists of maps cannot be written in one environment variable. */
    boolean fitsEnvironment() {
        return type != Type.MAP && type != Type.RECORDS;
    }
}
