package io.fleetscale.config;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** Reads configurations from texts, in a directory of the test. */
final class ConfigFixture {
    /** The smallest file that a server accepts. */
    static final String MINIMAL = """
            server_url: http://hs.test:8080
            listen_addr: 127.0.0.1:8080
            noise:
              private_key_path: noise.key
            prefixes:
              v4: 100.64.0.0/10
            database:
              type: postgres
              postgres: {host: db.test, name: fleetscale, user: fleetscale}
            derp:
              urls: [https://derp.test/map.json]
            dns:
              base_domain: tailnet.test
              nameservers:
                global: [192.0.2.53]
            """;

    private final Path directory;
    private final Map<String, String> environment = new LinkedHashMap<>();
    private boolean strict;

    ConfigFixture(Path directory) {
        this.directory = directory;
    }

    ConfigFixture with(String variable, String value) {
        environment.put(variable, value);
        return this;
    }

    ConfigFixture strict() {
        strict = true;
        return this;
    }

    ConfigLoader loader() {
        ConfigLoader loader = ConfigLoader.of(environment, directory, directory.resolve("etc"));
        return strict ? loader.strict() : loader;
    }

    LoadedConfig load(String yaml) {
        return loader().load(write("config.yaml", yaml));
    }

    /** The minimal file with more lines. */
    LoadedConfig loadMinimalAnd(String yaml) {
        return load(MINIMAL + yaml);
    }

    Path write(String name, String text) {
        try {
            Path file = directory.resolve(name);
            Files.createDirectories(directory);
            Files.writeString(file, text);
            return file;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Reads one record from settings given as YAML, with the problems of reading thrown away. */
    <T> T read(String yaml, Function<ServerConfig, T> record) {
        return record.apply(load(yaml).config());
    }

    static List<String> lines(LoadedConfig loaded) {
        return loaded.problems().stream().map(ConfigProblem::toString).toList();
    }
}
