package io.fleetscale.wire.noise;

import io.fleetscale.wire.key.MachineKey;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Base64;

/**
 * The client's half of a handshake. Confined to one thread.
 *
 * <p>Source: tailscale control/controlbase/handshake.go, ClientDeferred.
 */
public final class InitiatorHandshake {
    private static final byte[] NOTHING = new byte[0];

    private final HandshakeState state;
    private final MachinePrivateKey machineKey;
    private final MachinePrivateKey ephemeral;
    private final byte[] initiation;

    private InitiatorHandshake(
            HandshakeState state, MachinePrivateKey machineKey, MachinePrivateKey ephemeral, byte[] initiation) {
        this.state = state;
        this.machineKey = machineKey;
        this.ephemeral = ephemeral;
        this.initiation = initiation;
    }

    /**
     * Starts a handshake.
     *
     * @param protocolVersion the capability version, 0..65535
     * @throws NoiseException CRYPTO if the server's key is of low order
     */
    public static InitiatorHandshake start(
            MachinePrivateKey machineKey, MachineKey serverKey, int protocolVersion, SecureRandom random)
            throws NoiseException {
        return start(machineKey, serverKey, protocolVersion, MachinePrivateKey.generate(random));
    }

    static InitiatorHandshake start(
            MachinePrivateKey machineKey, MachineKey serverKey, int protocolVersion, MachinePrivateKey ephemeral)
            throws NoiseException {
        if (protocolVersion < 0 || protocolVersion > 0xFFFF) {
            throw new IllegalArgumentException("protocol version " + protocolVersion + ": must be 0..65535");
        }
        byte[] message = new byte[NoiseFormat.INITIATION_LENGTH];
        message[0] = (byte) (protocolVersion >>> 8);
        message[1] = (byte) protocolVersion;
        message[2] = NoiseFormat.TYPE_INITIATION;
        message[4] = NoiseFormat.INITIATION_PAYLOAD_LENGTH;

        HandshakeState state = new HandshakeState(protocolVersion, serverKey);
        int at = NoiseFormat.INITIATION_HEADER_LENGTH;
        System.arraycopy(ephemeral.publicKey().raw().toArray(), 0, message, at, NoiseFormat.KEY_LENGTH);
        state.mixHash(message, at, NoiseFormat.KEY_LENGTH);
        at += NoiseFormat.KEY_LENGTH;

        byte[] server = serverKey.raw().toArray();
        state.mixKey(ephemeral.agree(server, 0));
        state.seal(machineKey.publicKey().raw().toArray(), NoiseFormat.KEY_LENGTH, message, at);
        at += NoiseFormat.KEY_LENGTH + NoiseFormat.TAG_LENGTH;

        state.mixKey(machineKey.agree(server, 0));
        state.seal(NOTHING, 0, message, at);
        return new InitiatorHandshake(state, machineKey, ephemeral, message);
    }

    /** The 101 bytes of the initiation. */
    public byte[] initiation() {
        return initiation.clone();
    }

    /** The initiation as the header {@code X-Tailscale-Handshake} carries it. */
    public String initiationBase64() {
        return Base64.getEncoder().encodeToString(initiation);
    }

    /**
     * How long the server's answer is that starts with these three bytes.
     *
     * @throws NoiseException MALFORMED if it is neither a response nor an error of a sane length
     */
    public static int answerLength(byte[] header) throws NoiseException {
        int length = (header[1] & 0xFF) << 8 | (header[2] & 0xFF);
        return switch (header[0]) {
            case NoiseFormat.TYPE_RESPONSE -> {
                if (length != NoiseFormat.RESPONSE_PAYLOAD_LENGTH) {
                    throw NoiseException.malformed(
                            "response declares " + length + " bytes: must be " + NoiseFormat.RESPONSE_PAYLOAD_LENGTH);
                }
                yield NoiseFormat.RESPONSE_LENGTH;
            }
            case NoiseFormat.TYPE_ERROR -> {
                if (length > NoiseFormat.MAX_ERROR_LENGTH) {
                    throw NoiseException.malformed(
                            "error text of " + length + " bytes: at most " + NoiseFormat.MAX_ERROR_LENGTH);
                }
                yield NoiseFormat.HEADER_LENGTH + length;
            }
            default -> throw NoiseException.malformed("message type " + (header[0] & 0xFF) + " instead of a response");
        };
    }

    /**
     * Reads the server's answer, whole; to be called once.
     *
     * @throws NoiseException REFUSED with the server's text if it is an error; MALFORMED or CRYPTO otherwise
     */
    public TransportKeys finish(byte[] answer) throws NoiseException {
        if (answer.length < NoiseFormat.HEADER_LENGTH || answer.length != answerLength(answer)) {
            throw NoiseException.malformed("answer of " + answer.length + " bytes");
        }
        if (answer[0] == NoiseFormat.TYPE_ERROR) {
            throw new NoiseException(
                    NoiseException.Reason.REFUSED,
                    new String(
                            answer,
                            NoiseFormat.HEADER_LENGTH,
                            answer.length - NoiseFormat.HEADER_LENGTH,
                            StandardCharsets.UTF_8));
        }
        int at = NoiseFormat.HEADER_LENGTH;
        state.mixHash(answer, at, NoiseFormat.KEY_LENGTH);
        state.mixKey(ephemeral.agree(answer, at));
        state.mixKey(machineKey.agree(answer, at));
        state.open(answer, at + NoiseFormat.KEY_LENGTH, NoiseFormat.TAG_LENGTH);
        return state.split();
    }

    HandshakeState state() {
        return state;
    }
}
