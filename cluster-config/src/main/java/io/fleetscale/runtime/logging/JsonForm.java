package io.fleetscale.runtime.logging;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.IThrowableProxy;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import java.io.StringWriter;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.event.KeyValuePair;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

/**
 * One event as one line of JSON: {@code level}, {@code time} (RFC 3339, UTC), {@code logger}, {@code thread}, {@code
 * message}, then the key-value pairs as members of their own, then {@code stack}. Numbers and truth values stay what they
 * are. A pair whose name is taken gets an underscore behind it.
 */
final class JsonForm {
    private static final JsonFactory JSON = new JsonFactory();
    private static final Set<String> TAKEN = Set.of("level", "time", "logger", "thread", "message", "stack");

    private JsonForm() {}

    static String format(ILoggingEvent event) {
        StringWriter line = new StringWriter(256);
        try (JsonGenerator json = JSON.createGenerator(ObjectWriteContext.empty(), line)) {
            json.writeStartObject();
            json.writeStringProperty("level", event.getLevel().toString().toLowerCase(Locale.ROOT));
            json.writeStringProperty("time", event.getInstant().toString());
            json.writeStringProperty("logger", event.getLoggerName());
            json.writeStringProperty("thread", event.getThreadName());
            json.writeStringProperty("message", String.valueOf(event.getFormattedMessage()));
            List<KeyValuePair> pairs = event.getKeyValuePairs();
            if (pairs != null) {
                writePairs(json, pairs);
            }
            IThrowableProxy thrown = event.getThrowableProxy();
            if (thrown != null) {
                json.writeStringProperty("stack", ThrowableProxyUtil.asString(thrown));
            }
            json.writeEndObject();
        }
        return line.append('\n').toString();
    }

    private static void writePairs(JsonGenerator json, List<KeyValuePair> pairs) {
        Set<String> names = new HashSet<>(TAKEN);
        for (KeyValuePair pair : pairs) {
            String name = pair.key;
            while (!names.add(name)) {
                name = name + "_";
            }
            json.writeName(name);
            writeValue(json, pair.value);
        }
    }

    private static void writeValue(JsonGenerator json, @Nullable Object value) {
        switch (value) {
            case null -> json.writeNull();
            case Boolean flag -> json.writeBoolean(flag);
            case Long number -> json.writeNumber(number);
            case Integer number -> json.writeNumber(number);
            case Double number -> json.writeNumber(number);
            default -> json.writeString(value.toString());
        }
    }
}
