package io.fleetscale.control.setting;

import io.fleetscale.control.changelog.Changelog;
import io.fleetscale.control.changelog.Decision;
import io.fleetscale.control.changelog.HardWrite;
import io.fleetscale.control.tailnet.Change;
import io.fleetscale.control.tailnet.Setting;
import io.fleetscale.control.tailnet.TailnetImage;
import io.fleetscale.wire.key.Bytes32;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;

/** Brings settings of this instance's configuration into the log. Thread-safe. */
public final class SettingImport {
    private final Changelog changelog;

    public SettingImport(Changelog changelog) {
        this.changelog = changelog;
    }

    /**
     * Writes those settings whose source differs from what the log holds; completes with their names. For the singleton: any
     * other instance asks {@link #drift} instead and never reverts what was imported.
     *
     * @param jsonByName each setting in its feature's form
     */
    public CompletableFuture<List<String>> run(Map<String, String> jsonByName) {
        return changelog.write(importing(new TreeMap<>(jsonByName)));
    }

    /** The names of the settings in which {@code image} differs from this instance's configuration. */
    public static List<String> drift(TailnetImage image, Map<String, String> jsonByName) {
        List<String> names = new ArrayList<>();
        new TreeMap<>(jsonByName).forEach((name, json) -> {
            if (differs(image, name, json)) {
                names.add(name);
            }
        });
        return names;
    }

    static HardWrite<List<String>> importing(SortedMap<String, String> jsonByName) {
        return (image, context) -> {
            List<Change> changes = new ArrayList<>();
            List<String> names = new ArrayList<>();
            jsonByName.forEach((name, json) -> {
                if (differs(image, name, json)) {
                    changes.add(new Change.SettingPut(new Setting(name, digest(json), json)));
                    names.add(name);
                }
            });
            return new Decision<>(changes, List.copyOf(names));
        };
    }

    private static boolean differs(TailnetImage image, String name, String json) {
        Setting stored = image.setting(name);
        return stored == null || !stored.sourceDigest().equals(digest(json));
    }

    private static Bytes32 digest(String json) {
        try {
            return Bytes32.of(MessageDigest.getInstance("SHA-256").digest(json.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
