package io.fleetscale.loadtest.bench;

import io.fleetscale.loadtest.report.Figure;
import io.fleetscale.loadtest.report.Report;
import io.fleetscale.wire.noise.InitiatorHandshake;
import io.fleetscale.wire.noise.MachinePrivateKey;
import io.fleetscale.wire.noise.ResponderHandshake;
import io.fleetscale.wire.noise.StaticAgreements;
import java.security.SecureRandom;

/** What one Noise handshake costs the server: reading an initiation and answering it. */
final class HandshakeBench {
    private HandshakeBench() {}

    static void run(Report report) throws Exception {
        SecureRandom random = new SecureRandom();
        MachinePrivateKey server = MachinePrivateKey.generate(random);
        MachinePrivateKey client = MachinePrivateKey.generate(random);
        byte[] initiation = InitiatorHandshake.start(client, server.publicKey(), 142, random)
                .initiation();
        double micros = CpuClock.microsPerRun(
                9, 400, () -> ResponderHandshake.read(initiation, server).respond(random));
        report.add(Figure.atMost(
                "Noise handshake, CPU of the server", micros / 1000, 0.6, "ms", "median of 9 x 400, one thread"));
        StaticAgreements agreements = new StaticAgreements(server, 1);
        double again = CpuClock.microsPerRun(
                9, 400, () -> ResponderHandshake.read(initiation, agreements).respond(random));
        report.add(Figure.of(
                "Noise handshake of a machine that was here before, CPU of the server",
                again / 1000,
                "ms",
                "the same"));
    }
}
