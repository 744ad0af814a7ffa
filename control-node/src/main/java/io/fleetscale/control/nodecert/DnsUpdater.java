package io.fleetscale.control.nodecert;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.function.Supplier;

/** Sets records at the authoritative server of a zone, over TCP. Thread-safe; blocks. Source: RFC 2136, RFC 7766. */
public final class DnsUpdater {
    private static final Duration LIMIT = Duration.ofSeconds(10);
    private static final int HEADER_BYTES = 12;
    private static final int IDS = 1 << 16;
    private static final int RESPONSE = 0x8000;
    private static final int CODE = 0xf;
    /** By number. Source: RFC 2136 2.2. */
    private static final List<String> CODES = List.of(
            "no error",
            "the message is malformed",
            "the server failed",
            "the name does not exist",
            "it takes no updates",
            "refused",
            "a name is there that must not be",
            "a record is there that must not be",
            "a record is missing",
            "it is not authoritative for the zone, or the key is wrong",
            "the name is not in the zone");

    private final Supplier<InetSocketAddress> server;
    private final String zone;
    private final TsigKey key;
    private final InstantSource clock;
    private final SecureRandom random;

    /** @param server looked up for each update */
    public DnsUpdater(
            Supplier<InetSocketAddress> server, String zone, TsigKey key, InstantSource clock, SecureRandom random) {
        this.server = server;
        this.zone = zone;
        this.key = key;
        this.clock = clock;
        this.random = random;
    }

    /** Whether the name lies in the zone. */
    boolean holds(String name) {
        return name.endsWith("." + zone);
    }

    /**
     * Puts one TXT record in the place of all others of the name; returns when the server has it.
     *
     * @throws IOException saying what the server answered, or that it did not
     */
    void replaceTxt(String name, String text) throws IOException {
        int id = random.nextInt(IDS);
        byte[] message = DnsUpdate.replaceTxt(id, zone, name, text, key, clock.instant());
        byte[] framed = new byte[message.length + 2];
        framed[0] = (byte) (message.length >>> 8);
        framed[1] = (byte) message.length;
        System.arraycopy(message, 0, framed, 2, message.length);
        try (Socket socket = new Socket()) {
            socket.setSoTimeout((int) LIMIT.toMillis());
            socket.connect(server.get(), (int) LIMIT.toMillis());
            OutputStream out = socket.getOutputStream();
            out.write(framed);
            out.flush();
            judge(id, new DataInputStream(socket.getInputStream()));
        }
    }

    private static void judge(int id, DataInputStream in) throws IOException {
        if (in.readUnsignedShort() < HEADER_BYTES) {
            throw new IOException("the DNS server's answer is too short");
        }
        int answered = in.readUnsignedShort();
        int flags = in.readUnsignedShort();
        if (answered != id || (flags & RESPONSE) == 0) {
            throw new IOException("the DNS server's answer is none to this message");
        }
        int code = flags & CODE;
        if (code != 0) {
            throw new IOException("the DNS server does not do the update: code " + code
                    + (code < CODES.size() ? ", " + CODES.get(code) : ""));
        }
    }
}
