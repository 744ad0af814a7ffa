package io.fleetscale.control.doctor;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;
import org.jspecify.annotations.Nullable;

/**
 * HTTP/1.1 with nothing done behind one's back: no redirect followed, no header added, and the connection is the caller's after
 * an upgrade. One request each. Confined to its thread.
 */
final class PlainHttp implements AutoCloseable {
    private static final int MAX_HEAD_BYTES = 16 * 1024;
    private static final int MAX_BODY_BYTES = 64 * 1024;
    private static final int HTTPS_PORT = 443;
    private static final int HTTP_PORT = 80;

    /** @param headers names in lower case; of several values the last */
    record Answer(int status, Map<String, String> headers, String body) {
        String header(String name) {
            return headers.getOrDefault(name, "");
        }
    }

    private final Socket socket;
    private final InputStream in;
    private final String authority;

    private PlainHttp(Socket socket, String authority) throws IOException {
        this.socket = socket;
        this.in = socket.getInputStream();
        this.authority = authority;
    }

    /**
     * Connects.
     *
     * @param limit for connecting and for each wait
     * @param insecure whether any certificate will do
     */
    static PlainHttp connect(URI url, Duration limit, boolean insecure) throws IOException {
        boolean tls = url.getScheme().equals("https");
        int port = url.getPort() >= 0 ? url.getPort() : tls ? HTTPS_PORT : HTTP_PORT;
        String host = url.getHost().replace("[", "").replace("]", "");
        Socket plain = new Socket();
        try {
            plain.setSoTimeout(Math.toIntExact(limit.toMillis()));
            plain.connect(new InetSocketAddress(host, port), Math.toIntExact(limit.toMillis()));
            if (!tls) {
                return new PlainHttp(plain, url.getRawAuthority());
            }
            SSLSocket secure = (SSLSocket) factory(insecure).createSocket(plain, host, port, true);
            SSLParameters parameters = secure.getSSLParameters();
            parameters.setApplicationProtocols(new String[] {"http/1.1"});
            if (!insecure) {
                parameters.setEndpointIdentificationAlgorithm("HTTPS");
            }
            secure.setSSLParameters(parameters);
            secure.startHandshake();
            return new PlainHttp(secure, url.getRawAuthority());
        } catch (IOException failed) {
            plain.close();
            throw failed;
        }
    }

    /**
     * Sends a request without a body and reads the answer; its body unless the connection was taken over.
     *
     * @param headers each as {@code Name: value}
     */
    Answer ask(String method, String target, List<String> headers) throws IOException {
        StringBuilder head = new StringBuilder();
        head.append(method)
                .append(' ')
                .append(target)
                .append(" HTTP/1.1\r\nHost: ")
                .append(authority);
        headers.forEach(header -> head.append("\r\n").append(header));
        head.append("\r\n\r\n");
        socket.getOutputStream().write(head.toString().getBytes(StandardCharsets.ISO_8859_1));
        socket.getOutputStream().flush();
        String[] lines = readHead().split("\r\n", -1);
        String[] status = lines[0].split(" ", 3);
        if (!status[0].startsWith("HTTP/1.") || status.length < 2 || !status[1].matches("\\d{3}")) {
            throw new IOException("what answers does not speak HTTP/1.1");
        }
        Map<String, String> answered = new TreeMap<>();
        for (String line : List.of(lines).subList(1, lines.length)) {
            int colon = line.indexOf(':');
            if (colon > 0) {
                answered.put(
                        line.substring(0, colon).toLowerCase(Locale.ROOT),
                        line.substring(colon + 1).strip());
            }
        }
        int code = Integer.parseInt(status[1]);
        return new Answer(code, answered, code == 101 ? "" : readBody(answered.get("content-length")));
    }

    /** The next bytes of the protocol that took over. */
    byte[] read(int length) throws IOException {
        byte[] bytes = in.readNBytes(length);
        if (bytes.length < length) {
            throw new EOFException("the connection ended after " + bytes.length + " of " + length + " bytes");
        }
        return bytes;
    }

    private String readHead() throws IOException {
        StringBuilder head = new StringBuilder();
        while (!head.toString().endsWith("\r\n\r\n")) {
            int next = in.read();
            if (next < 0) {
                throw new EOFException("the connection ended before an answer");
            }
            if (head.length() >= MAX_HEAD_BYTES) {
                throw new IOException("the head of the answer is longer than " + MAX_HEAD_BYTES + " bytes");
            }
            head.append((char) next);
        }
        return head.substring(0, head.length() - 4);
    }

    private String readBody(@Nullable String length) throws IOException {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        int wanted = length != null && length.matches("\\d{1,6}") ? Integer.parseInt(length) : MAX_BODY_BYTES;
        body.write(in.readNBytes(Math.min(wanted, MAX_BODY_BYTES)));
        return body.toString(StandardCharsets.UTF_8);
    }

    private static SSLSocketFactory factory(boolean insecure) throws IOException {
        if (!insecure) {
            return (SSLSocketFactory) SSLSocketFactory.getDefault();
        }
        try {
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, new TrustManager[] {new TrustsAll()}, null);
            return context.getSocketFactory();
        } catch (GeneralSecurityException e) {
            throw new IOException("TLS cannot be prepared: " + e.getMessage(), e);
        }
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException e) {
            // nothing more is wanted of it
        }
    }

    /** For {@code --insecure} only. */
    private static final class TrustsAll implements X509TrustManager {
        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type) {
            // no client is asked for a certificate
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) {
            // the caller said that any will do
        }

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }
}
