package io.fleetscale.wire.disco;

import io.netty.buffer.ByteBuf;

/** Recognises disco packets without opening them. Source: tailscale disco/disco.go, LooksLikeDiscoWrapper. */
public final class DiscoPacket {
    /** Magic (6 bytes), the sender's disco key (32 bytes), nonce (24 bytes); the sealed message follows. */
    public static final int MIN_BYTES = 6 + 32 + 24;

    /** "TS" and U+1F4AC in UTF-8, as the upper 48 bits of a big-endian long. */
    private static final long MAGIC = 0x5453_f09f_92acL;

    private DiscoPacket() {}

    /** Says whether the {@code length} bytes at {@code index} are long enough and start with the magic. */
    public static boolean looksLikeDisco(ByteBuf buffer, int index, int length) {
        return length >= MIN_BYTES && buffer.getLong(index) >>> 16 == MAGIC;
    }
}
