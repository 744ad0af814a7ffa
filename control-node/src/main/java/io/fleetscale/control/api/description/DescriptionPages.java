package io.fleetscale.control.api.description;

import io.fleetscale.control.api.description.OpenApiDocument.Naming;
import io.fleetscale.control.api.description.OpenApiDocument.Version;
import io.fleetscale.control.frontdoor.http.HttpCall;
import io.fleetscale.control.frontdoor.http.HttpReply;
import io.fleetscale.control.frontdoor.http.RouteTable;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.dataformat.yaml.YAMLMapper;

/**
 * The pages that describe the administration API; they need no credential, and every file comes from this program.
 * Documents are written at the first request and kept. Thread-safe.
 */
public final class DescriptionPages {
    /** What Swagger UI needs: it sets styles from script and draws small images from data addresses. */
    private static final String PAGE_POLICY = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline';"
            + " img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private static final String WEBJAR = "/META-INF/resources/webjars/swagger-ui/";
    private static final String WEBJAR_FACTS = "/META-INF/maven/org.webjars/swagger-ui/pom.properties";
    private static final String JSON_TYPE = "application/json; charset=utf-8";
    private static final String YAML_TYPE = "application/yaml; charset=utf-8";
    private static final String PURE_FAMILY = "headscale";

    private static final ObjectMapper JSON = new JsonMapper();
    private static final ObjectMapper YAML = new YAMLMapper();

    /** The files of Swagger UI that are served, with their types. */
    private static final Map<String, String> FILES = Map.of(
            "swagger-ui.css", "text/css; charset=utf-8",
            "swagger-ui-bundle.js", "text/javascript; charset=utf-8",
            "favicon-32x32.png", "image/png");

    private final List<ApiOperation> operations;
    private final String release;
    private final Map<String, byte[]> written = new ConcurrentHashMap<>();
    private final String libraryVersion = libraryVersion();

    public DescriptionPages(List<ApiOperation> operations, String release) {
        this.operations = List.copyOf(operations);
        this.release = release;
    }

    public void register(RouteTable.Builder routes) {
        routes.get("/swagger", call -> page("/swagger/v1/openapiv2.json"))
                .get("/api/v1/docs", call -> page("/api/v1/openapi.json"))
                .get("/swagger/v1/openapiv2.json", call -> swagger())
                .get("/swagger/ui/start.js", call -> HttpReply.of(200, "text/javascript; charset=utf-8", startScript()))
                .get("/swagger/ui/{file}", this::file);
        for (Version version : Version.values()) {
            String path = "/api/v1/openapi" + (version == Version.V3_0 ? "-3.0" : "");
            routes.get(path + ".json", call -> openApi(call, version, JSON, JSON_TYPE))
                    .get(path + ".yaml", call -> openApi(call, version, YAML, YAML_TYPE));
        }
    }

    private HttpReply swagger() {
        return document("swagger", JSON_TYPE, JSON, () -> SwaggerDocument.of(operations));
    }

    private HttpReply openApi(HttpCall call, Version version, ObjectMapper mapper, String type) {
        Naming naming = call.query("family").filter(PURE_FAMILY::equals).isPresent() ? Naming.PURE : Naming.MERGED;
        return document(
                version + " " + naming + " " + type,
                type,
                mapper,
                () -> OpenApiDocument.of(operations, version, naming, release));
    }

    private HttpReply document(String key, String type, ObjectMapper mapper, Supplier<JsonNode> content) {
        byte[] bytes = written.computeIfAbsent(key, ignored -> mapper.writeValueAsBytes(content.get()));
        return HttpReply.of(200, type, bytes).withHeader("Access-Control-Allow-Origin", "*");
    }

    /** Swagger UI over the description at that address. */
    public static HttpReply page(String description) {
        return HttpReply.html(200, """
                <!DOCTYPE html>
                <html lang="en">
                <head>
                <meta charset="utf-8">
                <title>Fleetscale API - Swagger UI</title>
                <link rel="icon" type="image/png" href="/swagger/ui/favicon-32x32.png">
                <link rel="stylesheet" href="/swagger/ui/swagger-ui.css">
                </head>
                <body>
                <div id="swagger-ui" data-description="%s"></div>
                <script src="/swagger/ui/swagger-ui-bundle.js"></script>
                <script src="/swagger/ui/start.js"></script>
                </body>
                </html>
                """.formatted(description)).withHeader("Content-Security-Policy", PAGE_POLICY);
    }

    private static byte[] startScript() {
        return """
                const place = document.getElementById("swagger-ui");
                window.ui = SwaggerUIBundle({ url: place.dataset.description, domNode: place, deepLinking: true, validatorUrl: null });
                """.getBytes(StandardCharsets.UTF_8);
    }

    private HttpReply file(HttpCall call) {
        String name = call.variable("file");
        String type = FILES.get(name);
        if (type == null) {
            return HttpReply.text(404, "404 page not found\n");
        }
        String tag = "\"" + libraryVersion + "\"";
        boolean known = call.header("If-None-Match").filter(tag::equals).isPresent();
        HttpReply reply =
                known ? HttpReply.empty(304) : HttpReply.of(200, type, resource(WEBJAR + libraryVersion + "/" + name));
        return reply.withHeader("ETag", tag).withHeader("Cache-Control", "public, max-age=86400");
    }

    private static String libraryVersion() {
        Properties facts = new Properties();
        try (InputStream in = DescriptionPages.class.getResourceAsStream(WEBJAR_FACTS)) {
            if (in == null) {
                throw new IllegalStateException("Swagger UI is missing from the program");
            }
            facts.load(in);
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
        return facts.getProperty("version", "");
    }

    private static byte[] resource(String path) {
        try (InputStream in = DescriptionPages.class.getResourceAsStream(path)) {
            if (in == null) {
                throw new IllegalStateException(path + " is missing from the program");
            }
            return in.readAllBytes();
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }
}
