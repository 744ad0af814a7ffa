package io.fleetscale.runtime.logging;

import static java.nio.charset.StandardCharsets.UTF_8;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.encoder.EncoderBase;
import java.util.function.Function;

/** Renders an event and masks secrets in all of it: message, key-value pairs and stack trace. Thread-safe. */
final class FilteredEncoder extends EncoderBase<ILoggingEvent> {
    private static final byte[] NOTHING = {};

    private final Function<ILoggingEvent, String> form;

    FilteredEncoder(Function<ILoggingEvent, String> form) {
        this.form = form;
    }

    @Override
    public byte[] headerBytes() {
        return NOTHING;
    }

    @Override
    public byte[] encode(ILoggingEvent event) {
        return SecretFilter.mask(form.apply(event)).getBytes(UTF_8);
    }

    @Override
    public byte[] footerBytes() {
        return NOTHING;
    }
}
