package io.fleetscale.control.policy.test;

import io.fleetscale.control.policy.CompiledPolicy;
import io.fleetscale.control.policy.engine.PolicyCompiler;
import io.fleetscale.control.policy.engine.PolicyEnvironment;
import io.fleetscale.control.policy.language.AddressSet;
import io.fleetscale.control.policy.language.Alias;
import io.fleetscale.control.policy.language.PolicyDocument;
import io.fleetscale.control.policy.language.PolicyException;
import io.fleetscale.control.policy.language.Posture;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.TailnetImage;
import io.fleetscale.control.tailnet.UserId;
import io.fleetscale.wire.ip.IpAddress;
import io.fleetscale.wire.tailcfg.SshPolicy;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Checks a policy against a tailnet: what {@link io.fleetscale.control.policy.language.PolicyReader} cannot see in the text.
 * Not thread-safe. Source: policy 1.6 V23, V24, V36, 8.
 */
public final class PolicyCheck {
    private static final String LOCAL_PART = "localpart:*@";
    private static final String FOREIGN =
            " is not associated with this Tailnet and cannot be used in user:*@<domain> expressions";

    private final PolicyDocument document;
    private final Population population;
    private final Set<String> domains;
    private final Reach reach;
    private final Function<PolicyDocument, Function<Node, SshPolicy>> sshCompiler;
    private @Nullable Function<Node, SshPolicy> ssh = null;

    /** Checks with the rules that the server would send. */
    public PolicyCheck(PolicyDocument document, TailnetImage image, PolicyEnvironment environment) {
        this(document, image, environment, policy -> {
            CompiledPolicy compiled =
                    PolicyCompiler.of(any -> policy, environment).compile(image);
            return compiled::sshOf;
        });
    }

    /** @param sshCompiler the SSH rules of each node under a policy */
    public PolicyCheck(
            PolicyDocument document,
            TailnetImage image,
            PolicyEnvironment environment,
            Function<PolicyDocument, Function<Node, SshPolicy>> sshCompiler) {
        this.document = document;
        this.domains = environment.domains(image);
        this.population = new Population(image, domains, node -> environment.deviceAttributes(image, node));
        this.reach = new Reach(document, population);
        this.sshCompiler = sshCompiler;
    }

    /**
     * Refuses what the policy says of domains that are not the tailnet's.
     *
     * @throws PolicyException with the first one
     */
    public void requireOwnDomains() throws PolicyException {
        for (PolicyDocument.SshRule rule : document.ssh()) {
            for (String user : rule.users()) {
                if (user.startsWith(LOCAL_PART) && user.length() > LOCAL_PART.length()) {
                    requireOwn(rule.line(), "", user.substring(LOCAL_PART.length()));
                }
            }
            for (Alias source : rule.sources()) {
                if (source instanceof Alias.Domain domain) {
                    requireOwn(rule.line(), "[ssh] ", domain.domain());
                }
            }
        }
    }

    private void requireOwn(int line, String prefix, String domain) throws PolicyException {
        if (!domains.contains(domain)) {
            throw new PolicyException(line, prefix + domain + FOREIGN);
        }
    }

    /** The tests that do not hold, in the order of the policy; none: it may be taken. */
    public List<TestFailure> failures() {
        List<TestFailure> failures = new ArrayList<>();
        for (PolicyDocument.PolicyTest test : document.tests()) {
            report(failures, "tests", test.line(), test.sourceText(), errors(test));
        }
        for (PolicyDocument.SshTest test : document.sshTests()) {
            report(failures, "sshTests", test.line(), test.sourceText(), errors(test));
        }
        return failures;
    }

    /** SSH rules whose sources no rule lets through to port 22 of their destinations. Source: field case F012. */
    public List<String> sshWithoutPort() {
        SshPort port = new SshPort(document, population, reach);
        return document.ssh().stream()
                .flatMap(rule -> port.closed(rule).stream())
                .toList();
    }

    private static void report(
            List<TestFailure> failures, String section, int line, String source, List<String> errors) {
        if (!errors.isEmpty()) {
            failures.add(new TestFailure(section, line, source, errors));
        }
    }

    private List<String> errors(PolicyDocument.PolicyTest test) {
        Alias source = test.source();
        if (!test.fault().isEmpty() || source == null) {
            return List.of(test.fault());
        }
        AddressSet sources = reach.addressesOf(source);
        if (sources.isEmpty()) {
            return List.of("src \"" + test.sourceText() + "\" matches no device");
        }
        List<String> errors = new ArrayList<>();
        test.accept().forEach(target -> error(errors, test, sources, target, true));
        test.deny().forEach(target -> error(errors, test, sources, target, false));
        return errors;
    }

    /** A test that wants traffic dropped holds as soon as one of the sources cannot send it. Source: policy 12.2 O5. */
    private void error(
            List<String> errors,
            PolicyDocument.PolicyTest test,
            AddressSet sources,
            PolicyDocument.TestTarget target,
            boolean wantsAccept) {
        Alias host = target.host();
        if (host == null) {
            errors.add("address \"" + target.text() + "\": " + target.fault());
            return;
        }
        AddressSet destination = reach.addressesOf(host);
        if (destination.isEmpty()) {
            errors.add("address \"" + target.text() + "\": matches no device");
            return;
        }
        boolean accepted = reach.allowed(destination, target.port(), test.protocols(), test.postureAttributes())
                .containsAll(sources);
        if (accepted != wantsAccept) {
            String protocol = test.protocols().isEmpty()
                    ? ""
                    : " (protocol \"" + test.protocols().getFirst() + "\")";
            errors.add("address \"" + target.text() + "\"" + protocol + ": want: " + verdict(wantsAccept) + ", got: "
                    + verdict(accepted));
        }
    }

    private static String verdict(boolean accepted) {
        return accepted ? "Accept" : "Drop";
    }

    private List<String> errors(PolicyDocument.SshTest test) {
        Alias source = test.source();
        if (!test.fault().isEmpty() || source == null) {
            return List.of(test.fault());
        }
        Set<String> sources = sourceTexts(source);
        if (sources.isEmpty()) {
            return List.of("src \"" + test.sourceText() + "\" matches no device");
        }
        Function<Node, SshPolicy> policies = ssh(test.postureAttributes());
        List<String> errors = new ArrayList<>();
        for (Alias destination : test.destinations()) {
            List<Node> nodes = nodes(destination, source);
            if (nodes.isEmpty()) {
                errors.add("dst \"" + destination.text() + "\": matches no device");
            }
            for (Node node : nodes) {
                errors(errors, test, sources, node, new SshReach(policies.apply(node)));
            }
        }
        return errors;
    }

    private static void errors(
            List<String> errors, PolicyDocument.SshTest test, Set<String> sources, Node node, SshReach reach) {
        for (String user : test.accept()) {
            if (!reach.letsInAll(sources, user)) {
                errors.add(login(user, node) + "want: Accept, got: Drop");
            }
        }
        for (String user : test.check()) {
            if (!reach.checksAll(sources, user)) {
                String got = reach.letsInAll(sources, user) ? "Accept" : "Drop";
                errors.add(login(user, node) + "want: Check, got: " + got);
            }
        }
        for (String user : test.deny()) {
            if (reach.letsInAny(sources, user)) {
                errors.add(login(user, node) + "want: Drop, got: Accept");
            }
        }
    }

    private static String login(String user, Node node) {
        return "user \"" + user + "\" on \"" + node.givenName() + "\": ";
    }

    private Set<String> sourceTexts(Alias source) {
        List<IpAddress> addresses = new ArrayList<>();
        if (source instanceof Alias.Literal) {
            reach.addressesOf(source).ranges().forEach(range -> addresses.add(range.first()));
        } else {
            population.nodes(source).forEach(node -> addresses.addAll(node.addresses()));
        }
        return SshReach.texts(addresses);
    }

    private List<Node> nodes(Alias destination, Alias source) {
        return switch (destination) {
            case Alias.Self ignored -> ownNodes(source);
            case Alias.Literal ignored -> {
                AddressSet addresses = reach.addressesOf(destination);
                yield population.image().nodes().values().stream()
                        .filter(node -> node.addresses().stream().anyMatch(addresses::contains))
                        .toList();
            }
            default -> population.nodes(destination);
        };
    }

    /** The untagged nodes of the owners of the sources. */
    private List<Node> ownNodes(Alias source) {
        Set<UserId> owners = new HashSet<>();
        for (Node node : population.nodes(source)) {
            if (!node.isTagged() && node.userId() != null) {
                owners.add(node.userId());
            }
        }
        return population.image().nodes().values().stream()
                .filter(node -> !node.isTagged() && node.userId() != null && owners.contains(node.userId()))
                .toList();
    }

    private Function<Node, SshPolicy> ssh(@Nullable Map<String, Object> attributes) {
        if (attributes != null) {
            return sshCompiler.apply(document.withSsh(document.ssh().stream()
                    .filter(rule -> fulfils(rule.postures(), attributes))
                    .map(PolicyDocument.SshRule::withoutPostures)
                    .toList()));
        }
        Function<Node, SshPolicy> known = ssh;
        if (known == null) {
            known = sshCompiler.apply(document);
            ssh = known;
        }
        return known;
    }

    private static boolean fulfils(List<Posture> postures, Map<String, Object> attributes) {
        return postures.isEmpty() || postures.stream().anyMatch(posture -> posture.holds(attributes));
    }
}
