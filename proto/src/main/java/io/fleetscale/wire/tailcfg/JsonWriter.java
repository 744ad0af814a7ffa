package io.fleetscale.wire.tailcfg;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import com.google.protobuf.ByteString;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.Collection;
import java.util.function.BiConsumer;

/**
 * Appends JSON text to a growing array: commas are set by what stands before, names must be plain ASCII, values are escaped.
 * Made for messages that are written in pieces; it does not check that brackets match. Not thread-safe.
 */
public final class JsonWriter {
    private static final int MAX_SIZE = Integer.MAX_VALUE - 16;
    private static final byte[] HEX = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);
    private static final int REPLACEMENT = 0xFFFD;

    private byte[] bytes;
    private int size;

    public JsonWriter() {
        this(512);
    }

    public JsonWriter(int initialBytes) {
        this.bytes = new byte[Math.max(16, initialBytes)];
    }

    public int size() {
        return size;
    }

    public byte[] toBytes() {
        return Arrays.copyOf(bytes, size);
    }

    public void clear() {
        size = 0;
    }

    @CanIgnoreReturnValue
    public JsonWriter beginObject() {
        separate();
        return put('{');
    }

    @CanIgnoreReturnValue
    public JsonWriter endObject() {
        return put('}');
    }

    @CanIgnoreReturnValue
    public JsonWriter beginArray() {
        separate();
        return put('[');
    }

    @CanIgnoreReturnValue
    public JsonWriter endArray() {
        return put(']');
    }

    /** Name of the member whose value follows. */
    @CanIgnoreReturnValue
    public JsonWriter name(String name) {
        separate();
        ensure(name.length() + 3);
        bytes[size++] = '"';
        for (int i = 0; i < name.length(); i++) {
            bytes[size++] = (byte) name.charAt(i);
        }
        bytes[size++] = '"';
        bytes[size++] = ':';
        return this;
    }

    /** A name that comes from outside, escaped. */
    @CanIgnoreReturnValue
    public JsonWriter escapedName(String name) {
        return value(name).put(':');
    }

    @CanIgnoreReturnValue
    public JsonWriter value(long number) {
        separate();
        return ascii(Long.toString(number));
    }

    /** A finite number. */
    @CanIgnoreReturnValue
    public JsonWriter value(double number) {
        if (!Double.isFinite(number)) {
            throw new IllegalArgumentException("JSON has no number " + number);
        }
        separate();
        return ascii(Double.toString(number));
    }

    @CanIgnoreReturnValue
    public JsonWriter value(boolean flag) {
        separate();
        return ascii(flag ? "true" : "false");
    }

    @CanIgnoreReturnValue
    public JsonWriter nullValue() {
        separate();
        return ascii("null");
    }

    /** Always with seconds, in UTC. */
    @CanIgnoreReturnValue
    public JsonWriter value(Instant time) {
        separate();
        return put('"').ascii(time.toString()).put('"');
    }

    /** The text, escaped; NUL is dropped, an unpaired surrogate replaced. */
    @CanIgnoreReturnValue
    public JsonWriter value(String text) {
        separate();
        ensure(text.length() + 2);
        bytes[size++] = '"';
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c >= 0x20 && c < 0x80 && c != '"' && c != '\\') {
                put(c);
            } else if (Character.isHighSurrogate(c)
                    && i + 1 < text.length()
                    && Character.isLowSurrogate(text.charAt(i + 1))) {
                utf8(Character.toCodePoint(c, text.charAt(++i)));
            } else {
                escape(c);
            }
        }
        return put('"');
    }

    /** A whole JSON value. */
    @CanIgnoreReturnValue
    public JsonWriter raw(ByteString json) {
        separate();
        ensure(json.size());
        json.copyTo(bytes, size);
        size += json.size();
        return this;
    }

    /** A whole JSON value, or members or elements of the surrounding object or array; nothing if empty. */
    @CanIgnoreReturnValue
    public JsonWriter raw(byte[] json) {
        return json.length == 0 ? this : separate().append(json);
    }

    /** Text as it stands, without a comma before it. */
    @CanIgnoreReturnValue
    public JsonWriter append(byte[] text) {
        ensure(text.length);
        System.arraycopy(text, 0, bytes, size, text.length);
        size += text.length;
        return this;
    }

    /** An array member of the values' text forms, which must need no escaping. */
    @CanIgnoreReturnValue
    public JsonWriter plainTexts(String name, Collection<?> values) {
        name(name).beginArray();
        for (Object value : values) {
            separate();
            put('"').ascii(value.toString()).put('"');
        }
        return endArray();
    }

    @CanIgnoreReturnValue
    public JsonWriter texts(String name, Collection<String> values) {
        name(name).beginArray();
        for (String value : values) {
            value(value);
        }
        return endArray();
    }

    @CanIgnoreReturnValue
    public <E> JsonWriter objects(String name, Collection<E> values, BiConsumer<E, JsonWriter> content) {
        name(name).beginArray();
        for (E value : values) {
            content.accept(value, this);
        }
        return endArray();
    }

    @CanIgnoreReturnValue
    private JsonWriter separate() {
        if (size > 0) {
            byte last = bytes[size - 1];
            if (last != '{' && last != '[' && last != ':' && last != ',') {
                put(',');
            }
        }
        return this;
    }

    private void escape(char c) {
        switch (c) {
            case 0 -> {}
            case '"' -> put('\\').put('"');
            case '\\' -> put('\\').put('\\');
            case '\n' -> put('\\').put('n');
            case '\r' -> put('\\').put('r');
            case '\t' -> put('\\').put('t');
            default -> {
                if (c < 0x20) {
                    ascii("\\u00").put((char) HEX[c >> 4]).put((char) HEX[c & 15]);
                } else {
                    utf8(Character.isSurrogate(c) ? REPLACEMENT : c);
                }
            }
        }
    }

    private void utf8(int codePoint) {
        if (codePoint < 0x80) {
            put((char) codePoint);
        } else if (codePoint < 0x800) {
            put((char) (0xC0 | codePoint >> 6)).put((char) (0x80 | codePoint & 0x3F));
        } else if (codePoint < 0x10000) {
            put((char) (0xE0 | codePoint >> 12))
                    .put((char) (0x80 | codePoint >> 6 & 0x3F))
                    .put((char) (0x80 | codePoint & 0x3F));
        } else {
            put((char) (0xF0 | codePoint >> 18))
                    .put((char) (0x80 | codePoint >> 12 & 0x3F))
                    .put((char) (0x80 | codePoint >> 6 & 0x3F))
                    .put((char) (0x80 | codePoint & 0x3F));
        }
    }

    @CanIgnoreReturnValue
    private JsonWriter ascii(String text) {
        ensure(text.length());
        for (int i = 0; i < text.length(); i++) {
            bytes[size++] = (byte) text.charAt(i);
        }
        return this;
    }

    @CanIgnoreReturnValue
    private JsonWriter put(char c) {
        ensure(1);
        bytes[size++] = (byte) c;
        return this;
    }

    private void ensure(int more) {
        if (bytes.length - size < more) {
            long wanted = Math.max((long) size + more, 2L * bytes.length);
            if (wanted > MAX_SIZE) {
                throw new IllegalStateException("a JSON text of " + wanted + " bytes is too long");
            }
            bytes = Arrays.copyOf(bytes, (int) wanted);
        }
    }
}
