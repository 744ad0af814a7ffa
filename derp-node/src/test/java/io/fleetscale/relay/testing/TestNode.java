package io.fleetscale.relay.testing;

import io.fleetscale.wire.derp.BoxKey;
import io.fleetscale.wire.derp.BoxKeyPair;
import io.fleetscale.wire.derp.DerpFrameEncoder;
import io.fleetscale.wire.key.Bytes32;
import io.fleetscale.wire.key.NodeKey;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.Consumer;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;

/** A node on a blocking socket, which speaks the frames with a reader of its own. Confined to one thread. */
public final class TestNode implements AutoCloseable {
    /** A frame as it came. */
    public static final class Frame {
        private final int type;
        private final byte[] payload;

        Frame(int type, byte[] payload) {
            this.type = type;
            this.payload = payload;
        }

        public int type() {
            return type;
        }

        public byte[] payload() {
            return payload;
        }

        /** Key of the sender or of the peer in question. */
        public Bytes32 key() {
            return Bytes32.of(payload, 0);
        }

        /** What follows the key. */
        public byte[] afterKey() {
            return Arrays.copyOfRange(payload, 32, payload.length);
        }

        public String text() {
            return new String(afterKey(), StandardCharsets.UTF_8);
        }
    }

    private static final String INFO = "{\"version\":2,\"CanAckPings\":true}";
    private static final int READ_TIMEOUT_MILLIS = 10_000;

    private final SecureRandom random = new SecureRandom();
    private final Socket socket;
    private final DataInputStream in;
    private final OutputStream out;
    private BoxKeyPair keys = BoxKeyPair.generate(random);

    private TestNode(Socket socket) throws IOException {
        this.socket = socket;
        socket.setSoTimeout(READ_TIMEOUT_MILLIS);
        socket.setTcpNoDelay(true);
        InputStream input = socket.getInputStream();
        this.in = new DataInputStream(new BufferedInputStream(input, 1 << 16));
        this.out = socket.getOutputStream();
    }

    public static TestNode plain(InetSocketAddress relay) throws IOException {
        return new TestNode(new Socket(relay.getAddress(), relay.getPort()));
    }

    /** A node with so small a receive buffer that a relay soon has to wait for it. */
    public static TestNode slow(InetSocketAddress relay) throws IOException {
        Socket socket = new Socket();
        socket.setReceiveBufferSize(4096);
        socket.connect(relay);
        return new TestNode(socket);
    }

    public static TestNode tls(InetSocketAddress relay, String... protocols) throws IOException {
        try {
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, new TrustManager[] {new TrustAll()}, null);
            SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket(relay.getAddress(), relay.getPort());
            if (protocols.length > 0) {
                socket.setEnabledProtocols(protocols);
            }
            socket.startHandshake();
            return new TestNode(socket);
        } catch (GeneralSecurityException e) {
            throw new IOException(e);
        }
    }

    /** A node behind a proxy that passes TLS on, with {@code preamble} in front of it. */
    public static TestNode tlsBehindProxy(InetSocketAddress relay, byte[] preamble) throws IOException {
        Socket proxy = new Socket(relay.getAddress(), relay.getPort());
        try {
            proxy.getOutputStream().write(preamble);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, new TrustManager[] {new TrustAll()}, null);
            SSLSocket socket = (SSLSocket)
                    context.getSocketFactory().createSocket(proxy, relay.getHostString(), relay.getPort(), true);
            socket.setSoTimeout(READ_TIMEOUT_MILLIS);
            socket.startHandshake();
            return new TestNode(socket);
        } catch (GeneralSecurityException e) {
            proxy.close();
            throw new IOException(e);
        } catch (IOException e) {
            proxy.close();
            throw e;
        }
    }

    public X509Certificate[] relayCertificates() throws IOException {
        return Arrays.stream(((SSLSocket) socket).getSession().getPeerCertificates())
                .map(X509Certificate.class::cast)
                .toArray(X509Certificate[]::new);
    }

    public TestNode withKeys(BoxKeyPair pair) {
        keys = pair;
        return this;
    }

    public NodeKey key() {
        return keys.publicKey();
    }

    /** Upgrades, greets and awaits the ServerInfo. */
    public TestNode join() throws IOException {
        upgrade();
        greet(serverKey());
        Frame info = next();
        if (info.type() != 0x03) {
            throw new IOException("expected a ServerInfo, not type " + info.type());
        }
        return this;
    }

    public void upgrade() throws IOException {
        String answer = request("GET /derp HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: DERP\r\n\r\n");
        if (!answer.startsWith("HTTP/1.1 101 ")) {
            throw new IOException("not upgraded: " + answer);
        }
    }

    /** Sends a request and reads the head of its answer, with the empty line. */
    public String request(String head) throws IOException {
        raw(head.getBytes(StandardCharsets.US_ASCII));
        StringBuilder answer = new StringBuilder();
        while (answer.indexOf("\r\n\r\n") < 0) {
            answer.append((char) in.readUnsignedByte());
        }
        return answer.toString();
    }

    public NodeKey serverKey() throws IOException {
        Frame frame = next();
        return NodeKey.of(Arrays.copyOfRange(frame.payload(), 8, 40));
    }

    public void greet(NodeKey relay) throws IOException {
        frame(greeting(relay, INFO));
    }

    /** The ClientInfo frame as a function to write it. */
    public Consumer<ByteBuf> greeting(NodeKey relay, String info) {
        BoxKey box = keys.boxWith(relay).orElseThrow();
        byte[] sealed = box.seal(info.getBytes(StandardCharsets.UTF_8), random);
        return buffer -> DerpFrameEncoder.clientInfo(buffer, key(), sealed);
    }

    /** What a sealed frame of the relay says. */
    public String opened(NodeKey relay, Frame sealed) {
        return new String(
                keys.boxWith(relay).orElseThrow().open(sealed.payload()).orElseThrow(), StandardCharsets.UTF_8);
    }

    public void send(NodeKey destination, byte[] packet) throws IOException {
        frame(buffer -> DerpFrameEncoder.sendPacket(buffer, destination.raw(), packet));
    }

    public void send(NodeKey destination, String packet) throws IOException {
        send(destination, packet.getBytes(StandardCharsets.UTF_8));
    }

    public void frame(Consumer<ByteBuf> writer) throws IOException {
        raw(bytes(writer));
    }

    public static byte[] bytes(Consumer<ByteBuf> writer) {
        ByteBuf buffer = Unpooled.buffer();
        writer.accept(buffer);
        return ByteBufUtil.getBytes(buffer);
    }

    public void raw(byte[] bytes) throws IOException {
        out.write(bytes);
        out.flush();
    }

    public int readByte() throws IOException {
        return in.read();
    }

    /** The next frame. */
    public Frame next() throws IOException {
        int type = in.readUnsignedByte();
        byte[] payload = new byte[in.readInt()];
        in.readFully(payload);
        return new Frame(type, payload);
    }

    /** The next frame of a type; others are skipped. */
    public Frame next(int type) throws IOException {
        Frame frame = next();
        while (frame.type() != type) {
            frame = next();
        }
        return frame;
    }

    /** Sends a ping and reads until its pong, returning the first frame in between. */
    public Optional<Frame> firstBeforePong() throws IOException {
        long payload = random.nextLong();
        frame(buffer -> DerpFrameEncoder.ping(buffer, payload));
        Optional<Frame> first = Optional.empty();
        Frame frame = next();
        while (frame.type() != 0x13) {
            if (first.isEmpty()) {
                first = Optional.of(frame);
            }
            frame = next();
        }
        return first;
    }

    /** Reads until the relay ends the connection; false if it is silent for the time limit instead. */
    public boolean isClosedByRelay() throws IOException {
        try {
            while (true) {
                next();
            }
        } catch (EOFException e) {
            return true;
        } catch (SocketTimeoutException e) {
            return false;
        } catch (IOException e) {
            return true;
        }
    }

    /** Ends the connection before the end of the test. */
    public void leave() throws IOException {
        socket.close();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }

    private static final class TrustAll implements X509TrustManager {
        @Override
        public void checkClientTrusted(X509Certificate[] chain, String authType) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String authType) {}

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }
}
