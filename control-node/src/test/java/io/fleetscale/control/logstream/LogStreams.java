package io.fleetscale.control.logstream;

import java.util.List;

/** Streams for tests. */
final class LogStreams {
    private LogStreams() {}

    static LogStream of(String destination, String url, String sealedToken, String compression) {
        return new LogStream(
                destination,
                url,
                "user",
                sealedToken,
                0,
                compression,
                "",
                "",
                "",
                "",
                "",
                "",
                "",
                "",
                "",
                "",
                List.of(),
                "",
                0);
    }

    static LogStream s3(String url, String authentication) {
        return new LogStream(
                "s3",
                url,
                "user",
                "",
                0,
                "none",
                "logs",
                "eu-central-1",
                "audit/",
                authentication,
                "AKIDEXAMPLE",
                "",
                "",
                "",
                "",
                "",
                List.of(),
                "",
                0);
    }
}
