package io.fleetscale.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Unmodified Tailscale clients against the packaged program, in a network namespace: the Go module {@code
 * loadtest/realclient} holds the scenarios. Without Go or {@code ip} the test is skipped in one line; with CI=true it fails.
 */
class RealClientIT {
    @TempDir
    static Path directory;

    private static Path realclient = Path.of("realclient");
    private static Path oldclient = Path.of("oldclient");
    private static Path tailscaled = Path.of("tailscaled");

    @BeforeAll
    static void build() throws Exception {
        GoPrograms.assumeGo("real clients", "ip", "unshare");
        Path module = DevProcess.repository().resolve("loadtest/realclient");
        realclient = directory.resolve("realclient");
        oldclient = directory.resolve("oldclient");
        tailscaled = directory.resolve("tailscaled");
        GoPrograms.execute(directory, module, "go", "build", "-o", realclient.toString(), ".");
        GoPrograms.execute(directory, module.resolve("oldclient"), "go", "build", "-o", oldclient.toString(), ".");
        // program and command line in one, as distributions for small machines have it
        GoPrograms.execute(
                directory,
                module,
                "go",
                "build",
                "-tags",
                "ts_include_cli",
                "-o",
                tailscaled.toString(),
                "tailscale.com/cmd/tailscaled");
    }

    @Test
    void directPaths() throws Exception {
        scenarios("-oldclient", oldclient.toString());
    }

    @Test
    void aWholeDaemonAndItsCommandLine() throws Exception {
        scenarios("-tailscaled", tailscaled.toString(), "-run", "^tailscaled", "-n", "2");
    }

    /** Who sees and reaches whom, by which router, and who gets in by SSH. */
    @Test
    void policies() throws Exception {
        scenarios("-policy", "-tailscaled", tailscaled.toString(), "-n", "2");
    }

    @Test
    void throughTheRelay() throws Exception {
        scenarios("-relay");
    }

    /** A drain and a {@code kill -9} of the relay that carries the streams of all: none breaks. */
    @Test
    void overDrainAndDeathOfARelay() throws Exception {
        scenarios("-relay", "-relays", "2", "-n", "3");
    }

    /** Homes in two regions: traffic across, changes of home, drain and death of relays, the loss of a whole region. */
    @Test
    @Tag("full")
    void inTwoRegions() throws Exception {
        scenarios("-relay", "-relays", "4", "-regions", "2", "-n", "6");
    }

    /** The production form: {@code fleetscale serve} with a certificate from files, sealed keys and a database of its own. */
    @Test
    void overTls() throws Exception {
        scenarios("-tls", loadtest(), "-run", "^TLS|^SIGHUP|^WebSocket|restart of the server|^web", "-n", "2");
    }

    @Test
    void throughTheRelayOverTls() throws Exception {
        scenarios("-tls", loadtest(), "-relay", "-run", "echo", "-n", "2");
    }

    /** Clients upload flow logs to this server as log.tailscale.com, by a proxy and a certificate that they trust. */
    @Test
    @Tag("full")
    void flowLogs() throws Exception {
        scenarios("-flowlogs", "-n", "2");
    }

    /** People of an OpenID Connect issuer: who may log in, roles, groups, expiry, several people on one device. */
    @Test
    @Tag("full")
    void loginAtAnIssuer() throws Exception {
        scenarios("-tls", loadtest(), "-oidc", "-run", "^OIDC", "-n", "2");
    }

    /** The example configurations of {@code deploy/proxy}, with the programs that they are for. */
    @ParameterizedTest
    @CsvSource({"nginx, nginx.conf", "haproxy, haproxy.cfg"})
    void behindAProxy(String program, String example) throws Exception {
        GoPrograms.assume("this reverse proxy", program);
        proxied(example);
    }

    @ParameterizedTest
    @Tag("full")
    @CsvSource({"haproxy, haproxy-tcp.cfg", "caddy, Caddyfile", "traefik, traefik.yaml"})
    void behindMoreProxies(String program, String example) throws Exception {
        GoPrograms.assume("this reverse proxy", program);
        proxied(example);
    }

    /** Two networks behind routers with the kernel's routing: the death of a router, its return, a restart of the server; files between devices. */
    @Test
    @Tag("full")
    void networksBehindRouters() throws Exception {
        assumeTrue(
                Files.isWritable(Path.of("/dev/net/tun")) && "root".equals(System.getProperty("user.name")),
                "skipped: routers need root and /dev/net/tun");
        scenarios("-networks", "-tailscaled", tailscaled.toString(), "-n", "2");
    }

    private static void proxied(String example) throws Exception {
        Path file = DevProcess.repository().resolve("deploy/proxy").resolve(example);
        scenarios(
                "-tls",
                loadtest(),
                "-proxy",
                file.toString(),
                "-run",
                "^proxy|^WebSocket|^web approval|echo",
                "-n",
                "2");
    }

    private static String loadtest() {
        return DevProcess.home().resolve("bin/loadtest").toString();
    }

    private static void scenarios(String... options) throws Exception {
        Path module = DevProcess.repository().resolve("loadtest/realclient");
        List<String> command = new ArrayList<>(List.of(
                module.resolve("netns.sh").toString(),
                realclient.toString(),
                "-fleetscale",
                DevProcess.home().resolve("bin/fleetscale").toString(),
                // this proves behaviour on whatever machine; times are printed, and judged where nothing else runs
                "-patience",
                "5"));
        command.addAll(List.of(options));
        String output = GoPrograms.execute(directory, module, command.toArray(String[]::new));
        System.out.println(output);
        assertThat(output).contains(", 0 failed");
    }
}
