package io.fleetscale.loadtest.cluster;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Cuts in the loopback network of a network namespace of its own: what is cut vanishes in both directions, connections stay open
 * and nobody is told, as behind a cable that was pulled. By routing rules, which every Linux has. Needs root there. To be used by
 * one thread.
 */
public final class NetworkCuts {
    private static final int LOCAL_PRIORITY = 100;
    private static final int CUT_PRIORITY = 10;

    private final List<List<String>> rules = new ArrayList<>();

    private NetworkCuts() {}

    /**
     * Prepares the namespace of this process.
     *
     * @throws IllegalArgumentException when it has a network besides loopback, as that of the machine has
     * @throws IOException when the rules cannot be set
     */
    public static NetworkCuts inThisNamespace() throws IOException, InterruptedException {
        // one line for each interface, after two of headings
        List<String> interfaces =
                Files.readAllLines(Path.of("/proc/net/dev")).stream().skip(2).toList();
        if (interfaces.stream().anyMatch(line -> !line.strip().startsWith("lo:"))) {
            throw new IllegalArgumentException("cuts of the network need root and a network namespace of their own: put"
                    + " \"unshare --net\" before the command");
        }
        ip("link", "set", "lo", "up");
        // the kernel looks for local addresses first; cuts must come before
        ip("rule", "add", "pref", Integer.toString(LOCAL_PRIORITY), "lookup", "local");
        ip("rule", "del", "pref", "0");
        return new NetworkCuts();
    }

    /** Nothing goes from or to an address any more. */
    public void cutAddress(String address) throws IOException, InterruptedException {
        add("from", address);
        add("to", address);
    }

    /** No TCP goes from or to a port any more. */
    public void cutPort(int port) throws IOException, InterruptedException {
        add("ipproto", "tcp", "sport", Integer.toString(port));
        add("ipproto", "tcp", "dport", Integer.toString(port));
    }

    private void add(String... selector) throws IOException, InterruptedException {
        List<String> rule = new ArrayList<>(List.of("pref", Integer.toString(CUT_PRIORITY)));
        rule.addAll(List.of(selector));
        rule.add("blackhole");
        ip(arguments("add", rule));
        rules.add(rule);
    }

    /** Everything comes through again. */
    public void heal() throws IOException, InterruptedException {
        for (List<String> rule : rules) {
            ip(arguments("del", rule));
        }
        rules.clear();
    }

    private static String[] arguments(String verb, List<String> rule) {
        List<String> all = new ArrayList<>(List.of("rule", verb));
        all.addAll(rule);
        return all.toArray(String[]::new);
    }

    private static void ip(String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of("ip"));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.waitFor() != 0) {
            throw new IOException(String.join(" ", command) + ": " + output.strip());
        }
    }
}
