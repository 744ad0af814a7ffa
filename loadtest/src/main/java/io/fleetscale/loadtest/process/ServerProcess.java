package io.fleetscale.loadtest.process;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** CPU time and resident memory of a server's process on this machine (Linux). Thread-safe. */
public final class ServerProcess {
    /** Unit of the times in {@code /proc/PID/stat}: 1/100 s on every Linux that Java runs on. */
    private static final double TICKS_PER_SECOND = 100;

    private static final Pattern RESIDENT = Pattern.compile("(?m)^VmRSS:\\s+(\\d+) kB$");
    private static final Pattern HEAP_USED = Pattern.compile("used (\\d+)K");
    /** Where the fields after the process name stand in {@code stat}. Source: proc(5). */
    private static final int USER_TIME = 11;

    private static final int SYSTEM_TIME = 12;
    private static final int CHILDREN_SYSTEM_TIME = 14;

    private final long pid;

    public ServerProcess(long pid) {
        this.pid = pid;
    }

    public long pid() {
        return pid;
    }

    /** CPU seconds of the process itself. */
    public double cpuSeconds() {
        return ticks(pid, USER_TIME, SYSTEM_TIME) / TICKS_PER_SECOND;
    }

    /** What of {@link #cpuSeconds} the kernel spent on its behalf: system calls, and the packets that they send. */
    public double systemCpuSeconds() {
        return ticks(pid, SYSTEM_TIME, SYSTEM_TIME) / TICKS_PER_SECOND;
    }

    /** CPU seconds of the processes that it started, such as its database, ended ones included. */
    public double descendantsCpuSeconds() {
        return ProcessHandle.of(pid).stream()
                        .flatMap(ProcessHandle::descendants)
                        .mapToLong(child -> ticks(child.pid(), USER_TIME, CHILDREN_SYSTEM_TIME))
                        .sum()
                / TICKS_PER_SECOND;
    }

    private static long ticks(long process, int first, int last) {
        Optional<String> stat = read(process, "stat");
        if (stat.isEmpty()) {
            return 0;
        }
        String[] fields = stat.get().substring(stat.get().lastIndexOf(')') + 2).split(" ");
        long sum = 0;
        for (int i = first; i <= last; i++) {
            sum += Long.parseLong(fields[i]);
        }
        return sum;
    }

    /** Resident memory in bytes. */
    public long residentBytes() {
        String status = read(pid, "status")
                .orElseThrow(() -> new IllegalStateException("process " + pid + " is not there (any more)"));
        Matcher matcher = RESIDENT.matcher(status);
        if (!matcher.find()) {
            throw new IllegalStateException("no VmRSS of process " + pid);
        }
        return Long.parseLong(matcher.group(1)) * 1024;
    }

    /** Has the JVM collect its garbage, twice: the first time enqueues what the second time frees. */
    public void collectGarbage() throws IOException, InterruptedException {
        jcmd("GC.run");
        jcmd("GC.run");
    }

    /** Bytes of the JVM's heap in use. */
    public long heapBytes() throws IOException, InterruptedException {
        Matcher matcher = HEAP_USED.matcher(jcmd("GC.heap_info"));
        if (!matcher.find()) {
            throw new IllegalStateException("no heap size of process " + pid);
        }
        return Long.parseLong(matcher.group(1)) * 1024;
    }

    private String jcmd(String command) throws IOException, InterruptedException {
        Path jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd");
        Process process = new ProcessBuilder(List.of(jcmd.toString(), Long.toString(pid), command))
                .redirectErrorStream(true)
                .start();
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        if (!process.waitFor(60, TimeUnit.SECONDS) || process.exitValue() != 0) {
            throw new IOException("jcmd " + pid + " " + command + ": " + output.strip());
        }
        return output;
    }

    private static Optional<String> read(long process, String file) {
        Path path = Path.of("/proc", Long.toString(process), file);
        if (!Files.exists(path)) {
            return Optional.empty();
        }
        try {
            return Optional.of(Files.readString(path));
        } catch (java.nio.file.NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException e) {
            if (!Files.exists(path)) {
                return Optional.empty(); // ended meanwhile
            }
            throw new UncheckedIOException(e);
        }
    }
}
