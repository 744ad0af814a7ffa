package io.fleetscale.wire.derp;

/** Sizes that both ends of the relay protocol agree on, in bytes. Source: tailscale derp/derp.go, derp/derpserver. */
public final class DerpLimits {
    /** Type byte and big-endian payload length. */
    public static final int HEADER_BYTES = 5;

    public static final int KEY_BYTES = 32;
    /** Longest packet of an application; zero is allowed. */
    public static final int MAX_PACKET_BYTES = 64 * 1024;
    /** Payload of the longest SendPacket: destination key and packet. */
    public static final int MAX_SEND_PACKET_BYTES = KEY_BYTES + MAX_PACKET_BYTES;
    /** Payload of the longest ForwardPacket: source key, destination key and packet. */
    public static final int MAX_FORWARD_PACKET_BYTES = 2 * KEY_BYTES + MAX_PACKET_BYTES;
    /** Shortest payload of a ClientInfo: key and nonce. */
    public static final int MIN_CLIENT_INFO_BYTES = KEY_BYTES + BoxKey.NONCE_BYTES;

    public static final int MAX_CLIENT_INFO_BYTES = 256 * 1024;
    public static final int PING_BYTES = 8;
    public static final int MAX_PING_BYTES = 1000;
    /** Longest frame of an unknown type that is skipped; nodes give up at the same size. */
    public static final int MAX_UNKNOWN_BYTES = 1024 * 1024;
    /** Longest payload of a ServerKey that a client side accepts. */
    public static final int MAX_SERVER_KEY_BYTES = 1024;
    /** Bytes of a PeerPresent payload: key, address, port, flags. */
    public static final int PEER_PRESENT_BYTES = KEY_BYTES + 16 + 2 + 1;
    /** Bytes of a PeerGone payload: key and reason. */
    public static final int PEER_GONE_BYTES = KEY_BYTES + 1;
    /** Protocol version in ClientInfo, ServerInfo and the meta certificate. */
    public static final int PROTOCOL_VERSION = 2;

    private DerpLimits() {}
}
