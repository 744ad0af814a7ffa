package io.fleetscale.control.policy.explain;

import io.fleetscale.control.policy.CompiledPolicy;
import io.fleetscale.control.policy.engine.PolicyEnvironment;
import io.fleetscale.control.policy.language.PolicyDocument;
import io.fleetscale.control.policy.test.Population;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.TailnetImage;
import io.fleetscale.wire.ip.IpAddress;
import io.fleetscale.wire.ip.IpPrefix;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Says why a policy lets one party reach another or not: which entries apply, or which come nearest and what they lack. Reads
 * the policy as it is written, entry by entry, so that each answer has a line; {@code ExplainerTest} compares the verdicts with
 * the packet filters that nodes are sent. Not thread-safe.
 */
public final class Explainer {
    /** How many entries that do not apply are named. */
    public static final int NEAREST = 3;
    /** How many pairs of parties one question is answered for. */
    public static final int MAX_PAIRS = 25;

    private final CompiledPolicy policy;
    private final Parties parties;
    private final Paths paths;
    private final Judge judge;
    private final List<Entry> entries;
    private final SshExplainer ssh;

    /** @param policy the document's, compiled for the image */
    public Explainer(
            PolicyDocument document, TailnetImage image, CompiledPolicy policy, PolicyEnvironment environment) {
        this.policy = policy;
        Function<Node, Map<String, Object>> attributes = node -> environment.deviceAttributes(image, node);
        Population population = new Population(image, environment.domains(image), attributes);
        this.parties = new Parties(document, image, policy, population);
        this.paths = new Paths(image, policy);
        this.judge = new Judge(image, population, attributes);
        this.entries = Entry.of(document);
        this.ssh = new SshExplainer(document, policy, population, attributes);
    }

    /**
     * @param pairs one for each pair of parties that the policy treats differently
     * @param omitted pairs beyond {@link #MAX_PAIRS}
     */
    public record Answer(List<Explanation> pairs, int omitted) {
        public Answer {
            pairs = List.copyOf(pairs);
        }
    }

    /** @throws QuestionException if one of the parties is unknown */
    public Answer answer(Question question) throws QuestionException {
        List<Party> sources = parties.of(question.source());
        if (sources.getFirst().isService()) {
            throw new QuestionException(
                    "\"" + question.source() + "\" is a service, which never sends first: ask about one of its hosts");
        }
        List<Party> destinations = parties.of(question.destination());
        List<Explanation> pairs = new ArrayList<>();
        int omitted = 0;
        for (Party source : sources) {
            for (Party destination : destinations) {
                if (source.node() != null && source.node().equals(destination.node()) && sources.size() > 1) {
                    continue;
                }
                if (pairs.size() < MAX_PAIRS) {
                    pairs.add(explain(question, source, destination));
                } else {
                    omitted++;
                }
            }
        }
        return new Answer(pairs, omitted);
    }

    private Explanation explain(Question question, Party source, Party destination) {
        Node from = source.node();
        Node to = destination.node();
        boolean visible = from == null || to == null || policy.sees(policy.classOf(from), policy.classOf(to));
        Explanation.Direction forward = direction(source, destination, question.protocol(), question.port());
        Explanation.Direction reverse = from == null || destination.isService()
                ? null
                : direction(destination, source, question.protocol(), question.port());
        Explanation.SshAnswer login = from == null || to == null || from.equals(to)
                ? null
                : ssh.answer(
                        source,
                        destination,
                        direction(source, destination, Traffics.TCP, 22).allowed());
        return new Explanation(
                source,
                destination,
                Traffics.text(question.protocol(), question.port()),
                visible,
                forward,
                reverse,
                login);
    }

    private record Candidate(Entry entry, List<String> lacks) {}

    private static boolean servesAll(Node node, Party destination) {
        return destination.isService()
                && destination.addresses().stream()
                        .allMatch(address -> node.servedAddresses().contains(IpPrefix.single(address)));
    }

    private Explanation.Direction direction(Party source, Party destination, int protocol, @Nullable Integer port) {
        if (source.node() != null && source.node().equals(destination.node())) {
            return new Explanation.Direction(true, "a node always reaches itself", List.of(), List.of());
        }
        if (source.node() != null && servesAll(source.node(), destination)) {
            return new Explanation.Direction(true, "the source serves it itself", List.of(), List.of());
        }
        Paths.Path path = paths.to(source.node(), destination);
        List<Explanation.Rule> rules = new ArrayList<>();
        List<Candidate> others = new ArrayList<>();
        for (Entry entry : entries) {
            List<String> lacks = lacks(entry, source, destination, path.gates(), protocol, port);
            if (lacks == null) {
                continue;
            }
            if (lacks.isEmpty()) {
                rules.add(rule(entry, lacks));
            } else {
                others.add(new Candidate(entry, lacks));
            }
        }
        boolean allowed = !rules.isEmpty() && path.known();
        others.sort(Comparator.comparingInt(candidate -> candidate.lacks().size()));
        return new Explanation.Direction(
                allowed,
                path.text(),
                rules,
                allowed
                        ? List.of()
                        : others.stream()
                                .limit(NEAREST)
                                .map(candidate -> rule(candidate.entry(), candidate.lacks()))
                                .toList());
    }

    /** What an entry lacks where it lacks least; null: the two have no address family in common. */
    private @Nullable List<String> lacks(
            Entry entry, Party source, Party destination, List<Node> gates, int protocol, @Nullable Integer port) {
        List<String> least = null;
        for (Node gate : gates) {
            for (IpAddress from : source.addresses()) {
                for (IpAddress to : destination.addresses()) {
                    boolean hasOther = destination.node() != null
                            || destination.addresses().size() > 1;
                    if (from.isV6() != to.isV6() && hasOther) {
                        continue;
                    }
                    List<String> lacks = judge.lacks(
                            entry, new Judge.Flow(source, source.node(), from, destination, gate, to, protocol, port));
                    if (least == null || lacks.size() < least.size()) {
                        least = lacks;
                    }
                }
            }
        }
        return least;
    }

    static Explanation.Rule rule(Entry entry, List<String> lacks) {
        return new Explanation.Rule(entry.section(), entry.index(), entry.line(), entry.text(), lacks);
    }
}
