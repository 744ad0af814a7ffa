package io.fleetscale.loadtest.bench;

import io.fleetscale.control.policy.CompiledPolicy;
import io.fleetscale.control.policy.PolicyEffect;
import io.fleetscale.control.policy.direct.DirectPolicy;
import io.fleetscale.control.policy.engine.PolicyCompiler;
import io.fleetscale.control.policy.explain.PolicyDiff;
import io.fleetscale.control.policy.language.PolicyDocument;
import io.fleetscale.control.policy.language.PolicyException;
import io.fleetscale.control.policy.language.PolicyReader;
import io.fleetscale.control.tailnet.Change;
import io.fleetscale.control.tailnet.HostFacts;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.Policy;
import io.fleetscale.control.tailnet.TailnetDelta;
import io.fleetscale.control.tailnet.TailnetImage;
import io.fleetscale.loadtest.differential.BareEnvironment;
import io.fleetscale.loadtest.report.Figure;
import io.fleetscale.loadtest.report.Report;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** What the policy engine costs, and how that grows with the tailnet. CPU time of the one thread that compiles. */
final class PolicyBench {
    private static final int[] SIZES = {1_000, 10_000, 100_000};
    private static final int RULES = 500;
    private static final int MANY_RULES = 15_000;
    private static final int MANY_HOSTS = 130_000;
    private static final int ROUNDS = 5;
    private static final int JOINS = 200;
    private static final Instant WRITTEN = Instant.parse("2026-02-01T00:00:00Z");
    private static final double MB = 1e6;

    private final Report report;

    private PolicyBench(Report report) {
        this.report = report;
    }

    static void run(Report report) throws Exception {
        PolicyBench bench = new PolicyBench(report);
        bench.manyRules();
        for (int size : SIZES) {
            bench.changes(size);
        }
        bench.ownNodes();
        bench.oracle();
    }

    /** Reads the policy of an image as the server does: once for each text. */
    private static final class Documents {
        private String text = "";
        private PolicyDocument document = read("");

        PolicyDocument of(TailnetImage image) {
            String wanted = image.policy().map(Policy::text).orElse("");
            if (!wanted.equals(text)) {
                document = read(wanted);
                text = wanted;
            }
            return document;
        }

        private static PolicyDocument read(String text) {
            try {
                return PolicyReader.read(text);
            } catch (PolicyException e) {
                throw new IllegalStateException(e.located(), e);
            }
        }
    }

    private static PolicyCompiler compiler() {
        return PolicyCompiler.of(new Documents()::of, new BareEnvironment());
    }

    private static TailnetDelta delta(TailnetImage image, Change change) {
        return new TailnetDelta(image.version() + 1, List.of(change));
    }

    private static TailnetImage withPolicy(TailnetImage image, String text) {
        return image.apply(delta(image, new Change.PolicyPut(new Policy(1, text, WRITTEN))));
    }

    private static String count(int number) {
        return String.format(Locale.ROOT, "%,d", number);
    }

    private void manyRules() throws Exception {
        int size = 10_000;
        SyntheticTailnet tailnet = new SyntheticTailnet(size);
        String text = tailnet.policy(MANY_RULES, false);
        TailnetImage image = withPolicy(tailnet.image(), text);
        double micros = CpuClock.microsPerRun(ROUNDS, 1, () -> compiler().compile(image));
        report.add(Figure.atMost(
                "policy of " + count(MANY_RULES) + " rules, " + count(size) + " nodes, text to image, CPU",
                micros / 1e3,
                1_000,
                "ms",
                text.lines().count() + " lines, " + text.length() / 1024 + " KiB; reading included"));
        memory(image, size);
        TailnetImage longer = withPolicy(tailnet.image(), withHosts(text));
        report.add(Figure.atMost(
                "policy of 145,000 lines, " + count(size) + " nodes, text to image, CPU",
                CpuClock.microsPerRun(ROUNDS, 1, () -> compiler().compile(longer)) / 1e3,
                1_000,
                "ms",
                "the same rules and " + count(MANY_HOSTS) + " more hosts"));
    }

    private static String withHosts(String policy) {
        StringBuilder hosts = new StringBuilder("\"hosts\": {");
        for (int i = 0; i < MANY_HOSTS; i++) {
            hosts.append("\n\"x").append(i).append("\": \"10.");
            hosts.append(i >> 16)
                    .append('.')
                    .append(i >> 8 & 255)
                    .append('.')
                    .append(i & 255)
                    .append("\",");
        }
        return policy.replace("\"hosts\": {", hosts);
    }

    /** The heap that a compiled policy holds beside its image, with all filters asked for. */
    @SuppressWarnings("ReachabilityFenceUsage") // what fails on the way ends the benchmark
    private void memory(TailnetImage image, int size) throws Exception {
        PolicyCompiler compiler = compiler();
        CompiledPolicy unused = compiler.compile(image);
        long before = usedBytes();
        CompiledPolicy policy = compiler.compile(image);
        long compiled = usedBytes();
        asked(policy, image);
        long asked = usedBytes();
        report.add(Figure.atMost(
                "compiled image, " + count(MANY_RULES) + " rules, " + count(size) + " nodes, heap",
                (compiled - before) / MB,
                50,
                "MB",
                "after GC, without the tailnet image and the policy's text; with the filter of every node: "
                        + (long) ((asked - before) / MB) + " MB; classes shared by "
                        + unused.getClass().getSimpleName()));
        java.lang.ref.Reference.reachabilityFence(policy);
    }

    /** The same after every node has asked for its filter. */
    private static CompiledPolicy asked(CompiledPolicy policy, TailnetImage image) {
        image.nodes().values().forEach(node -> policy.filterOf(node).version());
        return policy;
    }

    private static long usedBytes() throws InterruptedException {
        Runtime runtime = Runtime.getRuntime();
        long least = Long.MAX_VALUE;
        for (int i = 0; i < 4; i++) {
            System.gc();
            Thread.sleep(50);
            least = Math.min(least, runtime.totalMemory() - runtime.freeMemory());
        }
        return least;
    }

    private void changes(int size) throws Exception {
        SyntheticTailnet tailnet = new SyntheticTailnet(size);
        String text = tailnet.policy(RULES, true);
        String other = tailnet.policy(RULES, true);
        TailnetImage image = withPolicy(tailnet.image(), text);
        TailnetDelta change = delta(image, new Change.PolicyPut(new Policy(2, other, WRITTEN)));
        TailnetImage changed = image.apply(change);
        PolicyCompiler compiler = compiler();
        List<Long> nanos = new ArrayList<>();
        for (int round = 0; round < 2 * ROUNDS; round++) {
            CompiledPolicy policy = asked(compiler.compile(image), image);
            long start = threadNanos();
            policy.advance(image, change, changed);
            nanos.add(threadNanos() - start);
        }
        String nodes = count(size) + " nodes";
        String name = "policy change, " + RULES + " rules, " + nodes + ", CPU";
        String note = "text to image and whom it concerns; every rule another, every node has asked for its filter";
        double millis = median(nanos.subList(ROUNDS, 2 * ROUNDS)) / 1e6;
        report.add(
                size == 100_000 ? Figure.atMost(name, millis, 2_000, "ms", note) : Figure.of(name, millis, "ms", note));
        CompiledPolicy before = compiler.compile(image);
        CompiledPolicy after = before.advance(image, change, changed).next();
        report.add(Figure.of(
                "policy diff of the two, " + nodes + ", CPU",
                CpuClock.microsPerRun(1, 1, () -> PolicyDiff.between(image, before, after)) / 1e3,
                "ms",
                "every rule another"));
        joins(tailnet, image, size);
    }

    private void joins(SyntheticTailnet tailnet, TailnetImage image, int size) throws Exception {
        PolicyCompiler compiler = compiler();
        CompiledPolicy policy = compiler.compile(image);
        for (Node node : image.nodes().values()) {
            if (node.id().value() % 7 == 0) {
                policy.filterOf(node).version();
            }
        }
        TailnetImage current = image;
        List<Long> nanos = new ArrayList<>();
        List<Long> returning = new ArrayList<>();
        for (int i = 1; i <= 2 * JOINS; i++) {
            // like a node that is there, without its routes
            int like = (i * 37) % size + 1;
            Node model = tailnet.node(like % 100 == 0 ? like + 1 : like);
            Node node = withNumber(tailnet.node(size + i), model);
            TailnetDelta joined = delta(current, new Change.NodePut(node));
            TailnetImage next = current.apply(joined);
            long start = threadNanos();
            policy = policy.advance(current, joined, next).next();
            nanos.add(threadNanos() - start);
            current = next;
            Node back = node.toBuilder()
                    .host(new HostFacts("linux", "6." + i, "1.90." + i, "", "", false, false))
                    .build();
            TailnetDelta returned = delta(current, new Change.NodePut(back));
            next = current.apply(returned);
            start = threadNanos();
            CompiledPolicy.Advance advance = policy.advance(current, returned, next);
            returning.add(threadNanos() - start);
            requireNothing(advance.effect());
            policy = advance.next();
            current = next;
        }
        String nodes = count(size) + " nodes";
        report.add(Figure.atMost(
                "join of a node of an existing class, " + nodes + ", CPU",
                median(nanos.subList(JOINS, 2 * JOINS)) / 1e6,
                1,
                "ms",
                "engine alone, median of " + JOINS));
        report.add(Figure.atMost(
                "reconnect of a node with another version and kernel, " + nodes + ", CPU",
                median(returning.subList(JOINS, 2 * JOINS)) / 1e6,
                1,
                "ms",
                "no class, filter, SSH policy or neighbour is made anew, which the run checks"));
    }

    private static Node withNumber(Node fresh, Node model) {
        return fresh.toBuilder()
                .tags(model.tags())
                .userId(model.userId())
                .advertisedRoutes(List.of())
                .approvedRoutes(List.of())
                .build();
    }

    private static void requireNothing(PolicyEffect effect) {
        if (effect.everything()
                || !effect.moved().isEmpty()
                || !effect.visibility().isEmpty()
                || !effect.filters().isEmpty()
                || !effect.peers().isEmpty()) {
            throw new IllegalStateException("a reconnect changed more than the node itself: " + effect);
        }
    }

    private static long threadNanos() {
        return java.lang.management.ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
    }

    private static double median(List<Long> values) {
        return values.stream().sorted().skip(values.size() / 2).findFirst().orElseThrow();
    }

    /** One rule about own nodes over 10,000 nodes of 500 users. */
    private void ownNodes() throws Exception {
        SyntheticTailnet tailnet = new SyntheticTailnet(10_000, 500);
        TailnetImage bare = tailnet.image();
        double[] millis = new double[2];
        for (int i = 0; i < 2; i++) {
            TailnetImage image = withPolicy(bare, new SyntheticTailnet(10_000, 500).policy(RULES, i == 1));
            PolicyCompiler compiler = compiler();
            millis[i] = CpuClock.microsPerRun(ROUNDS, 1, () -> {
                        return asked(compiler.compile(image), image);
                    })
                    / 1e3;
        }
        report.add(Figure.atMost(
                "one autogroup:self rule over 10,000 nodes of 500 users, CPU",
                millis[1] / millis[0],
                2,
                "times the same without",
                String.format(
                        Locale.ROOT,
                        "compile and the filter of every node, %d rules: %.0f ms with, %.0f ms without",
                        RULES,
                        millis[1],
                        millis[0])));
    }

    /** The pair-wise interpreter on the same image. */
    private void oracle() throws Exception {
        int size = 100;
        SyntheticTailnet tailnet = new SyntheticTailnet(size);
        TailnetImage image = withPolicy(tailnet.image(), tailnet.policy(50, true));
        double engine = CpuClock.microsPerRun(ROUNDS, 10, () -> {
            CompiledPolicy policy = compiler().compile(image);
            image.nodes().values().forEach(node -> policy.filterOf(node).rules());
            return policy;
        });
        double direct = CpuClock.microsPerRun(1, 1, () -> {
            DirectPolicy policy = DirectPolicy.of(image, new BareEnvironment());
            image.nodes().values().forEach(policy::filterOf);
            return policy;
        });
        report.add(Figure.of(
                "oracle against engine, " + size + " nodes, 50 rules, CPU",
                direct / engine,
                "times",
                String.format(Locale.ROOT, "all filters: %.0f ms and %.1f ms", direct / 1e3, engine / 1e3)));
    }
}
