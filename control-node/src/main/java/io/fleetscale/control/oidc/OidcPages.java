package io.fleetscale.control.oidc;

import io.fleetscale.control.frontdoor.http.HttpReply;
import io.fleetscale.control.frontdoor.page.Html;
import io.fleetscale.control.login.PendingLogin;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.User;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.time.temporal.ChronoUnit;
import org.jspecify.annotations.Nullable;

/** What people see. Everything that comes from outside is escaped. */
final class OidcPages {
    private OidcPages() {}

    /** Asks whether the machine is the person's own: whoever was sent a link by a stranger can stop here. */
    static HttpReply confirm(PendingLogin login, User user, String token) {
        return Html.reply(200, "Is this your machine?", """
                <h1>Is this your machine?</h1>
                <p>You are <strong>%s</strong>. A machine wants to join the network as yours:</p>
                <table>
                <tr><th>Name</th><td>%s</td></tr>
                <tr><th>System</th><td>%s</td></tr>
                <tr><th>Machine key</th><td><code>%s</code></td></tr>
                <tr><th>Asked from</th><td>%s</td></tr>
                <tr><th>Asked at</th><td>%s</td></tr>
                </table>
                <p>Confirm only if you have just started this on a machine that you hold in your hands. If somebody sent you a
                link, close this page.</p>
                <form method="post" action="/register/confirm/%s">
                <input type="hidden" name="%s" value="%s">
                <button type="submit">Yes, let it in</button>
                </form>
                """.formatted(
                Html.escape(user.shownName()),
                Html.escape(login.hostinfo().hostname()),
                Html.escape(login.hostinfo().os()),
                Html.escape(login.machineKey().toShortText()),
                Html.escape(login.remoteAddress()),
                Html.escape(login.createdAt().truncatedTo(ChronoUnit.SECONDS).toString()),
                Html.escape(login.id().text()),
                OidcRoutes.CONFIRM_NAME,
                Html.escape(token)));
    }

    static HttpReply done(Node node, User user, boolean wasKnown) {
        String title = wasKnown ? "Node reauthenticated" : "Node registered";
        return Html.reply(
                200, title, """
                <h1>%s</h1>
                <p><strong>%s</strong> belongs to %s and connects now. You can close this page.</p>
                """.formatted(title, Html.escape(node.givenName()), Html.escape(user.shownName())));
    }

    static HttpReply checked() {
        return Html.reply(200, "Session approved", """
                <h1>Session approved</h1>
                <p>The SSH session goes on. You can close this page.</p>
                """);
    }

    /** Says what kind of failure it is; the reason is for the log. Source: headscale-surface 3.4, last paragraph. */
    static HttpReply error(int status, @Nullable String hint) {
        String title = HttpResponseStatus.valueOf(status).reasonPhrase();
        String message = switch (status) {
            case 401, 403 -> "You are not authorized. Please contact your administrator.";
            case 410 -> "Your session has expired. Please try again.";
            default ->
                status >= 500
                        ? "Something went wrong. Please try again later."
                        : "The request could not be processed. Please try again.";
        };
        return Html.reply(
                status,
                title,
                "<h1>%s</h1>\n<p>%s</p>\n%s"
                        .formatted(
                                Html.escape(title), message, hint == null ? "" : "<p>" + Html.escape(hint) + "</p>\n"));
    }
}
