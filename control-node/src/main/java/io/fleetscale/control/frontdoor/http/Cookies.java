package io.fleetscale.control.frontdoor.http;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.cookie.Cookie;
import io.netty.handler.codec.http.cookie.ServerCookieDecoder;
import java.time.Duration;
import java.util.Optional;

/** Cookies that scripts never see. Names and values are of the base64url alphabet. */
public final class Cookies {
    private Cookies() {}

    /** The value that the browser sends; empty as well when it sends two of the name. */
    public static Optional<String> read(HttpCall call, String name) {
        Optional<String> found = Optional.empty();
        for (String line : call.headers().getAll(HttpHeaderNames.COOKIE)) {
            for (Cookie cookie : ServerCookieDecoder.STRICT.decodeAll(line)) {
                if (cookie.name().equals(name)) {
                    if (found.isPresent()) {
                        return Optional.empty();
                    }
                    found = Optional.of(cookie.value());
                }
            }
        }
        return found;
    }

    public static String set(String name, String value, String path, Duration life, String sameSite, boolean secure) {
        return name + "=" + value + "; Path=" + path + "; Max-Age=" + life.toSeconds() + "; HttpOnly; SameSite="
                + sameSite + (secure ? "; Secure" : "");
    }

    public static String expired(String name, String path) {
        return name + "=; Path=" + path + "; Max-Age=0; HttpOnly";
    }
}
