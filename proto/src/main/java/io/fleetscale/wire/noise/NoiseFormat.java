package io.fleetscale.wire.noise;

/** Lengths and type bytes on the wire, all integers big-endian. Source: tailscale control/controlbase/messages.go. */
public final class NoiseFormat {
    /** Initiation: version (2), type (1), length (2), ephemeral (32), sealed machine key (48), tag (16). */
    public static final int INITIATION_LENGTH = 101;
    /** Response: type (1), length (2), ephemeral (32), tag (16). */
    public static final int RESPONSE_LENGTH = 51;
    /** Type byte and length in front of every message from the server and every record. */
    public static final int HEADER_LENGTH = 3;
    /** Bytes that sealing adds. */
    public static final int TAG_LENGTH = 16;
    /** Longest record including its header. */
    public static final int MAX_RECORD_LENGTH = 4096;
    /** Longest ciphertext of a record, tag included. */
    public static final int MAX_CIPHERTEXT_LENGTH = MAX_RECORD_LENGTH - HEADER_LENGTH;
    /** Longest plaintext of a record. */
    public static final int MAX_PLAINTEXT_LENGTH = MAX_CIPHERTEXT_LENGTH - TAG_LENGTH;
    /** Longest text of an error message that we send or read. */
    public static final int MAX_ERROR_LENGTH = 1024;

    static final int KEY_LENGTH = 32;
    static final int INITIATION_HEADER_LENGTH = 5;
    static final int INITIATION_PAYLOAD_LENGTH = INITIATION_LENGTH - INITIATION_HEADER_LENGTH;
    static final int RESPONSE_PAYLOAD_LENGTH = RESPONSE_LENGTH - HEADER_LENGTH;
    static final byte TYPE_INITIATION = 1;
    static final byte TYPE_RESPONSE = 2;
    static final byte TYPE_ERROR = 3;
    static final byte TYPE_RECORD = 4;

    private NoiseFormat() {}
}
