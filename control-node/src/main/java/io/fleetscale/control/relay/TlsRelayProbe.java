package io.fleetscale.control.relay;

import io.fleetscale.control.derpmap.RelayMember;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;

/**
 * Connects to a relay by TLS and asks for its probe page. Which certificate it shows does not matter: the answer only keeps a
 * relay in the map that is there already. Thread-safe.
 */
public final class TlsRelayProbe implements RelayProbe {
    private static final int LIMIT_MILLIS = 1_000;
    private static final String OK = "HTTP/1.1 200";

    private final SSLContext context;

    public TlsRelayProbe() {
        try {
            context = SSLContext.getInstance("TLS");
            context.init(null, new TrustManager[] {new Anybody()}, null);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has TLS", e);
        }
    }

    @Override
    public boolean answers(RelayMember relay) {
        String host = relay.ipv4().isEmpty() || relay.ipv4().equals("none") ? relay.hostName() : relay.ipv4();
        try (Socket plain = new Socket()) {
            plain.connect(new InetSocketAddress(host, relay.derpPort()), LIMIT_MILLIS);
            plain.setSoTimeout(LIMIT_MILLIS);
            try (SSLSocket socket = (SSLSocket)
                    context.getSocketFactory().createSocket(plain, relay.hostName(), relay.derpPort(), true)) {
                socket.startHandshake();
                String request =
                        "GET /derp/probe HTTP/1.1\r\nHost: " + relay.hostName() + "\r\nConnection: close\r\n\r\n";
                socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
                byte[] answer = socket.getInputStream().readNBytes(OK.length());
                return new String(answer, StandardCharsets.US_ASCII).equals(OK);
            }
        } catch (IOException | IllegalArgumentException e) {
            return false;
        }
    }

    private static final class Anybody implements X509TrustManager {
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
