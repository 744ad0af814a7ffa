package io.fleetscale.control.api.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fleetscale.control.api.rest.RpcBinding;
import io.fleetscale.proto.admin.v1.AdministrationServiceGrpc;
import io.fleetscale.proto.headscale.v1.HeadscaleServiceGrpc;
import io.grpc.ServiceDescriptor;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class RouteRegistryTest {
    private static Route route(String method, String pattern, String operation) {
        return new Route(
                method, PathPattern.parse(pattern), ApiFamily.HEADSCALE, Set.of(), ErrorFormat.HEADSCALE, operation);
    }

    @Test
    void refusesTwoRoutesForOneAddressWhateverTheirVariablesAreCalled() {
        assertThatThrownBy(() -> RouteRegistry.of(
                        List.of(route("GET", "/a/{x}/c", "First"), route("GET", "/a/{y}/c", "Second"))))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContainingAll("First", "Second");
    }

    @Test
    void aWordWinsOverAVariableAndOtherMethodsOfBothAreKnown() {
        RouteRegistry registry = RouteRegistry.of(List.of(
                route("POST", "/node/register", "Register"),
                route("GET", "/node/{id}", "Get"),
                route("DELETE", "/node/{id}", "Delete"),
                route("POST", "/node/{id}/tags", "Tags")));
        assertThat(registry.match("POST", List.of("node", "register")))
                .isInstanceOfSatisfying(
                        RouteMatch.Found.class,
                        found -> assertThat(found.route().operation()).isEqualTo("Register"));
        assertThat(registry.match("GET", List.of("node", "register")))
                .isEqualTo(new RouteMatch.Found(registry.routes().get(1), Map.of("id", "register")));
        assertThat(registry.match("PUT", List.of("node", "register")))
                .isInstanceOfSatisfying(
                        RouteMatch.WrongMethod.class,
                        wrong -> assertThat(wrong.allowed()).containsExactly("DELETE", "GET", "POST"));
        assertThat(registry.match("GET", List.of("node", ""))).isInstanceOf(RouteMatch.Unknown.class);
        assertThat(registry.match("GET", List.of("Node", "1"))).isInstanceOf(RouteMatch.Unknown.class);
    }

    @Test
    void headscalesTableHasNoDuplicateAndAllTwentyNineRoutes() {
        assertThat(routes(HeadscaleServiceGrpc.getServiceDescriptor())).hasSize(29);
    }

    @Test
    void whatIsOursBesideHeadscalesCollidesWithNothing() {
        assertThat(routes(
                        HeadscaleServiceGrpc.getServiceDescriptor(), AdministrationServiceGrpc.getServiceDescriptor()))
                .hasSizeGreaterThan(29);
    }

    private static List<Route> routes(ServiceDescriptor... services) {
        return RouteRegistry.of(RpcBinding.of(List.of(services)).stream()
                        .map(RpcBinding::route)
                        .toList())
                .routes();
    }
}
