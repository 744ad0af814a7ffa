package io.fleetscale.control.api.rest;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Percent-encoding of paths, queries and forms. Malformed text is an {@link IllegalArgumentException}, never echoed. */
final class FormText {
    /** No RPC has more than a handful of fields; unknown keys are ignored but counted. */
    private static final int MAX_PAIRS = 1000;

    private FormText() {}

    /** Reads {@code a=1&b=2}; values of one key keep their order. */
    static Map<String, List<String>> pairs(String text) {
        Map<String, List<String>> pairs = new LinkedHashMap<>();
        if (text.isEmpty()) {
            return pairs;
        }
        String[] parts = text.split("&");
        if (parts.length > MAX_PAIRS) {
            throw new IllegalArgumentException("more than " + MAX_PAIRS + " query parameters");
        }
        for (String part : parts) {
            if (!part.isEmpty()) {
                int equals = part.indexOf('=');
                String key = equals < 0 ? part : part.substring(0, equals);
                String value = equals < 0 ? "" : part.substring(equals + 1);
                pairs.computeIfAbsent(decode(key, true), ignored -> new ArrayList<>(1))
                        .add(decode(value, true));
            }
        }
        return pairs;
    }

    /** Decodes percent-escapes once. */
    static String decode(String text, boolean plusIsSpace) {
        if (text.indexOf('%') < 0 && (!plusIsSpace || text.indexOf('+') < 0)) {
            return text;
        }
        byte[] in = text.getBytes(StandardCharsets.UTF_8);
        ByteArrayOutputStream out = new ByteArrayOutputStream(in.length);
        for (int i = 0; i < in.length; i++) {
            if (in[i] == '%') {
                int high = i + 2 < in.length ? Character.digit(in[i + 1], 16) : -1;
                int low = i + 2 < in.length ? Character.digit(in[i + 2], 16) : -1;
                if (high < 0 || low < 0) {
                    throw new IllegalArgumentException("invalid percent-encoding");
                }
                out.write(high << 4 | low);
                i += 2;
            } else {
                out.write(plusIsSpace && in[i] == '+' ? ' ' : in[i]);
            }
        }
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(out.toByteArray()))
                    .toString();
        } catch (CharacterCodingException malformed) {
            throw new IllegalArgumentException("percent-encoded bytes that are no UTF-8", malformed);
        }
    }
}
