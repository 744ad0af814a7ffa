package io.fleetscale.control.frontdoor.meter;

import java.util.Locale;

/** Why something was turned away: the closed label set of {@code control_frontdoor_refused_total}. */
public enum Refusal {
    TOO_MANY_CONNECTIONS,
    SOURCE_CONNECTIONS,
    SOURCE_HANDSHAKES,
    SOURCE_REQUESTS,
    MACHINE_CONNECTIONS,
    MACHINE_REQUESTS,
    OVERLOADED,
    BAD_PROXY_HEADER,
    BAD_TLS,
    NO_TLS,
    BAD_HTTP,
    HTTP2_OUTSIDE,
    BODY_TOO_LARGE,
    BAD_UPGRADE,
    BAD_INITIATION,
    OLD_VERSION,
    BAD_RECORD,
    BAD_HTTP2,
    BAD_WEBSOCKET,
    TIMEOUT,
    PING_TIMEOUT,
    SLOW_READER;

    String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
