package io.fleetscale.control.nodecert;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.Instant;
import java.util.Locale;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * A DNS UPDATE that puts one TXT record in the place of all others of its name, signed with TSIG. Pure. Source: RFC 2136 2, RFC
 * 8945 4.
 */
final class DnsUpdate {
    private static final int OPCODE_UPDATE = 5 << 11;
    private static final int TXT = 16;
    private static final int SOA = 6;
    private static final int TSIG = 250;
    private static final int IN = 1;
    private static final int ANY = 255;
    private static final int TTL_SECONDS = 60;
    private static final int FUDGE_SECONDS = 300;
    private static final int MAX_LABEL = 63;
    private static final int MAX_NAME = 255;
    private static final int MAX_TEXT = 255;
    /** The low byte of the count of additional records in the header. */
    private static final int ADDITIONAL_AT = 11;

    private static final String ALGORITHM = "hmac-sha256";

    private DnsUpdate() {}

    /**
     * The whole message, without the length that goes before it over TCP.
     *
     * @param id of the message, 16 bits
     * @throws IllegalArgumentException for a name or text that does not fit
     */
    static byte[] replaceTxt(int id, String zone, String name, String text, TsigKey key, Instant now) {
        byte[] value = text.getBytes(StandardCharsets.US_ASCII);
        if (value.length > MAX_TEXT) {
            throw new IllegalArgumentException("a text of " + value.length + " bytes: at most " + MAX_TEXT);
        }
        try {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            DataOutputStream out = new DataOutputStream(bytes);
            header(out, id);
            name(out, zone);
            out.writeShort(SOA);
            out.writeShort(IN);
            name(out, name); // no record of the name and type stays
            out.writeShort(TXT);
            out.writeShort(ANY);
            out.writeInt(0);
            out.writeShort(0);
            name(out, name);
            out.writeShort(TXT);
            out.writeShort(IN);
            out.writeInt(TTL_SECONDS);
            out.writeShort(value.length + 1);
            out.writeByte(value.length);
            out.write(value);
            byte[] mac = mac(bytes.toByteArray(), key, now);
            name(out, key.name());
            out.writeShort(TSIG);
            out.writeShort(ANY);
            out.writeInt(0);
            byte[] data = tsigData(id, mac, now);
            out.writeShort(data.length);
            out.write(data);
            byte[] signed = bytes.toByteArray();
            signed[ADDITIONAL_AT] = 1;
            return signed;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void header(DataOutputStream out, int id) throws IOException {
        out.writeShort(id);
        out.writeShort(OPCODE_UPDATE);
        out.writeShort(1); // zone
        out.writeShort(0); // prerequisites
        out.writeShort(2); // updates
        out.writeShort(0); // additional records, until it is signed
    }

    private static byte[] tsigData(int id, byte[] mac, Instant now) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        DataOutputStream out = new DataOutputStream(bytes);
        name(out, ALGORITHM);
        time(out, now);
        out.writeShort(mac.length);
        out.write(mac);
        out.writeShort(id);
        out.writeShort(0); // no error
        out.writeShort(0); // no other data
        return bytes.toByteArray();
    }

    /** Source: RFC 8945 4.3. */
    private static byte[] mac(byte[] unsigned, TsigKey key, Instant now) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        DataOutputStream out = new DataOutputStream(bytes);
        out.write(unsigned);
        name(out, key.name());
        out.writeShort(ANY);
        out.writeInt(0);
        name(out, ALGORITHM);
        time(out, now);
        out.writeShort(0);
        out.writeShort(0);
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(key.secret(), "HmacSHA256"));
            return mac.doFinal(bytes.toByteArray());
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has HMAC-SHA-256", e);
        }
    }

    /** 48 bits of seconds, and how far clocks may be apart. */
    private static void time(DataOutputStream out, Instant now) throws IOException {
        long seconds = now.getEpochSecond();
        out.writeShort((int) (seconds >>> 32));
        out.writeInt((int) seconds);
        out.writeShort(FUDGE_SECONDS);
    }

    /** Labels in lower case, which is the canonical form. */
    private static void name(DataOutputStream out, String name) throws IOException {
        String bare = name.endsWith(".") ? name.substring(0, name.length() - 1) : name;
        if (bare.length() + 2 > MAX_NAME) {
            throw new IllegalArgumentException("a name of " + bare.length() + " characters is too long for the DNS");
        }
        for (String label : bare.toLowerCase(Locale.ROOT).split("\\.", -1)) {
            byte[] bytes = label.getBytes(StandardCharsets.US_ASCII);
            if (bytes.length == 0 || bytes.length > MAX_LABEL) {
                throw new IllegalArgumentException("\"" + name + "\" has a label that the DNS does not take");
            }
            out.writeByte(bytes.length);
            out.write(bytes);
        }
        out.writeByte(0);
    }
}
