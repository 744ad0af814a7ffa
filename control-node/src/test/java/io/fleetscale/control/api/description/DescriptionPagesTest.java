package io.fleetscale.control.api.description;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetscale.control.api.rest.RpcBinding;
import io.fleetscale.proto.admin.v1.AdministrationServiceGrpc;
import io.fleetscale.proto.headscale.v1.HeadscaleServiceGrpc;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.databind.JsonNode;

class DescriptionPagesTest {
    private static final List<ApiOperation> OPERATIONS = RpcBinding.of(List.of(
                    HeadscaleServiceGrpc.getServiceDescriptor(), AdministrationServiceGrpc.getServiceDescriptor()))
            .stream()
            .map(RpcBinding::operation)
            .toList();

    private final JsonNode swagger = SwaggerDocument.of(OPERATIONS);

    private static JsonNode operation(JsonNode document, ApiOperation operation) {
        return document.path("paths")
                .path(operation.path())
                .path(operation.route().method().toLowerCase(Locale.ROOT));
    }

    private static List<String> references(JsonNode node) {
        List<String> found = new ArrayList<>();
        for (JsonNode reference : node.findValues("$ref")) {
            found.add(reference.stringValue());
        }
        return found;
    }

    private static void assertReferencesExist(JsonNode document) {
        assertThat(references(document))
                .isNotEmpty()
                .allSatisfy(reference -> assertThat(
                                document.at(reference.substring(1)).isObject())
                        .as(reference)
                        .isTrue());
    }

    @Test
    void swaggerDescribesEveryRouteAsGeneratorsOfClientsExpect() {
        assertThat(OPERATIONS).hasSizeGreaterThan(29).allSatisfy(operation -> {
            JsonNode described = operation(swagger, operation);
            assertThat(described.path("operationId").stringValue(""))
                    .isEqualTo(operation.service() + "_" + operation.route().operation());
            assertThat(described.at("/responses/default/schema/$ref").stringValue(""))
                    .isEqualTo("#/definitions/rpcStatus");
        });
        assertReferencesExist(swagger);
        assertThat(swagger.at("/info/title").stringValue()).isEqualTo("headscale/v1/headscale.proto");
        assertThat(swagger.at("/definitions/v1Node/properties/id").toString())
                .isEqualTo("{\"type\":\"string\",\"format\":\"uint64\"}");
        assertThat(swagger.at("/definitions/v1Node/properties/lastSeen").toString())
                .isEqualTo("{\"type\":\"string\",\"format\":\"date-time\"}");
        assertThat(swagger.at("/definitions/v1RegisterMethod/enum")).hasSize(4);
    }

    @Test
    void swaggerPutsFieldsWhereTheGatewayReadsThem() {
        JsonNode tags = swagger.at("/paths/~1api~1v1~1node~1{nodeId}~1tags/post/parameters");
        assertThat(tags.path(0).path("name").stringValue()).isEqualTo("nodeId");
        assertThat(tags.path(0).path("in").stringValue()).isEqualTo("path");
        assertThat(tags.path(1).at("/schema/$ref").stringValue())
                .isEqualTo("#/definitions/HeadscaleServiceSetTagsBody");
        assertThat(swagger.at("/definitions/HeadscaleServiceSetTagsBody/properties")
                        .propertyNames())
                .containsExactly("tags");
        JsonNode register = swagger.at("/paths/~1api~1v1~1node~1register/post/parameters");
        assertThat(register)
                .hasSize(2)
                .allSatisfy(parameter ->
                        assertThat(parameter.path("in").stringValue()).isEqualTo("query"));
    }

    @ParameterizedTest
    @EnumSource
    void openApiDescribesEveryRouteOnce(OpenApiDocument.Version version) {
        for (OpenApiDocument.Naming naming : OpenApiDocument.Naming.values()) {
            JsonNode document = OpenApiDocument.of(OPERATIONS, version, naming, "1.0.0");
            Set<String> ids = new HashSet<>();
            for (ApiOperation operation : OPERATIONS) {
                JsonNode described = operation(document, operation);
                assertThat(ids.add(described.path("operationId").stringValue("")))
                        .as(operation.toString())
                        .isTrue();
                assertThat(described.path("security")).hasSize(1);
            }
            assertReferencesExist(document);
        }
    }

    @Test
    void namesOfTheSuccessorAreThereForThoseWhoAsk() {
        JsonNode pure =
                OpenApiDocument.of(OPERATIONS, OpenApiDocument.Version.V3_1, OpenApiDocument.Naming.PURE, "1.0.0");
        JsonNode get = pure.at("/paths/~1api~1v1~1node~1{nodeId}/get");
        assertThat(get.path("operationId").stringValue()).isEqualTo("getNode");
        assertThat(get.at("/tags/0").stringValue()).isEqualTo("Nodes");
        assertThat(pure.at("/components/securitySchemes/bearer/scheme").stringValue())
                .isEqualTo("bearer");
        assertThat(pure.at("/components/schemas/Node/properties/expiry/type").toString())
                .isEqualTo("[\"string\",\"null\"]");
    }
}
