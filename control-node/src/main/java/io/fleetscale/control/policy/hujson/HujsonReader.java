package io.fleetscale.control.policy.hujson;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import com.google.errorprone.annotations.CheckReturnValue;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * Reads JSON with comments ({@code //}, {@code /* *}{@code /}) and with commas behind last elements. Time and memory are
 * bounded by the text, which is at most {@link #MAX_BYTES} and {@link #MAX_VALUES}; nesting by {@link #MAX_DEPTH}. Source:
 * policy 1.1.
 */
@CheckReturnValue
public final class HujsonReader {
    /** UTF-8 bytes of a text. */
    public static final int MAX_BYTES = 5 * 1024 * 1024;
    /** Objects and lists within each other. */
    public static final int MAX_DEPTH = 64;

    /** Values of all kinds: a value takes much more memory than the few bytes that it may be written with. */
    public static final int MAX_VALUES = 1_000_000;

    private static final Position START = new Position(1, 1);

    private final String text;
    private int next;
    private int line = 1;
    private int lineStart;
    private int depth;
    private int values;

    private HujsonReader(String text) {
        this.text = text;
    }

    /**
     * Reads the one value of a text.
     *
     * @throws HujsonException naming the first place that cannot be read
     */
    public static Json read(String text) throws HujsonException {
        requireSize(text);
        HujsonReader reader = new HujsonReader(text);
        reader.skipSpace();
        Json value = reader.value();
        reader.skipSpace();
        if (reader.next < text.length()) {
            throw reader.failure("unexpected " + reader.seen() + " after the value");
        }
        return value;
    }

    private static void requireSize(String text) throws HujsonException {
        if (text.length() > MAX_BYTES || text.getBytes(StandardCharsets.UTF_8).length > MAX_BYTES) {
            throw new HujsonException(START, "the text is larger than " + MAX_BYTES / (1024 * 1024) + " MiB");
        }
    }

    /** Whether a text has nothing but white space and comments. */
    public static boolean isBlank(String text) throws HujsonException {
        requireSize(text);
        HujsonReader reader = new HujsonReader(text);
        reader.skipSpace();
        return reader.next == text.length();
    }

    private Json value() throws HujsonException {
        Position at = here();
        if (next >= text.length()) {
            throw failure("the text ends where a value is expected");
        }
        if (++values > MAX_VALUES) {
            throw failure("more than " + MAX_VALUES + " values");
        }
        char c = text.charAt(next);
        return switch (c) {
            case '{' -> object(at);
            case '[' -> array(at);
            case '"' -> new Json.JsonString(at, string());
            case 't' -> word("true", new Json.JsonBoolean(at, true));
            case 'f' -> word("false", new Json.JsonBoolean(at, false));
            case 'n' -> word("null", new Json.JsonNull(at));
            default -> {
                if (c == '-' || isDigit(c)) {
                    yield number(at);
                }
                throw failure("unexpected " + seen() + " where a value is expected");
            }
        };
    }

    private Json object(Position at) throws HujsonException {
        enter();
        List<Json.Member> members = new ArrayList<>();
        Set<String> keys = new HashSet<>();
        next++;
        skipSpace();
        while (!take('}')) {
            Position keyAt = here();
            if (next >= text.length() || text.charAt(next) != '"') {
                throw failure("unexpected " + seen() + " where a key in double quotes or '}' is expected");
            }
            String key = string();
            if (!keys.add(key)) {
                throw new HujsonException(keyAt, "duplicate key \"" + key + "\"");
            }
            skipSpace();
            if (!take(':')) {
                throw failure("unexpected " + seen() + " where ':' is expected");
            }
            skipSpace();
            members.add(new Json.Member(keyAt, key, value()));
            skipSpace();
            if (!take(',')) {
                if (take('}')) {
                    break;
                }
                throw failure("unexpected " + seen() + " where ',' or '}' is expected");
            }
            skipSpace();
        }
        depth--;
        return new Json.JsonObject(at, members);
    }

    private Json array(Position at) throws HujsonException {
        enter();
        List<Json> elements = new ArrayList<>();
        next++;
        skipSpace();
        while (!take(']')) {
            elements.add(value());
            skipSpace();
            if (!take(',')) {
                if (take(']')) {
                    break;
                }
                throw failure("unexpected " + seen() + " where ',' or ']' is expected");
            }
            skipSpace();
        }
        depth--;
        return new Json.JsonArray(at, elements);
    }

    private void enter() throws HujsonException {
        if (++depth > MAX_DEPTH) {
            throw failure("nested deeper than " + MAX_DEPTH);
        }
    }

    private String string() throws HujsonException {
        Position at = here();
        next++;
        int start = next;
        StringBuilder out = null;
        while (next < text.length()) {
            char c = text.charAt(next);
            if (c == '"') {
                String tail = text.substring(start, next);
                next++;
                return out == null ? tail : out.append(tail).toString();
            }
            if (c < 0x20) {
                throw failure("control character in a string: write it as \\u00" + hex(c >> 4) + hex(c & 15));
            }
            if (c == '\\') {
                if (out == null) {
                    out = new StringBuilder();
                }
                out.append(text, start, next);
                escape(out);
                start = next;
            } else {
                surrogates(c);
                next++;
            }
        }
        throw new HujsonException(at, "the string does not end");
    }

    private void surrogates(char c) throws HujsonException {
        if (Character.isHighSurrogate(c)
                && next + 1 < text.length()
                && Character.isLowSurrogate(text.charAt(next + 1))) {
            next++;
        } else if (Character.isSurrogate(c)) {
            throw failure("half of a character");
        }
    }

    private void escape(StringBuilder out) throws HujsonException {
        char kind = next + 1 < text.length() ? text.charAt(next + 1) : ' ';
        switch (kind) {
            case '"', '\\', '/' -> out.append(kind);
            case 'b' -> out.append('\b');
            case 'f' -> out.append('\f');
            case 'n' -> out.append('\n');
            case 'r' -> out.append('\r');
            case 't' -> out.append('\t');
            case 'u' -> {
                out.append(unicode());
                return;
            }
            default -> throw failure("unknown escape in a string");
        }
        next += 2;
    }

    private String unicode() throws HujsonException {
        char first = unit();
        if (Character.isHighSurrogate(first) && text.startsWith("\\u", next)) {
            char second = unit();
            if (Character.isLowSurrogate(second)) {
                return "" + first + second;
            }
        }
        if (Character.isSurrogate(first)) {
            throw failure("half of a character");
        }
        return String.valueOf(first);
    }

    private char unit() throws HujsonException {
        int value = 0;
        for (int i = 2; i < 6; i++) {
            int digit = next + i < text.length() ? Character.digit(text.charAt(next + i), 16) : -1;
            if (digit < 0 || text.charAt(next + i) > 'f') {
                throw failure("\\u needs four hexadecimal digits");
            }
            value = value * 16 + digit;
        }
        next += 6;
        return (char) value;
    }

    private Json number(Position at) throws HujsonException {
        int start = next;
        take('-');
        if (!take('0')) {
            digits();
        }
        if (take('.')) {
            digits();
        }
        if (take('e') || take('E')) {
            if (!take('+')) {
                take('-');
            }
            digits();
        }
        return new Json.JsonNumber(at, text.substring(start, next));
    }

    private void digits() throws HujsonException {
        int start = next;
        while (next < text.length() && isDigit(text.charAt(next))) {
            next++;
        }
        if (next == start) {
            throw failure("unexpected " + seen() + " in a number");
        }
    }

    private Json word(String word, Json value) throws HujsonException {
        if (!text.startsWith(word, next)) {
            throw failure("unexpected " + seen() + " where a value is expected");
        }
        next += word.length();
        return value;
    }

    private void skipSpace() throws HujsonException {
        while (next < text.length()) {
            char c = text.charAt(next);
            if (c == '\n') {
                next++;
                line++;
                lineStart = next;
            } else if (c == ' ' || c == '\t' || c == '\r' || c == '\uFEFF' && next == 0) {
                next++;
            } else if (c == '/') {
                comment();
            } else {
                return;
            }
        }
    }

    private void comment() throws HujsonException {
        if (text.startsWith("//", next)) {
            int end = text.indexOf('\n', next);
            next = end < 0 ? text.length() : end;
            return;
        }
        if (!text.startsWith("/*", next)) {
            throw failure("unexpected '/'");
        }
        int end = text.indexOf("*/", next + 2);
        if (end < 0) {
            throw failure("the comment does not end");
        }
        for (; next < end + 2; next++) {
            if (text.charAt(next) == '\n') {
                line++;
                lineStart = next + 1;
            }
        }
    }

    @CanIgnoreReturnValue
    private boolean take(char c) {
        if (next < text.length() && text.charAt(next) == c) {
            next++;
            return true;
        }
        return false;
    }

    private String seen() {
        if (next >= text.length()) {
            return "end of the text";
        }
        int c = text.codePointAt(next);
        return Character.isISOControl(c)
                ? "control character U+" + String.format(Locale.ROOT, "%04X", c)
                : "'" + Character.toString(c) + "'";
    }

    private Position here() {
        return new Position(line, next - lineStart + 1);
    }

    private HujsonException failure(String problem) {
        return new HujsonException(here(), problem);
    }

    private static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }

    private static char hex(int digit) {
        return Character.forDigit(digit, 16);
    }
}
