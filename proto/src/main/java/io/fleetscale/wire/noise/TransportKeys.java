package io.fleetscale.wire.noise;

import javax.crypto.SecretKey;

/** The two keys that a handshake ends with. Prints no secret. */
public final class TransportKeys {
    private final SecretKey clientToServer;
    private final SecretKey serverToClient;

    TransportKeys(SecretKey clientToServer, SecretKey serverToClient) {
        this.clientToServer = clientToServer;
        this.serverToClient = serverToClient;
    }

    /** Key of the records that the client seals and the server opens. */
    public SecretKey clientToServer() {
        return clientToServer;
    }

    /** Key of the records that the server seals and the client opens. */
    public SecretKey serverToClient() {
        return serverToClient;
    }

    @Override
    public String toString() {
        return "TransportKeys[redacted]";
    }
}
