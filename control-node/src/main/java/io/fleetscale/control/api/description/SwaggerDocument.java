package io.fleetscale.control.api.description;

import com.google.protobuf.Descriptors.FieldDescriptor;
import java.util.List;
import java.util.Locale;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * The description that headscale 0.29 serves: Swagger 2.0 in the style of protoc-gen-openapiv2, from which clients are
 * generated. Source: headscale-surface 2.4.
 */
final class SwaggerDocument {
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
    private static final String JSON_TYPE = "application/json";

    private SwaggerDocument() {}

    static ObjectNode of(List<ApiOperation> operations) {
        MessageSchemas schemas = new MessageSchemas("#/definitions/", name -> "v1" + name, MessageSchemas.Nulls.UNSAID);
        ObjectNode document = JSON.objectNode().put("swagger", "2.0");
        document.putObject("info").put("title", "headscale/v1/headscale.proto").put("version", "version not set");
        ArrayNode tags = document.putArray("tags");
        operations.stream()
                .map(ApiOperation::service)
                .distinct()
                .forEach(tag -> tags.addObject().put("name", tag));
        document.putArray("consumes").add(JSON_TYPE);
        document.putArray("produces").add(JSON_TYPE);
        ObjectNode paths = document.putObject("paths");
        ObjectNode bodies = JSON.objectNode();
        for (ApiOperation operation : operations) {
            paths.withObjectProperty(operation.path())
                    .set(operation.route().method().toLowerCase(Locale.ROOT), operation(operation, schemas, bodies));
        }
        ObjectNode definitions = document.putObject("definitions");
        definitions.setAll(bodies);
        addStatus(definitions);
        definitions.setAll(schemas.definitions());
        return document;
    }

    private static ObjectNode operation(ApiOperation operation, MessageSchemas schemas, ObjectNode bodies) {
        String id = operation.service() + "_" + operation.route().operation();
        ObjectNode node = JSON.objectNode();
        node.put("summary", operation.summary()).put("operationId", id);
        ObjectNode responses = node.putObject("responses");
        responses
                .putObject("200")
                .put("description", "A successful response.")
                .set("schema", schemas.reference(operation.response()));
        responses
                .putObject("default")
                .put("description", "An unexpected error response.")
                .putObject("schema")
                .put("$ref", "#/definitions/rpcStatus");
        ArrayNode parameters = JSON.arrayNode();
        operation.variables().forEach(field -> parameters.add(parameter(field, "path", true, schemas)));
        if (operation.wholeBody()) {
            ObjectNode body =
                    parameters.addObject().put("name", "body").put("in", "body").put("required", true);
            body.set("schema", body(operation, schemas, bodies));
        } else {
            operation.others().forEach(field -> parameters.add(parameter(field, "query", false, schemas)));
        }
        if (!parameters.isEmpty()) {
            node.set("parameters", parameters);
        }
        node.putArray("tags").add(operation.service());
        return node;
    }

    /** The request message, or what is left of it when some of its fields are in the path. */
    private static ObjectNode body(ApiOperation operation, MessageSchemas schemas, ObjectNode bodies) {
        if (operation.variables().isEmpty()) {
            return schemas.reference(operation.request());
        }
        String name = operation.service() + operation.route().operation() + "Body";
        bodies.set(name, schemas.object(operation.others()));
        return JSON.objectNode().put("$ref", "#/definitions/" + name);
    }

    private static ObjectNode parameter(FieldDescriptor field, String in, boolean required, MessageSchemas schemas) {
        ObjectNode parameter =
                JSON.objectNode().put("name", field.getJsonName()).put("in", in).put("required", required);
        parameter.setAll(schemas.field(field));
        return parameter;
    }

    private static void addStatus(ObjectNode definitions) {
        ObjectNode any = definitions.putObject("protobufAny").put("type", "object");
        any.putObject("properties").putObject("@type").put("type", "string");
        any.putObject("additionalProperties");
        ObjectNode status =
                definitions.putObject("rpcStatus").put("type", "object").putObject("properties");
        status.putObject("code").put("type", "integer").put("format", "int32");
        status.putObject("message").put("type", "string");
        status.putObject("details").put("type", "array").putObject("items").put("$ref", "#/definitions/protobufAny");
    }
}
