package io.fleetscale.control.access;

import io.fleetscale.control.policy.SharedLogins;
import io.fleetscale.control.policy.engine.PolicyEnvironment;
import io.fleetscale.control.policy.language.Alias;
import io.fleetscale.control.policy.language.PolicyDocument;
import io.fleetscale.control.policy.test.PolicyCheck;
import io.fleetscale.control.tailnet.TailnetImage;
import io.fleetscale.control.tailnet.User;
import io.fleetscale.control.tailnet.UserId;
import io.fleetscale.control.vipservice.VipService;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What is no reason to refuse a policy, but hardly meant. Pure. Source: field cases F012, F057, F058. */
final class PolicyWarnings {
    private static final int MAX_UNKNOWN = 20;

    private PolicyWarnings() {}

    static List<String> of(TailnetImage image, PolicyDocument document, PolicyEnvironment environment) {
        Set<String> logins = document.logins();
        List<String> warnings = new ArrayList<>();
        shared(SharedLogins.of(image), logins, warnings);
        unknown(image, logins, warnings);
        services(image, document, warnings);
        warnings.addAll(new PolicyCheck(document, image, environment).sshWithoutPort());
        return warnings;
    }

    /** Logins that could mean several users and therefore mean nobody. */
    private static void shared(SharedLogins shared, Set<String> logins, List<String> warnings) {
        if (shared.users().isEmpty()) {
            return;
        }
        Set<String> named =
                logins.stream().map(login -> login.toLowerCase(Locale.ROOT)).collect(Collectors.toSet());
        shared.users().forEach((word, users) -> {
            if (named.contains(word)) {
                warnings.add("\"" + word + "\" could mean the users "
                        + users.stream().map(UserId::toString).collect(Collectors.joining(" and "))
                        + ", so it means neither: name them otherwise");
            }
        });
    }

    private static void services(TailnetImage image, PolicyDocument document, List<String> warnings) {
        Stream<String> destinations = Stream.concat(
                        document.grants().stream().flatMap(grant -> grant.destinations().stream()),
                        document.acls().stream()
                                .flatMap(acl -> acl.destinations().stream().map(PolicyDocument.Destination::alias)))
                .filter(Alias.Service.class::isInstance)
                .map(Alias::text);
        Stream<String> approved =
                document.autoApprovers().services().keySet().stream().filter(key -> key.startsWith(VipService.PREFIX));
        Stream.concat(destinations, approved)
                .distinct()
                .filter(name -> VipService.KIND.find(image, name) == null)
                .forEach(
                        name -> warnings.add("there is no service " + name + ": it means nothing until it is created"));
        document.grants().stream()
                .filter(grant -> !grant.via().isEmpty())
                .flatMap(grant -> grant.destinations().stream())
                .filter(Alias.Service.class::isInstance)
                .map(Alias::text)
                .distinct()
                .forEach(name ->
                        warnings.add(name + " is a destination of a grant with via, which leads to subnets and the"
                                + " internet only: it gives nobody access to the service"));
    }

    /** Logins of nobody: of users who are yet to come, or misspelt, or renamed. */
    private static void unknown(TailnetImage image, Set<String> logins, List<String> warnings) {
        Set<String> known = new HashSet<>();
        for (User user : image.users().values()) {
            known.add(user.email().toLowerCase(Locale.ROOT));
            known.add(user.name().toLowerCase(Locale.ROOT));
            known.add(user.name().toLowerCase(Locale.ROOT) + "@");
            known.add(user.providerId().toLowerCase(Locale.ROOT));
        }
        List<String> unknown = logins.stream()
                .filter(login -> !known.contains(login.toLowerCase(Locale.ROOT)))
                .toList();
        unknown.stream()
                .limit(MAX_UNKNOWN)
                .forEach(login -> warnings.add("no user has the login \"" + login + "\": it means nobody"
                        + (login.chars().allMatch(c -> c <= 0x7E)
                                ? ""
                                : "; it has characters that are not ASCII, are they meant?")));
        if (unknown.size() > MAX_UNKNOWN) {
            warnings.add("no user has " + (unknown.size() - MAX_UNKNOWN) + " more logins of the policy");
        }
    }
}
