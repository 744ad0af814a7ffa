package io.fleetscale.control.oidc;

import java.io.IOException;
import java.net.CookieManager;
import java.net.CookiePolicy;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A browser without a screen: keeps cookies and follows redirects, one by one so that tests can stop in between. */
final class Browser implements AutoCloseable {
    private static final Pattern FORM = Pattern.compile("<form method=\"post\" action=\"([^\"]+)\"");
    private static final Pattern FIELD = Pattern.compile("<input type=\"hidden\" name=\"([^\"]+)\" value=\"([^\"]+)\"");

    final CookieManager cookies = new CookieManager(null, CookiePolicy.ACCEPT_ALL);
    private final HttpClient client = HttpClient.newBuilder()
            .cookieHandler(cookies)
            .connectTimeout(Duration.ofSeconds(5))
            .build();

    record Page(URI uri, int status, String text, String location, String headers) {
        /** Where a redirect leads. */
        URI next() {
            if (location.isEmpty()) {
                throw new AssertionError("no redirect but " + status + ": " + text);
            }
            return uri.resolve(location);
        }

        /** Value of the hidden field. */
        String field() {
            Matcher field = FIELD.matcher(text);
            if (!field.find()) {
                throw new AssertionError("no form in " + status + ": " + text);
            }
            return field.group(2);
        }

        URI action() {
            Matcher form = FORM.matcher(text);
            if (!form.find()) {
                throw new AssertionError("no form in " + status + ": " + text);
            }
            return uri.resolve(form.group(1));
        }
    }

    Page get(URI uri) throws IOException, InterruptedException {
        return page(uri, HttpRequest.newBuilder(uri).build());
    }

    /** Opens a page and goes where redirects lead. */
    Page open(URI uri) throws IOException, InterruptedException {
        Page page = get(uri);
        for (int hops = 0; page.status() == 302 && hops < 10; hops++) {
            page = get(page.next());
        }
        return page;
    }

    /** Presses the button of the page's form. */
    Page press(Page page) throws IOException, InterruptedException {
        return post(page.action(), OidcRoutes.CONFIRM_NAME + "=" + page.field());
    }

    Page post(URI uri, String form) throws IOException, InterruptedException {
        return page(
                uri,
                HttpRequest.newBuilder(uri)
                        .header("Content-Type", "application/x-www-form-urlencoded")
                        .POST(BodyPublishers.ofString(form))
                        .build());
    }

    private Page page(URI uri, HttpRequest request) throws IOException, InterruptedException {
        HttpResponse<String> answer = client.send(request, BodyHandlers.ofString());
        return new Page(
                uri,
                answer.statusCode(),
                answer.body(),
                answer.headers().firstValue("Location").orElse(""),
                answer.headers().map().toString());
    }

    @Override
    public void close() {
        client.shutdownNow();
    }
}
