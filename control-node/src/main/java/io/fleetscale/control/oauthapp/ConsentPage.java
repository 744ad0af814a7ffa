package io.fleetscale.control.oauthapp;

import io.fleetscale.control.frontdoor.page.Html;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What a browser is shown that an app sends for consent: who asks for what, and the command with which it is given. The page
 * itself gives nothing: it does not know who looks at it.
 */
public final class ConsentPage {
    private ConsentPage() {}

    /**
     * The page.
     *
     * @param query of the request
     * @param apps by id
     */
    public static String of(Map<String, List<String>> query, Function<String, @Nullable OAuthApp> apps) {
        String id = first(query, "client_id");
        OAuthApp app = apps.apply(id);
        if (app == null || !app.redirectUris().contains(first(query, "redirect_uri"))) {
            return page("<p>The app or its address is not known here. Nothing was done.</p>");
        }
        String scope = first(query, "scope");
        String command = "fleetscale apps approve --client-id " + id + " --redirect-uri '"
                + first(query, "redirect_uri") + "'" + (scope.isEmpty() ? "" : " --scope " + scope) + " --user USER";
        return page("<p>The app <b>" + Html.escape(app.name()) + "</b> asks to add one device to the tailnet"
                + (app.allowedNodeAttributes().isEmpty()
                        ? ""
                        : ", with the attributes " + Html.escape(String.join(", ", app.allowedNodeAttributes())))
                + ".</p><p>To let it, an administrator runs this command on the server, with the name of the user whose"
                + " device it will be, and gives the printed code to the app:</p><pre>" + Html.escape(command)
                + "</pre>");
    }

    private static String first(Map<String, List<String>> query, String name) {
        List<String> values = query.getOrDefault(name, List.of());
        return values.isEmpty() ? "" : values.getFirst();
    }

    private static String page(String body) {
        return "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Fleetscale: consent to an app</title>"
                + "</head><body><h1>Consent to an app</h1>" + body + "</body></html>";
    }
}
