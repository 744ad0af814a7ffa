package io.fleetscale.control.login;

import io.fleetscale.control.frontdoor.http.HttpCall;
import io.fleetscale.control.frontdoor.http.HttpReply;
import io.fleetscale.control.frontdoor.page.Html;

/**
 * The pages behind a login's URL when administrators approve logins. They say nothing about the login: whoever knows the URL
 * sees them. Source: headscale-surface 3.4.
 */
public final class LoginPages {
    private LoginPages() {}

    /** {@code GET /register/<id>}: how a machine is let in. 400 {@code invalid auth id} for anything else. */
    public static HttpReply register(HttpCall call) {
        String id = call.variable("id");
        return !AuthId.isWellFormed(id) ? invalid() : Html.reply(200, "Fleetscale: one step left", """
                        <h1>This machine waits to be let in</h1>
                        <p>Run this line on the control server, with the name of the user who will own the machine in place of
                        <code>USERNAME</code>. If somebody else runs the server, send them the line.</p>
                        <pre>headscale auth register --auth-id %s --user USERNAME</pre>
                        <p>The machine notices by itself and connects; you can close this page.</p>
                        """.formatted(id));
    }

    /** {@code GET /auth/<id>}: how an SSH session is approved. */
    public static HttpReply check(HttpCall call) {
        String id = call.variable("id");
        return !AuthId.isWellFormed(id) ? invalid() : Html.reply(200, "Fleetscale: one step left", """
                        <h1>This session waits to be approved</h1>
                        <p>Run this line on the control server. If somebody else runs the server, send them the line.</p>
                        <pre>headscale auth approve --auth-id %s</pre>
                        <p>The session goes on by itself; you can close this page.</p>
                        """.formatted(id));
    }

    private static HttpReply invalid() {
        return HttpReply.text(400, "invalid auth id\n");
    }
}
