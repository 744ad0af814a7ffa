package io.fleetscale.loadtest.bench;

import io.fleetscale.loadtest.report.Figure;
import io.fleetscale.loadtest.report.Report;
import io.fleetscale.wire.noise.NoiseFormat;
import io.fleetscale.wire.noise.RecordSealer;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import javax.crypto.spec.SecretKeySpec;

/** CPU time of sealing one record: of a delta's length, and a full one. */
final class RecordBench {
    private static final int ROUNDS = 15;
    private static final int RUNS = 20_000;
    private static final int DELTA_BYTES = 200;

    private RecordBench() {}

    static void run(Report report) throws Exception {
        for (int length : new int[] {DELTA_BYTES, NoiseFormat.MAX_PLAINTEXT_LENGTH}) {
            RecordSealer sealer = new RecordSealer(new SecretKeySpec(new byte[32], "ChaCha20"));
            ByteBuf plain = Unpooled.buffer(length).writeZero(length);
            ByteBuf out = Unpooled.directBuffer(RecordSealer.sealedLength(length));
            double micros = CpuClock.microsPerRun(ROUNDS, RUNS, () -> {
                sealer.seal(plain.readerIndex(0), out.clear());
                return out;
            });
            plain.release();
            out.release();
            report.add(Figure.of(
                    "sealing a record of " + length + " bytes, CPU",
                    micros,
                    "us",
                    "median of " + ROUNDS + " x " + RUNS + ", one thread"));
        }
    }
}
