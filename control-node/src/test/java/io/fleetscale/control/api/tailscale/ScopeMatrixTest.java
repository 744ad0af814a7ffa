package io.fleetscale.control.api.tailscale;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetscale.control.tailnet.Role;
import io.fleetscale.control.tailnet.User;
import io.fleetscale.control.testing.TestTailnet;
import io.fleetscale.control.trust.Created;
import io.fleetscale.control.trust.Credential;
import io.fleetscale.control.trust.NewTrust;
import io.fleetscale.control.trust.Scopes;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Every operation with every scope and with every role: who gets past the scope, and who does not. */
class ScopeMatrixTest {
    private static final String REFUSAL = "token is missing the required scope ";

    /** Operations that need a scope and ask the caller's own object, or none. */
    private static final Set<Access.Mode> WITHOUT_SCOPE = Set.of(Access.Mode.OPEN, Access.Mode.ANY_CREDENTIAL);

    private final MemoryApi memory = new MemoryApi();

    @AfterEach
    void close() {
        memory.close();
    }

    private static String path(Operation operation) {
        return operation
                .route()
                .pattern()
                .toString()
                .substring(TailscaleApi.ROOT.length())
                .replaceAll("\\{tailnet}", "-")
                .replaceAll("\\{[a-zA-Z]+}", "none");
    }

    private boolean passes(Operation operation, String token) {
        MemoryApi.Answer answer = memory.call(operation.route().method(), path(operation), token, "{}");
        assertThat(answer.status()).as("%s", operation.route()).isNotEqualTo(401);
        return !(answer.status() == 403 && answer.message().startsWith(REFUSAL));
    }

    /** The rule in the words of the specification: the scope itself, its writing form for reading, or all of them. */
    private static boolean opens(String scope, String needed) {
        boolean reading = needed.endsWith(":read");
        return scope.equals(needed)
                || scope.equals("all")
                || reading && (scope.equals("all:read") || (scope + ":read").equals(needed));
    }

    private static boolean expected(Operation operation, List<String> granted) {
        List<String> needed = operation.access().scopes();
        return switch (operation.access().mode()) {
            case OPEN, ANY_CREDENTIAL -> true;
            case ALL_OF, PERSON ->
                needed.stream().allMatch(need -> granted.stream().anyMatch(scope -> opens(scope, need)));
            case ANY_OF -> needed.stream().anyMatch(need -> granted.stream().anyMatch(scope -> opens(scope, need)));
        };
    }

    @Test
    void everyOperationWithEveryScope() {
        List<String> scopes = Stream.concat(
                        Scopes.NAMES.stream().flatMap(name -> Stream.of(name, name + ":read")),
                        Stream.of("all", "all:read"))
                .toList();
        List<String> wrong = new ArrayList<>();
        int cells = 0;
        for (String scope : scopes) {
            Created trust = TestTailnet.get(memory.credentials.createTrust(new NewTrust(
                    Credential.Type.OAUTH_CLIENT, 0, "", List.of("all"), List.of(), "", "", "", Map.of())));
            String token = TestTailnet.get(memory.credentials.mint(trust.id(), List.of(scope), List.of()))
                    .text();
            for (Operation operation : memory.api.operations()) {
                if (WITHOUT_SCOPE.contains(operation.access().mode())) {
                    continue;
                }
                cells++;
                boolean passes = passes(operation, token);
                // operations on one of several kinds look at the object too, and may still refuse
                boolean mayRefuse = operation.access().mode() == Access.Mode.ANY_OF;
                if (passes != expected(operation, List.of(scope)) && !(mayRefuse && !passes)) {
                    wrong.add(scope + (passes ? " opens " : " does not open ") + operation.route());
                }
            }
        }
        assertThat(wrong).isEmpty();
        assertThat(cells)
                .isEqualTo(scopes.size()
                        * (int) memory.api.operations().stream()
                                .filter(operation -> !WITHOUT_SCOPE.contains(
                                        operation.access().mode()))
                                .count());
    }

    @Test
    void everyOperationWithEveryRole() {
        Map<Role, Set<String>> may = new TreeMap<>();
        for (Role role : List.of(Role.OWNER, Role.ADMIN, Role.IT_ADMIN, Role.NETWORK_ADMIN)) {
            User user = memory.setRole(memory.tailnet.user("is-" + role.text()), role);
            String token = memory.token(user.id());
            Set<String> opened = memory.api.operations().stream()
                    .filter(operation ->
                            !WITHOUT_SCOPE.contains(operation.access().mode()))
                    // deleting the caller itself would end the test
                    .filter(operation -> passes(operation, token))
                    .map(operation -> operation.route().operation())
                    .collect(Collectors.toSet());
            may.put(role, opened);
        }
        assertThat(may.get(Role.OWNER)).isEqualTo(may.get(Role.ADMIN));
        assertThat(may.get(Role.OWNER)).contains("setPolicyFile", "updateContact", "deleteDevice", "createKey");
        assertThat(may.get(Role.IT_ADMIN))
                .contains("getPolicyFile", "deleteDevice", "setDnsNameservers", "createWebhook")
                .doesNotContain("setPolicyFile", "updateContact");
        assertThat(may.get(Role.NETWORK_ADMIN))
                .contains("setPolicyFile", "setDnsNameservers", "setDeviceRoutes", "updateService", "listUsers")
                .doesNotContain("deleteDevice", "createKey", "createWebhook", "updateContact", "updateUserRole");
    }

    @Test
    void aTokenFollowsTheRoleOfItsOwner() {
        User user = memory.setRole(memory.tailnet.user("falling"), Role.ADMIN);
        String token = memory.token(user.id());
        assertThat(memory.call("GET", "/tailnet/-/users", token, "").status()).isEqualTo(200);

        User fallen = memory.setRole(user, Role.MEMBER);

        assertThat(fallen.role()).isEqualTo(Role.MEMBER);
        assertThat(memory.call("GET", "/tailnet/-/users", token, "").status()).isEqualTo(401);
    }
}
