package io.fleetscale.control.api.description;

import com.google.protobuf.Descriptors.FieldDescriptor;
import java.util.List;
import java.util.Locale;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** The newer descriptions: OpenAPI 3.1, and 3.0 for tools that know no better. Source: headscale-surface 2.5, api-families 6. */
final class OpenApiDocument {
    /** Which specification, and how it says what the other cannot. */
    enum Version {
        V3_1("3.1.0", MessageSchemas.Nulls.TYPE),
        V3_0("3.0.3", MessageSchemas.Nulls.FLAG);

        private final String text;
        private final MessageSchemas.Nulls nulls;

        Version(String text, MessageSchemas.Nulls nulls) {
            this.text = text;
            this.nulls = nulls;
        }
    }

    /** Whether names tell the family, because several families share a document. */
    enum Naming {
        MERGED("hs_", "headscale/", "headscaleBearer"),
        /** As headscale's own document names things. */
        PURE("", "", "bearer");

        private final String operationPrefix;
        private final String tagPrefix;
        private final String security;

        Naming(String operationPrefix, String tagPrefix, String security) {
            this.operationPrefix = operationPrefix;
            this.tagPrefix = tagPrefix;
            this.security = security;
        }
    }

    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
    private static final String SCHEMAS = "#/components/schemas/";

    private final List<ApiOperation> operations;
    private final Version version;
    private final Naming naming;
    private final MessageSchemas schemas;

    private OpenApiDocument(List<ApiOperation> operations, Version version, Naming naming) {
        this.operations = operations;
        this.version = version;
        this.naming = naming;
        this.schemas = new MessageSchemas(SCHEMAS, name -> name, version.nulls);
    }

    /** @param release of this program */
    static ObjectNode of(List<ApiOperation> operations, Version version, Naming naming, String release) {
        return new OpenApiDocument(operations, version, naming).write(release);
    }

    private ObjectNode write(String release) {
        ObjectNode document = JSON.objectNode().put("openapi", version.text);
        document.putObject("info")
                .put("title", "Fleetscale administration API")
                .put("description", "Compatible with headscale 0.29; an error also has the members of its successor.")
                .put("version", release);
        document.putArray("servers").addObject().put("url", "/");
        ObjectNode paths = document.putObject("paths");
        for (ApiOperation operation : operations) {
            paths.withObjectProperty(operation.path())
                    .set(operation.route().method().toLowerCase(Locale.ROOT), operation(operation));
        }
        ObjectNode components = document.putObject("components");
        ObjectNode definitions = schemas.definitions();
        definitions.set("Error", error());
        components.set("schemas", definitions);
        components
                .putObject("securitySchemes")
                .putObject(naming.security)
                .put("type", "http")
                .put("scheme", "bearer");
        return document;
    }

    private ObjectNode operation(ApiOperation operation) {
        ObjectNode node = JSON.objectNode();
        node.put("operationId", naming.operationPrefix + operation.camelName()).put("summary", operation.summary());
        node.putArray("tags").add(naming.tagPrefix + operation.group());
        node.putArray("security").addObject().putArray(naming.security);
        ArrayNode parameters = JSON.arrayNode();
        operation.variables().forEach(field -> parameters.add(parameter(field, "path", true)));
        if (!operation.wholeBody()) {
            operation.others().forEach(field -> parameters.add(parameter(field, "query", false)));
        }
        if (!parameters.isEmpty()) {
            node.set("parameters", parameters);
        }
        if (operation.wholeBody() && !operation.others().isEmpty()) {
            content(node.putObject("requestBody"), "application/json")
                    .set(
                            "schema",
                            operation.variables().isEmpty()
                                    ? schemas.reference(operation.request())
                                    : schemas.object(operation.others()));
        }
        ObjectNode responses = node.putObject("responses");
        content(responses.putObject("200").put("description", "Done"), "application/json")
                .set("schema", schemas.reference(operation.response()));
        ObjectNode unauthorized = responses.putObject("401").put("description", "No valid key");
        content(unauthorized, "text/plain").putObject("schema").put("type", "string");
        ObjectNode other = responses.putObject("default").put("description", "Refused or failed");
        for (String type : List.of("application/json", "application/problem+json")) {
            content(other, type).putObject("schema").put("$ref", SCHEMAS + "Error");
        }
        return node;
    }

    private static ObjectNode content(ObjectNode of, String type) {
        return of.withObjectProperty("content").putObject(type);
    }

    private ObjectNode parameter(FieldDescriptor field, String in, boolean required) {
        ObjectNode parameter =
                JSON.objectNode().put("name", field.getJsonName()).put("in", in).put("required", required);
        // a parameter is left out rather than null
        ObjectNode schema = field.getJavaType() == FieldDescriptor.JavaType.MESSAGE
                ? JSON.objectNode().put("type", "string").put("format", "date-time")
                : schemas.field(field);
        parameter.set("schema", schema);
        return parameter;
    }

    private static ObjectNode error() {
        ObjectNode error = JSON.objectNode().put("type", "object");
        ObjectNode properties = error.putObject("properties");
        properties.putObject("code").put("type", "integer").put("description", "gRPC status number");
        properties.putObject("message").put("type", "string");
        properties.putObject("details").put("type", "array").putObject("items");
        properties.putObject("title").put("type", "string");
        properties.putObject("status").put("type", "integer").put("description", "HTTP status");
        properties.putObject("detail").put("type", "string");
        return error;
    }
}
