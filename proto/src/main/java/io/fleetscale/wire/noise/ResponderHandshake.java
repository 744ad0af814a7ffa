package io.fleetscale.wire.noise;

import io.fleetscale.wire.key.MachineKey;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Arrays;

/**
 * The server's half of a handshake, in two steps, so that a caller who knows who is there can still refuse. Confined to
 * one thread; costs about 0.5 ms of CPU in all.
 *
 * <p>Source: tailscale control/controlbase/handshake.go, Server.
 */
public final class ResponderHandshake {
    private static final byte[] NOTHING = new byte[0];

    private final HandshakeState state;
    private final int protocolVersion;
    private final MachineKey peer;
    private final byte[] peerEphemeral;

    private ResponderHandshake(HandshakeState state, int protocolVersion, MachineKey peer, byte[] peerEphemeral) {
        this.state = state;
        this.protocolVersion = protocolVersion;
        this.peer = peer;
        this.peerEphemeral = peerEphemeral;
    }

    /** What {@link #respond} gives: the 51 bytes for the client, and the keys. */
    @SuppressWarnings("ArrayRecordComponent") // written to the wire once, never compared
    public record Established(byte[] response, TransportKeys keys) {}

    /**
     * The protocol version of an initiation, for a look before any cryptography.
     *
     * @throws NoiseException MALFORMED if these are not 101 bytes of an initiation
     */
    public static int protocolVersion(byte[] initiation) throws NoiseException {
        if (initiation.length != NoiseFormat.INITIATION_LENGTH) {
            throw NoiseException.malformed(
                    "initiation has " + initiation.length + " bytes: must be " + NoiseFormat.INITIATION_LENGTH);
        }
        if (initiation[2] != NoiseFormat.TYPE_INITIATION) {
            throw NoiseException.malformed("message type " + (initiation[2] & 0xFF) + ": an initiation has type "
                    + NoiseFormat.TYPE_INITIATION);
        }
        int declared = (initiation[3] & 0xFF) << 8 | (initiation[4] & 0xFF);
        if (declared != NoiseFormat.INITIATION_PAYLOAD_LENGTH) {
            throw NoiseException.malformed(
                    "initiation declares " + declared + " bytes: must be " + NoiseFormat.INITIATION_PAYLOAD_LENGTH);
        }
        return (initiation[0] & 0xFF) << 8 | (initiation[1] & 0xFF);
    }

    /**
     * Reads an initiation; afterwards the peer's machine key is proven as far as one message can (it may be a replay
     * until the first record arrives).
     *
     * @throws NoiseException MALFORMED for a wrong form, CRYPTO if it was not made for this server key
     */
    public static ResponderHandshake read(byte[] initiation, MachinePrivateKey serverKey) throws NoiseException {
        return read(initiation, new StaticAgreements(serverKey, 0));
    }

    /**
     * The same, and cheaper for a machine that was here.
     *
     * @throws NoiseException MALFORMED for a wrong form, CRYPTO if it was not made for this server key
     */
    public static ResponderHandshake read(byte[] initiation, StaticAgreements agreements) throws NoiseException {
        MachinePrivateKey serverKey = agreements.serverKey();
        int version = protocolVersion(initiation);
        HandshakeState state = new HandshakeState(version, serverKey.publicKey());
        int at = NoiseFormat.INITIATION_HEADER_LENGTH;
        byte[] ephemeral = Arrays.copyOfRange(initiation, at, at + NoiseFormat.KEY_LENGTH);
        state.mixHash(ephemeral, 0, ephemeral.length);
        at += NoiseFormat.KEY_LENGTH;

        state.mixKey(serverKey.agree(ephemeral, 0));
        byte[] point = state.open(initiation, at, NoiseFormat.KEY_LENGTH + NoiseFormat.TAG_LENGTH);
        at += NoiseFormat.KEY_LENGTH + NoiseFormat.TAG_LENGTH;

        MachineKey machine = MachineKey.of(point);
        byte[] known = agreements.known(machine);
        byte[] agreed = known == null ? serverKey.agree(point, 0) : known;
        byte[] kept = known == null ? agreed.clone() : known;
        state.mixKey(agreed);
        state.open(initiation, at, NoiseFormat.TAG_LENGTH);
        if (known == null) {
            agreements.prove(machine, kept);
        }
        return new ResponderHandshake(state, version, machine, ephemeral);
    }

    /** What the client said it speaks: its capability version, 0..65535. */
    public int protocolVersion() {
        return protocolVersion;
    }

    public MachineKey peer() {
        return peer;
    }

    /** Accepts; to be called once. */
    public Established respond(SecureRandom random) throws NoiseException {
        return respond(MachinePrivateKey.generate(random));
    }

    Established respond(MachinePrivateKey ephemeral) throws NoiseException {
        byte[] response = new byte[NoiseFormat.RESPONSE_LENGTH];
        response[0] = NoiseFormat.TYPE_RESPONSE;
        response[2] = NoiseFormat.RESPONSE_PAYLOAD_LENGTH;
        int at = NoiseFormat.HEADER_LENGTH;
        System.arraycopy(ephemeral.publicKey().raw().toArray(), 0, response, at, NoiseFormat.KEY_LENGTH);
        state.mixHash(response, at, NoiseFormat.KEY_LENGTH);
        state.mixKey(ephemeral.agree(peerEphemeral, 0));
        state.mixKey(ephemeral.agree(peer.raw().toArray(), 0));
        state.seal(NOTHING, 0, response, at + NoiseFormat.KEY_LENGTH);
        return new Established(response, state.split());
    }

    /**
     * The message that takes the place of a response: a text that the client shows. It is not authenticated.
     *
     * @param text cut at {@link NoiseFormat#MAX_ERROR_LENGTH} bytes of UTF-8
     */
    public static byte[] refusal(String text) {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        int length = Math.min(utf8.length, NoiseFormat.MAX_ERROR_LENGTH);
        byte[] message = new byte[NoiseFormat.HEADER_LENGTH + length];
        message[0] = NoiseFormat.TYPE_ERROR;
        message[1] = (byte) (length >>> 8);
        message[2] = (byte) length;
        System.arraycopy(utf8, 0, message, NoiseFormat.HEADER_LENGTH, length);
        return message;
    }

    HandshakeState state() {
        return state;
    }
}
