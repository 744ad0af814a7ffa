package io.fleetscale.control.cli;

import io.fleetscale.proto.headscale.v1.CreateUserRequest;
import io.fleetscale.proto.headscale.v1.DeleteUserRequest;
import io.fleetscale.proto.headscale.v1.ListUsersRequest;
import io.fleetscale.proto.headscale.v1.RenameUserRequest;
import io.fleetscale.proto.headscale.v1.User;
import io.fleetscale.proto.user.v1.ListUserRolesRequest;
import io.fleetscale.proto.user.v1.SetUserRoleRequest;
import io.fleetscale.proto.user.v1.UserRole;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.List;
import java.util.Map;

/** {@code users}. */
final class UserCommands {
    private static final String IDENTIFIER = "-i,--id,--identifier";
    private static final String NAME = "-n,--name";

    private UserCommands() {}

    static CliCommand group() {
        CliOption id = CliOption.text(IDENTIFIER, "ID", "number of the user, or a name that only one user has");
        CliOption name = CliOption.text(NAME, "NAME", "name of the user");
        return CliCommand.of("users", "Create, list, rename and remove users")
                .alias("user")
                .command(
                        CliCommand.of("create", "Create a user")
                                .alias("c", "new")
                                .argument("NAME")
                                .option(
                                        CliOption.text("-d,--display-name", "TEXT", "name to show"),
                                        CliOption.text("-e,--email", "ADDRESS", "e-mail address"),
                                        CliOption.text("-p,--picture-url", "URL", "where a picture lies"))
                                .example("alice --email alice@example.com")
                                .run(UserCommands::create),
                        CliCommand.of("list", "List users; the first of the given filters counts")
                                .alias("ls", "show")
                                .option(id, name, CliOption.text("-e,--email", "ADDRESS", "e-mail address"))
                                .example("--name alice -o json")
                                .run(UserCommands::list),
                        CliCommand.of("destroy", "Remove a user without nodes, and the user's pre-auth keys")
                                .alias("delete")
                                .argument("NAME")
                                .option(id, name)
                                .example("alice --force")
                                .run(UserCommands::destroy),
                        CliCommand.of("rename", "Give a user another name")
                                .alias("mv")
                                .argument("OLD_NAME NEW_NAME")
                                .option(id, name, CliOption.text("-r,--new-name", "NAME", "the new name"))
                                .example("--identifier 3 --new-name bob")
                                .run(UserCommands::rename),
                        CliCommand.of("set-role", "Give a user another role; a new owner makes the former one admin")
                                .alias("role")
                                .argument("USER ROLE")
                                .example("alice network-admin")
                                .run(UserCommands::setRole),
                        CliCommand.of("roles", "List the roles of users")
                                .example("-o json")
                                .run(UserCommands::roles));
    }

    private static int create(Invocation call) {
        if (call.arguments().isEmpty()) {
            throw new CliFailure("missing parameters");
        }
        String picture = call.text("--picture-url");
        try {
            URI ignored = new URI(picture);
        } catch (URISyntaxException malformed) {
            throw new CliFailure("invalid picture URL: " + malformed.getMessage());
        }
        CreateUserRequest request = CreateUserRequest.newBuilder()
                .setName(call.arguments().getFirst())
                .setDisplayName(call.text("--display-name"))
                .setEmail(call.text("--email"))
                .setPictureUrl(picture)
                .build();
        return call.print(
                call.call("creating user", server -> server.createUser(request)).getUser(), "User created");
    }

    private static int list(Invocation call) {
        String id = call.text("--identifier");
        ListUsersRequest.Builder request = ListUsersRequest.newBuilder();
        if (Names.isNumber(id) && !id.equals("0")) {
            request.setId(Long.parseUnsignedLong(id));
        } else if (!id.isEmpty() && !id.startsWith("-") && !Names.isNumber(id)) {
            request.setName(id);
        } else if (call.has("--name")) {
            request.setName(call.text("--name"));
        } else {
            request.setEmail(call.text("--email"));
        }
        List<User> users = call.call("listing users", server -> server.listUsers(request.build()))
                .getUsersList();
        return call.printList(users, () -> {
            TableWriter table = call.table("ID", "Name", "Username", "Email", "Created");
            for (User user : users) {
                table.row()
                        .cell(Long.toUnsignedString(user.getId()))
                        .cell(user.getDisplayName())
                        .cell(user.getName())
                        .cell(user.getEmail())
                        .cell(Invocation.time(user.getCreatedAt()));
            }
            return table;
        });
    }

    private static int destroy(Invocation call) {
        User user = named(call);
        String question = "Do you want to remove the user \"" + user.getName() + "\" ("
                + Long.toUnsignedString(user.getId()) + ") and any associated preauthkeys?";
        if (!call.confirm(question)) {
            return call.printMap(Map.of("Result", "User not destroyed"), "User not destroyed");
        }
        DeleteUserRequest request =
                DeleteUserRequest.newBuilder().setId(user.getId()).build();
        return call.print(call.call("destroying user", server -> server.deleteUser(request)), "User destroyed");
    }

    /** By options, or by the old and the new name as arguments, as older versions of headscale take them. */
    private static int rename(Invocation call) {
        boolean byArguments = call.arguments().size() == 2;
        if (!byArguments && !call.has("--new-name")) {
            throw new CliFailure("required flag(s) \"new-name\" not set");
        }
        String newName = byArguments ? call.arguments().getLast() : call.text("--new-name");
        RenameUserRequest request = RenameUserRequest.newBuilder()
                .setOldId(named(call).getId())
                .setNewName(newName)
                .build();
        return call.print(
                call.call("renaming user", server -> server.renameUser(request)).getUser(), "User renamed");
    }

    private static int setRole(Invocation call) {
        if (call.arguments().size() != 2) {
            throw new CliFailure("a user and a role are required");
        }
        SetUserRoleRequest request = SetUserRoleRequest.newBuilder()
                .setUser(call.arguments().getFirst())
                .setRole(call.arguments().getLast())
                .build();
        UserRole changed = call.callMore(
                        "setting role", server -> server.roles().setUserRole(request))
                .getUserRole();
        return call.print(changed, changed.getUser() + " is " + changed.getRole() + " now");
    }

    private static int roles(Invocation call) {
        List<UserRole> roles = call.callMore(
                        "listing roles",
                        server -> server.roles().listUserRoles(ListUserRolesRequest.getDefaultInstance()))
                .getUserRolesList();
        return call.printList(roles, () -> {
            TableWriter table = call.table("ID", "User", "Role");
            for (UserRole role : roles) {
                table.row()
                        .cell(Long.toUnsignedString(role.getUserId()))
                        .cell(role.getUser())
                        .cell(role.getRole());
            }
            return table;
        });
    }

    private static User named(Invocation call) {
        String id = call.text("--identifier");
        String name = call.has("--name") || call.arguments().isEmpty()
                ? call.text("--name")
                : call.arguments().getFirst();
        boolean noId = id.isEmpty() || id.startsWith("-");
        if (noId && name.isEmpty()) {
            throw new CliFailure("--name or --identifier flag is required");
        }
        return Names.user(call, noId ? "" : id, name);
    }
}
