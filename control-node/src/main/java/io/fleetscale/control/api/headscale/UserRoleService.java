package io.fleetscale.control.api.headscale;

import io.fleetscale.control.ControlException;
import io.fleetscale.control.ErrorCode;
import io.fleetscale.control.changelog.Changelog;
import io.fleetscale.control.tailnet.Role;
import io.fleetscale.control.tailnet.User;
import io.fleetscale.control.user.UserFilter;
import io.fleetscale.control.user.Users;
import io.fleetscale.proto.user.v1.ListUserRolesRequest;
import io.fleetscale.proto.user.v1.ListUserRolesResponse;
import io.fleetscale.proto.user.v1.SetUserRoleRequest;
import io.fleetscale.proto.user.v1.SetUserRoleResponse;
import io.fleetscale.proto.user.v1.UserRole;
import io.fleetscale.proto.user.v1.UserRoleServiceGrpc;
import io.grpc.stub.StreamObserver;
import java.util.Arrays;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Roles of users. Handlers wait for the log: they run on virtual threads. Thread-safe. */
public final class UserRoleService extends UserRoleServiceGrpc.UserRoleServiceImplBase {
    private static final Logger LOG = LoggerFactory.getLogger(UserRoleService.class);

    private final Changelog changelog;
    private final Users users;

    public UserRoleService(Changelog changelog, Users users) {
        this.changelog = changelog;
        this.users = users;
    }

    @Override
    public void setUserRole(SetUserRoleRequest request, StreamObserver<SetUserRoleResponse> observer) {
        Role role = Role.ofText(request.getRole())
                .orElseThrow(() -> new ControlException(
                        ErrorCode.INVALID_ARGUMENT,
                        "role \"" + request.getRole() + "\": write one of "
                                + Arrays.stream(Role.values()).map(Role::text).collect(Collectors.joining(", "))));
        User named = Users.requireByIdOrName(changelog.current().join(), request.getUser());
        User changed = users.setRole(named.id(), role).join();
        if (named.role() != role) {
            LOG.atInfo()
                    .addKeyValue("user", changed.id())
                    .addKeyValue("before", named.role().text())
                    .addKeyValue("role", role.text())
                    .log("a user has another role");
        }
        observer.onNext(
                SetUserRoleResponse.newBuilder().setUserRole(message(changed)).build());
        observer.onCompleted();
    }

    @Override
    public void listUserRoles(ListUserRolesRequest request, StreamObserver<ListUserRolesResponse> observer) {
        observer.onNext(ListUserRolesResponse.newBuilder()
                .addAllUserRoles(users.list(UserFilter.ALL).join().stream()
                        .map(UserRoleService::message)
                        .toList())
                .build());
        observer.onCompleted();
    }

    private static UserRole message(User user) {
        return UserRole.newBuilder()
                .setUserId(user.id().value())
                .setUser(user.loginName())
                .setRole(user.role().text())
                .build();
    }
}
