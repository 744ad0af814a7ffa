package io.fleetscale.wire.tailcfg;

import com.google.protobuf.ByteString;
import io.fleetscale.wire.ip.IpAddress;
import io.fleetscale.wire.ip.IpPrefix;
import io.fleetscale.wire.key.Bytes32;
import io.fleetscale.wire.key.DiscoKey;
import io.fleetscale.wire.key.LockKey;
import io.fleetscale.wire.key.NodeKey;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Deque;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.TokenStreamLocation;
import tools.jackson.core.exc.StreamConstraintsException;
import tools.jackson.core.json.JsonFactory;

/**
 * Reads JSON with Go's rules: null changes nothing, types are strict, names are matched without regard to case (see
 * {@link GoObject}). Not thread-safe. Source: control-protocol 6.0, encoding/json.
 */
final class GoReader {
    /** Limit for every request body. Source: control-protocol 11, "limits". */
    static final int MAX_DOCUMENT_BYTES = 1 << 20;

    private static final int MAX_DEPTH = 32;
    private static final int MAX_NAME_LENGTH = 4096;
    private static final int MAX_NUMBER_LENGTH = 64;
    private static final int MAX_TOKENS = 100_000;

    private static final JsonFactory FACTORY = JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxDocumentLength(MAX_DOCUMENT_BYTES)
                    .maxNestingDepth(MAX_DEPTH)
                    .maxNameLength(MAX_NAME_LENGTH)
                    .maxNumberLength(MAX_NUMBER_LENGTH)
                    .maxStringLength(MAX_DOCUMENT_BYTES)
                    .maxTokenCount(MAX_TOKENS)
                    .build())
            .build();

    private final byte[] document;
    private final JsonParser parser;
    private final Deque<String> path = new ArrayDeque<>();

    private GoReader(byte[] document, JsonParser parser) {
        this.document = document;
        this.parser = parser;
    }

    /**
     * Reads a document that is one object.
     *
     * @param target filled with what the document holds
     * @throws TailcfgException if it is too large, no JSON object, or a field has the wrong type
     */
    static <T> T readDocument(byte[] document, GoObject<T> shape, T target) {
        if (document.length > MAX_DOCUMENT_BYTES) {
            throw new TailcfgException(shape.name() + ": " + document.length + " bytes, at most " + MAX_DOCUMENT_BYTES);
        }
        try (JsonParser parser = FACTORY.createParser(ObjectReadContext.empty(), document)) {
            GoReader reader = new GoReader(document, parser);
            reader.path.addLast(shape.name());
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                throw reader.bad("must be an object");
            }
            reader.fields(shape, target);
            if (parser.nextToken() != null) {
                throw reader.bad("text after the end of the object");
            }
            return target;
        } catch (StreamConstraintsException e) {
            throw new TailcfgException(shape.name() + ": nested too deeply, or too many or too long values");
        } catch (JacksonException e) {
            // Not the cause's text: it repeats parts of the message.
            TokenStreamLocation at = e.getLocation();
            throw new TailcfgException(
                    shape.name() + ": no valid JSON" + (at == null ? "" : " at byte " + at.getByteOffset()));
        }
    }

    /** Reads an object field into {@code target}; false for null. */
    <T> boolean object(GoObject<T> shape, T target) {
        if (isNull()) {
            return false;
        }
        if (parser.currentToken() != JsonToken.START_OBJECT) {
            throw bad("must be an object");
        }
        fields(shape, target);
        return true;
    }

    /** As {@link #object}, and returns the object's bytes as they stand in the document; null for null. */
    <T> @Nullable ByteString rawObject(GoObject<T> shape, T target, int maxBytes) {
        long start = parser.currentTokenLocation().getByteOffset();
        if (!object(shape, target)) {
            return null;
        }
        long end = parser.currentLocation().getByteOffset();
        if (end - start > maxBytes) {
            throw bad((end - start) + " bytes, at most " + maxBytes);
        }
        return ByteString.copyFrom(document, (int) start, (int) (end - start));
    }

    private <T> void fields(GoObject<T> shape, T target) {
        while (true) {
            JsonToken token = parser.nextToken();
            if (token == JsonToken.END_OBJECT) {
                return;
            }
            GoObject.Field<T> field = shape.field(parser.currentName());
            parser.nextToken();
            if (field == null) {
                parser.skipChildren();
            } else {
                path.addLast("." + field.name());
                field.read().accept(target, this);
                path.removeLast();
            }
        }
    }

    /** Reads a list of at most {@code maxCount}; null gives the empty list. */
    <E> List<E> list(int maxCount, Function<GoReader, E> element) {
        List<E> elements = new ArrayList<>();
        elements(maxCount, reader -> elements.add(element.apply(reader)));
        return List.copyOf(elements);
    }

    private void elements(int maxCount, java.util.function.Consumer<GoReader> element) {
        if (isNull()) {
            return;
        }
        if (parser.currentToken() != JsonToken.START_ARRAY) {
            throw bad("must be a list");
        }
        for (int i = 0; parser.nextToken() != JsonToken.END_ARRAY; i++) {
            if (i == maxCount) {
                throw bad("more than " + maxCount + " entries");
            }
            path.addLast("[" + i + "]");
            element.accept(this);
            path.removeLast();
        }
    }

    /** Reads a map of at most {@code maxCount}; each value is current when {@code entry} is called with its name. */
    void map(int maxCount, BiConsumer<String, GoReader> entry) {
        if (isNull()) {
            return;
        }
        if (parser.currentToken() != JsonToken.START_OBJECT) {
            throw bad("must be an object");
        }
        for (int i = 0; parser.nextToken() != JsonToken.END_OBJECT; i++) {
            if (i == maxCount) {
                throw bad("more than " + maxCount + " entries");
            }
            String name = clean(parser.currentName());
            parser.nextToken();
            entry.accept(name, this);
        }
    }

    boolean isNull() {
        return parser.currentToken() == JsonToken.VALUE_NULL;
    }

    boolean isText() {
        return parser.currentToken() == JsonToken.VALUE_STRING;
    }

    boolean isBoolean() {
        return parser.currentToken() == JsonToken.VALUE_TRUE || parser.currentToken() == JsonToken.VALUE_FALSE;
    }

    /** A text of at most {@code maxLength} UTF-16 units; null gives the empty text. NUL and lone surrogates are removed. */
    String text(int maxLength) {
        if (isNull()) {
            return "";
        }
        if (!isText()) {
            throw bad("must be a string");
        }
        if (parser.getStringLength() > maxLength) {
            throw bad(parser.getStringLength() + " characters, at most " + maxLength);
        }
        return clean(parser.getString());
    }

    boolean bool() {
        return switch (parser.currentToken()) {
            case VALUE_TRUE -> true;
            case VALUE_FALSE, VALUE_NULL -> false;
            default -> throw bad("must be a boolean");
        };
    }

    /** Absent and null are one. */
    @Nullable
    Boolean optionalBool() {
        return isNull() ? null : Boolean.valueOf(bool());
    }

    int int32() {
        long value = int64();
        if (value != (int) value) {
            throw bad("does not fit in 32 bits");
        }
        return (int) value;
    }

    int uint16() {
        long value = int64();
        if (value < 0 || value > 0xFFFF) {
            throw bad("must be 0..65535");
        }
        return (int) value;
    }

    long int64() {
        if (isNull()) {
            return 0;
        }
        if (parser.currentToken() != JsonToken.VALUE_NUMBER_INT) {
            throw bad("must be an integer");
        }
        try {
            return parser.getLongValue();
        } catch (JacksonException e) {
            throw bad("does not fit in 64 bits");
        }
    }

    double float64() {
        return switch (parser.currentToken()) {
            case VALUE_NULL -> 0;
            case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> {
                double value = Double.parseDouble(parser.getString());
                if (Double.isInfinite(value)) {
                    throw bad("out of range");
                }
                yield value;
            }
            default -> throw bad("must be a number");
        };
    }

    /** Null stands for the zero time, which Go writes as the year 1. */
    @Nullable
    Instant time() {
        return isNull() ? null : parse("a time of RFC 3339", 64, GoTime::parse);
    }

    ByteString bytes(int maxBytes) {
        if (isNull()) {
            return ByteString.EMPTY;
        }
        int maxChars = (maxBytes + 2) / 3 * 4;
        return parse(
                "base64",
                maxChars,
                text -> ByteString.copyFrom(Base64.getDecoder().decode(text)));
    }

    NodeKey nodeKey() {
        return isNull() ? NodeKey.ZERO : key(NodeKey.PREFIX, NodeKey::fromText);
    }

    DiscoKey discoKey() {
        return isNull() ? DiscoKey.ZERO : key(DiscoKey.PREFIX, DiscoKey::fromText);
    }

    LockKey lockKey() {
        return isNull() ? LockKey.ZERO : key(LockKey.PREFIX, LockKey::fromText);
    }

    private <K> K key(String prefix, Function<String, K> fromText) {
        return parse(prefix + "<64 hex digits>", prefix.length() + 2 * Bytes32.LENGTH, fromText);
    }

    /** Null for the zero prefix, which Go writes as the empty text. */
    @Nullable
    IpPrefix prefix() {
        return isNull() || isText() && parser.getStringLength() == 0
                ? null
                : parse("an IP prefix", 64, IpPrefix::parse);
    }

    @Nullable
    IpAddress address() {
        return isNull() || isText() && parser.getStringLength() == 0
                ? null
                : parse("an IP address", 64, IpAddress::parse);
    }

    <V> V parse(String what, int maxLength, Function<String, V> fromText) {
        String text = text(maxLength);
        try {
            return fromText.apply(text);
        } catch (IllegalArgumentException e) {
            throw bad("must be " + what);
        }
    }

    TailcfgException bad(String reason) {
        return new TailcfgException(String.join("", path) + ": " + reason);
    }

    private static String clean(String text) {
        boolean clean = true;
        for (int i = 0; i < text.length() && clean; i++) {
            char c = text.charAt(i);
            clean = c != 0 && !Character.isSurrogate(c);
        }
        return clean
                ? text
                : text.codePoints()
                        .filter(c -> c != 0 && (c < Character.MIN_SURROGATE || c > Character.MAX_SURROGATE))
                        .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                        .toString();
    }
}
