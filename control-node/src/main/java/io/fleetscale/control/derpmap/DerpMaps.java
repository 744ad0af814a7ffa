package io.fleetscale.control.derpmap;

import io.fleetscale.control.ControlException;
import io.fleetscale.control.ErrorCode;
import io.fleetscale.wire.tailcfg.DerpMap;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.dataformat.yaml.YAMLMapper;

/**
 * Puts the DERP map together: URLs in order, then files, which may replace or with null remove regions, then the relay inside
 * this program. A source that fails is replaced by what it said last, so that a failed download never takes relays away. Thread-safe;
 * blocks. Source: field cases F042, F043.
 */
public final class DerpMaps {
    /** Tailscale's own map has about 20 KB. */
    static final int MAX_BYTES = 4 << 20;

    private static final Logger LOG = LoggerFactory.getLogger(DerpMaps.class);
    private static final Duration TIMEOUT = Duration.ofSeconds(20);
    private static final ObjectMapper JSON = JsonMapper.builder().build();
    private static final ObjectMapper YAML = YAMLMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();

    private final DerpMap.@Nullable Region embedded;
    private final List<URI> urls;
    private final List<Path> paths;
    private final HttpClient http;
    private final boolean mayBeEmpty;
    private final Map<URI, DerpMapReader.Loaded> lastGood = new HashMap<>();

    /** @param embedded the region of the relay inside this program, null without one */
    public DerpMaps(DerpMap.@Nullable Region embedded, List<URI> urls, List<Path> paths, HttpClient http) {
        this(embedded, urls, paths, http, false);
    }

    /** @param mayBeEmpty whether relays can register by themselves, so that no source need have any */
    public DerpMaps(
            DerpMap.@Nullable Region embedded, List<URI> urls, List<Path> paths, HttpClient http, boolean mayBeEmpty) {
        this.mayBeEmpty = mayBeEmpty;
        this.embedded = embedded;
        this.urls = List.copyOf(urls);
        this.paths = List.copyOf(paths);
        this.http = http;
    }

    /**
     * @param map never empty
     * @param complete whether all sources answered; if not, it is worth trying again soon
     */
    public record Result(DerpMap map, boolean complete) {}

    /**
     * Reads all sources.
     *
     * @param stored the map that the tailnet has, empty if none: stands in for a URL that has not answered since the start
     * @throws ControlException {@code INVALID_ARGUMENT} for a mistake in a file, naming it; {@code UNAVAILABLE} if no region is
     *     left, naming the URL that failed
     */
    public synchronized Result load(DerpMap stored) {
        TreeMap<Integer, Optional<DerpMap.Region>> regions = new TreeMap<>();
        TreeMap<Integer, Double> scores = new TreeMap<>();
        String failures = "";
        for (URI url : urls) {
            try {
                lastGood.put(url, download(url));
            } catch (IOException | IllegalArgumentException e) {
                failures = failures + (failures.isEmpty() ? "" : "; ") + url + ": " + e.getMessage();
                LOG.atWarn()
                        .addKeyValue("url", url)
                        .addKeyValue("reason", e.getMessage())
                        .log("a DERP map could not be loaded, its last one stays");
            }
            DerpMapReader.Loaded known = lastGood.get(url);
            if (known == null) {
                stored.regions().forEach((id, region) -> regions.put(id, Optional.of(region)));
                scores.putAll(stored.regionScores());
            } else {
                regions.putAll(known.regions());
                scores.putAll(known.scores());
            }
        }
        for (Path path : paths) {
            DerpMapReader.Loaded file = readFile(path);
            DerpMap.Region own = embedded;
            if (own != null
                    && file.regions().getOrDefault(own.id(), Optional.empty()).isPresent()) {
                throw new ControlException(
                        ErrorCode.INVALID_ARGUMENT,
                        path + ": region " + own.id()
                                + " is also the region of derp.server: give one of them another number");
            }
            regions.putAll(file.regions());
            scores.putAll(file.scores());
        }
        DerpMap.Region own = embedded;
        if (own != null) {
            regions.put(own.id(), Optional.of(own));
        }
        DerpMap map = new DerpMapReader.Loaded(regions, scores).toMap();
        if (!mayBeEmpty
                && map.regions().values().stream()
                        .allMatch(region -> region.nodes().isEmpty())) {
            throw new ControlException(
                    ErrorCode.UNAVAILABLE,
                    failures.isEmpty()
                            ? "the DERP map has no relay: enable derp.server, or give derp.urls or derp.paths"
                            : "the DERP map has no relay: " + failures);
        }
        return new Result(map, failures.isEmpty());
    }

    private DerpMapReader.Loaded download(URI url) throws IOException {
        HttpRequest request = HttpRequest.newBuilder(url).timeout(TIMEOUT).GET().build();
        HttpResponse<InputStream> response;
        try {
            response = http.send(request, HttpResponse.BodyHandlers.ofInputStream());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
        try (InputStream body = response.body()) {
            if (response.statusCode() != 200) {
                throw new IOException("status " + response.statusCode());
            }
            DerpMapReader.Loaded loaded = parse(JSON, body, url.toString());
            if (loaded.regions().isEmpty()) {
                throw new IOException("an empty map");
            }
            return loaded;
        }
    }

    private static DerpMapReader.Loaded readFile(Path path) {
        ObjectMapper mapper = path.toString().endsWith(".json") ? JSON : YAML;
        try (InputStream in = Files.newInputStream(path)) {
            return parse(mapper, in, path.toString());
        } catch (IOException e) {
            throw new ControlException(
                    ErrorCode.INVALID_ARGUMENT, "derp.paths " + path + ": it cannot be read: " + e.getMessage(), e);
        } catch (IllegalArgumentException e) {
            throw new ControlException(ErrorCode.INVALID_ARGUMENT, "derp.paths " + e.getMessage(), e);
        }
    }

    private static DerpMapReader.Loaded parse(ObjectMapper mapper, InputStream in, String source) throws IOException {
        byte[] bytes = in.readNBytes(MAX_BYTES + 1);
        if (bytes.length > MAX_BYTES) {
            throw new IllegalArgumentException(source + ": more than " + MAX_BYTES + " bytes");
        }
        try {
            return DerpMapReader.read(mapper.readTree(bytes), source);
        } catch (JacksonException e) {
            throw new IllegalArgumentException(source + ": " + e.getOriginalMessage(), e);
        }
    }
}
