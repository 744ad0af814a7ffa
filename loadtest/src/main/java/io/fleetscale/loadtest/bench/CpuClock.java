package io.fleetscale.loadtest.bench;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;

/** CPU time of the calling thread: what the work costs, whatever else the machine does meanwhile. */
final class CpuClock {
    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    private CpuClock() {}

    /** One unit of work; its result is returned so that it cannot be optimised away. */
    interface Work {
        Object run() throws Exception;
    }

    /**
     * Microseconds of CPU for one run: the median of {@code rounds} rounds of {@code perRound} runs each, after as many
     * again to warm up.
     */
    static double microsPerRun(int rounds, int perRound, Work work) throws Exception {
        double[] samples = new double[rounds];
        int sink = 0;
        for (int round = -rounds; round < rounds; round++) {
            long before = THREADS.getCurrentThreadCpuTime();
            for (int i = 0; i < perRound; i++) {
                sink ^= System.identityHashCode(work.run());
            }
            long after = THREADS.getCurrentThreadCpuTime();
            if (round >= 0) {
                samples[round] = (after - before) / 1000.0 / perRound;
            }
        }
        if (sink == 1) {
            System.err.print("");
        }
        java.util.Arrays.sort(samples);
        return samples[rounds / 2];
    }
}
