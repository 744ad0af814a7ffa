package io.fleetscale.control.nodecert;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetscale.control.dns.DnsSettings;
import io.fleetscale.control.frontdoor.noise.MapStream;
import io.fleetscale.control.frontdoor.noise.NoiseRequest;
import io.fleetscale.control.frontdoor.noise.NoiseResponse;
import io.fleetscale.control.setting.TailnetSettings;
import io.fleetscale.control.tailnet.Change;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.NodeId;
import io.fleetscale.control.tailnet.Setting;
import io.fleetscale.control.testing.TestTailnet;
import io.fleetscale.wire.ip.IpAddress;
import io.fleetscale.wire.key.MachineKey;
import io.fleetscale.wire.key.NodeKey;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A client's call until the record is at a DNS server. */
class SetDnsCallTest {
    private static final MachineKey MACHINE = MachineKey.of(key(1));
    private static final NodeKey NODE = NodeKey.of(key(2));
    private static final String NAME = "_acme-challenge.web.tailnet.example";
    private static final String VALUE = "LoqXcYV8q5ONbJQxbmR7SCTNo3tiAXDfowyjxAjEuX0";

    private final TestTailnet tailnet = TestTailnet.create();
    private final BlockingQueue<byte[]> received = new LinkedBlockingQueue<>();
    private final ServerSocket server;
    private volatile int code;
    private final SetDnsCall call;

    SetDnsCallTest() throws IOException {
        server = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
        Thread unused = Thread.ofVirtual().start(this::serve);
        call = new SetDnsCall(
                tailnet,
                new DnsUpdater(
                        () -> new InetSocketAddress(InetAddress.getLoopbackAddress(), server.getLocalPort()),
                        "tailnet.example",
                        new TsigKey("k", new byte[32]),
                        tailnet::now,
                        new SecureRandom()));
    }

    private static byte[] key(int first) {
        byte[] key = new byte[32];
        key[0] = (byte) first;
        return key;
    }

    private void serve() {
        while (!server.isClosed()) {
            try (Socket socket = server.accept()) {
                DataInputStream in = new DataInputStream(socket.getInputStream());
                byte[] message = new byte[in.readUnsignedShort()];
                in.readFully(message);
                received.add(message);
                DataOutputStream out = new DataOutputStream(socket.getOutputStream());
                out.writeShort(12);
                out.write(message, 0, 2);
                out.writeShort(0xa800 | code);
                out.writeLong(0);
            } catch (IOException e) {
                // the test is over, or the client went away
            }
        }
    }

    @BeforeEach
    void oneNode() {
        tailnet.apply(new Change.NodePut(Node.builder(new NodeId(1), MACHINE, NODE, "n1", tailnet.now())
                .hostname("web")
                .givenName("web")
                .build()));
        tailnet.set(
                Setting.DNS,
                new DnsSettings(true, "tailnet.example", true, List.of(), new TreeMap<>(), List.of(), List.of())
                        .toJson());
        https(true);
    }

    @AfterEach
    void close() throws IOException {
        server.close();
    }

    private void https(boolean on) {
        tailnet.apply(TailnetSettings.fromJson(
                        TailnetSettings.INITIAL.toJson().replace("\"httpsEnabled\":false", "\"httpsEnabled\":" + on))
                .put());
    }

    /** What the client reads. */
    private static final class Answer implements NoiseResponse {
        int status;
        String body = "";

        @Override
        public void answer(int answered, Map<String, String> headers, byte[] content) {
            status = answered;
            body = new String(content, StandardCharsets.UTF_8);
        }

        @Override
        public MapStream openStream(int answered, String contentType) {
            throw new AssertionError("no stream");
        }

        @Override
        public boolean isOpen() {
            return true;
        }

        @Override
        public void onClosed(Runnable action) {}
    }

    private static Answer ask(SetDnsCall to, MachineKey machine, String name, String type, String value) {
        Answer answer = new Answer();
        to.handle(
                new NoiseRequest(
                        machine,
                        131,
                        IpAddress.parse("192.0.2.9"),
                        1,
                        "POST",
                        "/machine/set-dns",
                        "",
                        Map.of(),
                        Map.of(),
                        ("{\"Version\":131,\"NodeKey\":\"" + NODE + "\",\"Name\":\"" + name + "\",\"Type\":\"" + type
                                        + "\",\"Value\":\"" + value + "\"}")
                                .getBytes(StandardCharsets.UTF_8)),
                answer);
        return answer;
    }

    @Test
    void theRecordIsSetBeforeTheClientGoesOn() throws Exception {
        Answer answer = ask(call, MACHINE, NAME, "TXT", VALUE);

        assertThat(answer.status).as(answer.body).isEqualTo(200);
        assertThat(answer.body).isEqualTo("{}");
        byte[] message = received.poll(30, TimeUnit.SECONDS);
        assertThat(message).isNotNull();
        assertThat(new String(message, StandardCharsets.ISO_8859_1)).contains(VALUE);
    }

    @Test
    void aRefusalOfTheDnsServerIsTheClientsToo() {
        code = 9;

        assertThat(ask(call, MACHINE, NAME, "TXT", VALUE).status).isEqualTo(502);
    }

    @Test
    void onlyTheOwnNameAndOnlyAChallengeCanBeSet() {
        assertThat(ask(call, MACHINE, "_acme-challenge.other.tailnet.example", "TXT", VALUE).status)
                .isEqualTo(403);
        assertThat(ask(call, MACHINE, "web.tailnet.example", "TXT", VALUE).status)
                .isEqualTo(403);
        assertThat(ask(call, MachineKey.of(key(9)), NAME, "TXT", VALUE).status).isEqualTo(403);
        assertThat(ask(call, MACHINE, NAME, "A", VALUE).status).isEqualTo(400);
        assertThat(ask(call, MACHINE, NAME, "TXT", "v=spf1 -all").status).isEqualTo(400);
        https(false);
        assertThat(ask(call, MACHINE, NAME, "TXT", VALUE).status).isEqualTo(403);
        assertThat(ask(new SetDnsCall(tailnet, null), MACHINE, NAME, "TXT", VALUE).status)
                .isEqualTo(501);
        assertThat(received).isEmpty();
    }
}
