package io.fleetscale.loadtest.netmap;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/**
 * A cursor over JSON text that skips what nobody asks for: no tree, no strings but the wanted ones. Structure is checked,
 * the insides of skipped scalars are not. Not thread-safe; to be used again with {@link #reset}.
 *
 * <p>{@snippet :
 * scan.enterObject();
 * while (scan.nextKey()) {
 *     if (scan.keyIs(ID)) id = scan.number(); else scan.skipValue();
 * }
 * }
 */
final class JsonScan {
    private static final JsonMapper JSON = new JsonMapper();
    private static final int MAX_DEPTH = 512;
    private static final int MAX_NUMBER_DIGITS = 18;

    private byte[] json = new byte[0];
    private int at;
    private int end;
    private int keyStart;
    private int keyEnd;
    private boolean first;

    /** The text is malformed at an offset, or not what was asked for. */
    static final class MalformedJson extends RuntimeException {
        @java.io.Serial
        private static final long serialVersionUID = 1;

        MalformedJson(String what, int offset) {
            super(what + " at offset " + offset);
        }
    }

    /** Begins at {@code offset}. */
    void reset(byte[] text, int offset, int length) {
        json = text;
        at = offset;
        end = length;
        first = false;
    }

    /** Where the cursor is; for {@link #reset}. */
    int offset() {
        return at;
    }

    /** Goes back to an {@link #offset} of before. */
    void rewind(int offset) {
        at = offset;
    }

    boolean atNull() {
        return peek() == 'n';
    }

    boolean atArray() {
        return peek() == '[';
    }

    void enterObject() {
        expect('{');
        first = true;
    }

    void enterArray() {
        expect('[');
        first = true;
    }

    /** Goes to the value of the next member; false at the end of the object. */
    boolean nextKey() {
        if (!next('}')) {
            return false;
        }
        if (peek() != '"') {
            throw malformed("no key");
        }
        keyStart = at + 1;
        skipString();
        keyEnd = at - 1;
        expect(':');
        return true;
    }

    /** Goes to the next element; false at the end of the array. */
    boolean nextElement() {
        return next(']');
    }

    private boolean next(char close) {
        boolean opening = first;
        first = false;
        byte found = peek();
        if (found == close) {
            at++;
            return false;
        }
        if (!opening) {
            expect(',');
        }
        return true;
    }

    /** Compares the key's raw bytes. */
    boolean keyIs(byte[] name) {
        return Arrays.equals(json, keyStart, keyEnd, name, 0, name.length);
    }

    String key() {
        return new String(json, keyStart, keyEnd - keyStart, StandardCharsets.UTF_8);
    }

    /** The key as a decimal number. */
    long keyNumber() {
        return digits(keyStart, keyEnd);
    }

    /** An integer. */
    long number() {
        peek();
        int start = at;
        skipScalar();
        return digits(start, at);
    }

    private long digits(int from, int to) {
        int start = from < to && json[from] == '-' ? from + 1 : from;
        if (start == to || to - start > MAX_NUMBER_DIGITS) {
            throw new MalformedJson("no integer", from);
        }
        long value = 0;
        for (int i = start; i < to; i++) {
            int digit = json[i] - '0';
            if (digit < 0 || digit > 9) {
                throw new MalformedJson("no integer", i);
            }
            value = value * 10 + digit;
        }
        return start == from ? value : -value;
    }

    boolean bool() {
        byte found = peek();
        int start = at;
        skipScalar();
        if (found == 't' && at - start == 4) {
            return true;
        }
        if (found == 'f' && at - start == 5) {
            return false;
        }
        throw new MalformedJson("neither true nor false", start);
    }

    String text() {
        if (peek() != '"') {
            throw malformed("no string");
        }
        int start = at;
        skipString();
        for (int i = start + 1; i < at - 1; i++) {
            if (json[i] == '\\') {
                try {
                    return JSON.readValue(json, start, at - start, String.class);
                } catch (JacksonException e) {
                    throw new MalformedJson("bad escape in a string", start);
                }
            }
        }
        return new String(json, start + 1, at - start - 2, StandardCharsets.UTF_8);
    }

    /** The port at the end of a string {@code ip:port}; -1 if there is none. */
    int portOfText() {
        if (peek() != '"') {
            throw malformed("no string");
        }
        skipString();
        int value = 0;
        int unit = 1;
        for (int i = at - 2; i > 0 && unit <= 100_000; i--) {
            int digit = json[i] - '0';
            if (digit < 0 || digit > 9) {
                return json[i] == ':' && unit > 1 ? value : -1;
            }
            value += digit * unit;
            unit *= 10;
        }
        return -1;
    }

    /** Goes over one value of any kind. */
    void skipValue() {
        byte found = peek();
        if (found == '"') {
            skipString();
        } else if (found == '{' || found == '[') {
            skipNested();
        } else {
            skipScalar();
        }
    }

    private void skipNested() {
        long objects = 0; // the kinds of the innermost 64 levels, a bit each
        int depth = 0;
        int i = at;
        while (i < end) {
            byte b = json[i];
            switch (b) {
                case '"' -> {
                    at = i;
                    skipString();
                    i = at - 1;
                }
                case '{', '[' -> {
                    if (++depth > MAX_DEPTH) {
                        throw new MalformedJson("nested too deep", i);
                    }
                    objects = objects << 1 | (b == '{' ? 1 : 0);
                }
                case '}', ']' -> {
                    if (depth <= 64 && (objects & 1) != (b == '}' ? 1 : 0)) {
                        throw new MalformedJson("brackets do not match", i);
                    }
                    objects >>>= 1;
                    if (--depth == 0) {
                        at = i + 1;
                        return;
                    }
                }
                default -> {}
            }
            i++;
        }
        throw new MalformedJson("text ends too early", end);
    }

    private void skipString() {
        byte[] text = json;
        int i = at + 1;
        int stop = end;
        while (i < stop) {
            byte b = text[i];
            if (b == '"') {
                at = i + 1;
                return;
            }
            i += b == '\\' ? 2 : 1;
        }
        throw new MalformedJson("string does not end", at);
    }

    private void skipScalar() {
        int start = at;
        while (at < end && isScalar(json[at])) {
            at++;
        }
        if (at == start) {
            throw malformed("no value");
        }
    }

    private static boolean isScalar(byte b) {
        return b >= '0' && b <= '9' || b >= 'a' && b <= 'z' || b == '-' || b == '+' || b == '.' || b == 'E';
    }

    /** Nothing but white space is left. */
    void expectEnd() {
        skipSpace();
        if (at < end) {
            throw malformed("text after the value");
        }
    }

    private byte peek() {
        skipSpace();
        if (at >= end) {
            throw malformed("text ends too early");
        }
        return json[at];
    }

    private void expect(char wanted) {
        if (peek() != wanted) {
            throw malformed("no '" + wanted + "'");
        }
        at++;
    }

    private void skipSpace() {
        while (at < end && (json[at] == ' ' || json[at] == '\n' || json[at] == '\r' || json[at] == '\t')) {
            at++;
        }
    }

    private MalformedJson malformed(String what) {
        return new MalformedJson(what, at);
    }
}
