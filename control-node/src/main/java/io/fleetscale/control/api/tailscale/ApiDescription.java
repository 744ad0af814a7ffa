package io.fleetscale.control.api.tailscale;

import io.fleetscale.control.api.description.DescriptionPages;
import io.fleetscale.control.api.registry.PathPattern;
import io.fleetscale.control.frontdoor.http.HttpCall;
import io.fleetscale.control.frontdoor.http.HttpReply;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.dataformat.yaml.YAMLMapper;

/** OpenAPI 3.1 of the API, written from the table of its operations. Immutable. Source: tailscale-api-v2 1. */
final class ApiDescription {
    private static final String JSON_TYPE = "application/json; charset=utf-8";
    private static final String YAML_TYPE = "application/yaml; charset=utf-8";
    private static final ObjectMapper JSON = new JsonMapper();
    private static final ObjectMapper YAML = new YAMLMapper();
    private static final List<String> SCHEMES = List.of("tailscaleBearer", "tailscaleBasic", "tailscaleOAuth2");

    private final byte[] json;
    private final byte[] yaml;
    private final byte[] olderJson;
    private final byte[] olderYaml;

    ApiDescription(List<Operation> operations, String release) {
        ObjectNode document = document(operations, release);
        this.json = JSON.writeValueAsBytes(document);
        this.yaml = YAML.writeValueAsBytes(document);
        // nothing in it is of 3.1 alone
        document.put("openapi", "3.0.3");
        this.olderJson = JSON.writeValueAsBytes(document);
        this.olderYaml = YAML.writeValueAsBytes(document);
    }

    /** Tailscale's own address of it: the root with a parameter. */
    Optional<HttpReply> atRoot(HttpCall call) {
        if (!call.method().equals("GET")
                || call.query("outputOpenapiSchema").filter("true"::equals).isEmpty()) {
            return Optional.empty();
        }
        boolean asYaml =
                call.header("Accept").filter(accept -> accept.contains("yaml")).isPresent();
        return Optional.of(asYaml ? yaml() : json());
    }

    HttpReply json() {
        return reply(JSON_TYPE, json);
    }

    HttpReply yaml() {
        return reply(YAML_TYPE, yaml);
    }

    /** OpenAPI 3.0, for tools that know no better. */
    HttpReply olderJson() {
        return reply(JSON_TYPE, olderJson);
    }

    HttpReply olderYaml() {
        return reply(YAML_TYPE, olderYaml);
    }

    private static HttpReply reply(String type, byte[] body) {
        return HttpReply.of(200, type, body).withHeader("Access-Control-Allow-Origin", "*");
    }

    HttpReply page() {
        return DescriptionPages.page(TailscaleApi.ROOT + "/openapi.json");
    }

    private static ObjectNode document(List<Operation> operations, String release) {
        ObjectNode document = Replies.object().put("openapi", "3.1.0");
        document.putObject("info")
                .put("title", "Fleetscale, Tailscale API")
                .put("description", "Compatible with Tailscale's API v2.")
                .put("version", release);
        document.putArray("servers").addObject().put("url", "/");
        ObjectNode paths = document.putObject("paths");
        for (Operation operation : operations) {
            paths.withObjectProperty(operation.route().pattern().toString())
                    .set(operation.route().method().toLowerCase(Locale.ROOT), operation(operation));
        }
        ObjectNode components = document.putObject("components");
        ObjectNode error = components.putObject("schemas").putObject("Error").put("type", "object");
        error.putArray("required").add("message");
        ObjectNode members = error.putObject("properties");
        members.putObject("message").put("type", "string");
        members.putObject("data").put("type", "array").putObject("items").put("type", "object");
        ObjectNode schemes = components.putObject("securitySchemes");
        schemes.putObject(SCHEMES.get(0)).put("type", "http").put("scheme", "bearer");
        schemes.putObject(SCHEMES.get(1)).put("type", "http").put("scheme", "basic");
        ObjectNode flow = schemes.putObject(SCHEMES.get(2))
                .put("type", "oauth2")
                .putObject("flows")
                .putObject("clientCredentials")
                .put("tokenUrl", TailscaleApi.ROOT + "/oauth/token");
        flow.putObject("scopes");
        return document;
    }

    private static ObjectNode operation(Operation operation) {
        ObjectNode node = Replies.object()
                .put("operationId", operation.route().operation())
                .put("summary", operation.summary());
        node.putArray("tags").add(group(operation.route().pattern()));
        ArrayNode security = node.putArray("security");
        if (operation.access().mode() != Access.Mode.OPEN) {
            SCHEMES.forEach(scheme -> security.addObject().putArray(scheme));
        }
        if (!operation.access().scopes().isEmpty()) {
            node.put("x-required-scope", String.join(" ", operation.access().scopes()));
        }
        ArrayNode parameters = Replies.array();
        for (PathPattern.Segment segment : operation.route().pattern().segments()) {
            if (segment instanceof PathPattern.Variable(String name)) {
                parameters
                        .addObject()
                        .put("name", name)
                        .put("in", "path")
                        .put("required", true)
                        .putObject("schema")
                        .put("type", "string");
            }
        }
        if (!parameters.isEmpty()) {
            node.set("parameters", parameters);
        }
        ObjectNode responses = node.putObject("responses");
        responses
                .putObject("200")
                .put("description", "Done")
                .putObject("content")
                .putObject("application/json");
        responses
                .putObject("default")
                .put("description", "Refused or failed")
                .putObject("content")
                .putObject("application/json")
                .putObject("schema")
                .put("$ref", "#/components/schemas/Error");
        return node;
    }

    /** The first word below the tailnet. */
    private static String group(PathPattern pattern) {
        return pattern.segments().stream()
                .skip(2)
                .filter(segment -> segment instanceof PathPattern.Literal(String word) && !word.equals("tailnet"))
                .map(segment -> ((PathPattern.Literal) segment).text())
                .findFirst()
                .orElse("tailnet");
    }
}
