package io.fleetscale.control.oauthapp;

import io.fleetscale.control.frontdoor.http.HttpReply;
import io.fleetscale.control.frontdoor.page.Html;
import io.fleetscale.control.tailnet.User;

/** What people see of an app that asks for their consent. Everything that comes from outside is escaped. */
final class ConsentPages {
    private ConsentPages() {}

    /** Asks; the browser may go to the app's address afterwards, which a page has to allow its forms. */
    static HttpReply question(ConsentRequest request, OAuthApp app, User user, String question) {
        return Html.reply(
                200,
                "Let an app add a device?",
                """
                <h1>Let an app add a device?</h1>
                <p>You are <strong>%s</strong>. The app <strong>%s</strong> wants to add one device to the network as yours%s.</p>
                %s<p>It gets the answer at <code>%s</code>. If you did not start this in that app, say no.</p>
                <form method="post" action="%s">
                <input type="hidden" name="%s" value="%s">
                <button type="submit" name="answer" value="yes">Yes, let it</button>
                <button type="submit" name="answer" value="no">No</button>
                </form>
                """.formatted(
                                Html.escape(user.shownName()),
                                Html.escape(app.name()),
                                attributes(app),
                                description(app),
                                Html.escape(request.redirectUri()),
                                ConsentRoutes.PATH,
                                ConsentRoutes.QUESTION,
                                Html.escape(question)),
                request.origin());
    }

    /** For a server at which nobody can log in. */
    static HttpReply command(ConsentRequest request, OAuthApp app) {
        String command = "fleetscale apps approve --client-id " + request.clientId() + " --redirect-uri '"
                + request.redirectUri() + "' --scope " + request.scope() + " --user USER";
        return Html.reply(200, "Consent to an app", """
                <h1>Consent to an app</h1>
                <p>The app <strong>%s</strong> wants to add one device to the network%s.</p>
                %s<p>People cannot log in at this server. To let the app, an administrator runs this command on it, with the name
                of the user whose device it will be, and gives the printed code to the app:</p>
                <pre>%s</pre>
                """.formatted(
                                Html.escape(app.name()), attributes(app), description(app), Html.escape(command)))
                .withHeader("Cache-Control", "no-store");
    }

    static HttpReply strange() {
        return failed(400, "The app or its address is not known here. Nothing was done.");
    }

    static HttpReply inactive(User user) {
        return failed(
                403,
                "The user " + user.shownName()
                        + " may not let apps in yet: an administrator has to approve or restore the user first.");
    }

    static HttpReply over() {
        return failed(410, "The question is too old. Start again in the app.");
    }

    static HttpReply failed(int status, String text) {
        return Html.reply(status, "Consent to an app", "<h1>Consent to an app</h1>\n<p>" + Html.escape(text) + "</p>\n")
                .withHeader("Cache-Control", "no-store");
    }

    private static String attributes(OAuthApp app) {
        return app.allowedNodeAttributes().isEmpty()
                ? ""
                : ", with the attributes <code>" + Html.escape(String.join(", ", app.allowedNodeAttributes()))
                        + "</code>";
    }

    private static String description(OAuthApp app) {
        return app.description().isEmpty() ? "" : "<p>" + Html.escape(app.description()) + "</p>\n";
    }
}
