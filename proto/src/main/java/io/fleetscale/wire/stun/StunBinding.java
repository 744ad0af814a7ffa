package io.fleetscale.wire.stun;

import io.fleetscale.wire.ip.IpAddress;
import io.netty.buffer.ByteBuf;
import java.util.zip.CRC32;

/**
 * Binding requests of nodes and the answers to them. Thread-safe: only static functions.
 *
 * <p>A request is answered only when it carries the software name of a node and a valid fingerprint as its last
 * attribute; this keeps foreign probes and reflection out. Source: tailscale net/stun/stun.go, ParseBindingRequest and
 * Response.
 */
public final class StunBinding {
    /** Bytes of the header: type, length, cookie, transaction id. */
    public static final int HEADER_BYTES = 20;
    /** Longest response: header and an IPv6 address attribute. */
    public static final int MAX_RESPONSE_BYTES = HEADER_BYTES + 4 + 20;

    private static final int BINDING_REQUEST = 0x0001;
    private static final int BINDING_SUCCESS = 0x0101;
    private static final int COOKIE = 0x2112_A442;
    private static final int TRANSACTION_OFFSET = 8;
    private static final int TRANSACTION_BYTES = 12;
    private static final int ATTRIBUTE_HEADER_BYTES = 4;
    private static final int SOFTWARE = 0x8022;
    private static final int FINGERPRINT = 0x8028;
    private static final int XOR_MAPPED_ADDRESS = 0x0020;
    private static final int FINGERPRINT_BYTES = 4;
    private static final int FINGERPRINT_XOR = 0x5354_554E;
    private static final int FAMILY_IPV4 = 1;
    private static final int FAMILY_IPV6 = 2;
    /** "tailnode" in ASCII, big-endian. */
    private static final long NODE_SOFTWARE = 0x7461_696C_6E6F_6465L;

    private StunBinding() {}

    /** Says whether the readable bytes have the shape of any STUN message. */
    public static boolean isStun(ByteBuf datagram) {
        int start = datagram.readerIndex();
        return datagram.readableBytes() >= HEADER_BYTES
                && (datagram.getByte(start) & 0xC0) == 0
                && datagram.getInt(start + 4) == COOKIE;
    }

    /** Says whether the readable bytes are a binding request of a node that must be answered. */
    public static boolean isBindingRequest(ByteBuf datagram) {
        int start = datagram.readerIndex();
        if (!isStun(datagram) || datagram.getUnsignedShort(start) != BINDING_REQUEST) {
            return false;
        }
        // The length field of the header is ignored: the datagram has its own length.
        int end = datagram.writerIndex();
        int index = start + HEADER_BYTES;
        boolean fromNode = false;
        boolean fingerprintIsLast = false;
        while (index < end) {
            if (end - index < ATTRIBUTE_HEADER_BYTES) {
                return false;
            }
            int type = datagram.getUnsignedShort(index);
            int length = datagram.getUnsignedShort(index + 2);
            int value = index + ATTRIBUTE_HEADER_BYTES;
            int padded = (length + 3) & ~3;
            if (padded > end - value) {
                return false;
            }
            fromNode |= type == SOFTWARE && length == Long.BYTES && datagram.getLong(value) == NODE_SOFTWARE;
            fingerprintIsLast = type == FINGERPRINT && length == FINGERPRINT_BYTES;
            index = value + padded;
        }
        return fromNode && fingerprintIsLast && datagram.getInt(end - FINGERPRINT_BYTES) == fingerprint(datagram, end);
    }

    /**
     * Appends the answer to a request that {@link #isBindingRequest} accepted. An IPv4-mapped address is answered as
     * IPv4. Writes at most {@link #MAX_RESPONSE_BYTES}.
     */
    public static void writeResponse(ByteBuf request, IpAddress source, int port, ByteBuf out) {
        IpAddress address = source.unmap();
        int transaction = request.readerIndex() + TRANSACTION_OFFSET;
        int valueBytes = address.isV6() ? 20 : 8;
        out.writeShort(BINDING_SUCCESS);
        out.writeShort(ATTRIBUTE_HEADER_BYTES + valueBytes);
        out.writeInt(COOKIE);
        out.writeBytes(request, transaction, TRANSACTION_BYTES);
        out.writeShort(XOR_MAPPED_ADDRESS);
        out.writeShort(valueBytes);
        out.writeByte(0);
        out.writeByte(address.isV6() ? FAMILY_IPV6 : FAMILY_IPV4);
        out.writeShort(port ^ (COOKIE >>> 16));
        if (address.isV6()) {
            long mask = Integer.toUnsignedLong(COOKIE) << 32 | Integer.toUnsignedLong(request.getInt(transaction));
            out.writeLong(address.high() ^ mask);
            out.writeLong(address.low() ^ request.getLong(transaction + 4));
        } else {
            out.writeInt((int) address.low() ^ COOKIE);
        }
    }

    /** CRC-32 over everything before the fingerprint attribute. */
    private static int fingerprint(ByteBuf datagram, int end) {
        int start = datagram.readerIndex();
        CRC32 crc = new CRC32();
        crc.update(datagram.nioBuffer(start, end - start - ATTRIBUTE_HEADER_BYTES - FINGERPRINT_BYTES));
        return (int) crc.getValue() ^ FINGERPRINT_XOR;
    }
}
