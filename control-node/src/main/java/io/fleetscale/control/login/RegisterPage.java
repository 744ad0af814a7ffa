package io.fleetscale.control.login;

import java.util.Optional;

/** The page behind a login's URL: tells a person how an administrator lets the node in. */
public final class RegisterPage {
    private RegisterPage() {}

    /**
     * Content of {@code GET /register/<id>}; UTF-8 HTML. Says nothing about the login: whoever knows the URL sees it.
     *
     * @return empty when the text is no auth id; answer 400 {@code invalid auth id} then
     */
    public static Optional<String> html(String id) {
        boolean wellFormed = id.length() == AuthId.LENGTH
                && id.startsWith(AuthId.PREFIX)
                && id.chars().allMatch(RegisterPage::isIdCharacter);
        return wellFormed ? Optional.of(PAGE.replace("{id}", id)) : Optional.empty();
    }

    private static boolean isIdCharacter(int c) {
        return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_';
    }

    private static final String PAGE = """
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="robots" content="noindex">
            <title>Fleetscale: one step left</title>
            <style>
            body { font-family: system-ui, sans-serif; max-width: 44rem; margin: 4rem auto; padding: 0 1rem; line-height: 1.5; color-scheme: light dark }
            pre { padding: 1rem; border: 1px solid; border-radius: .4rem; overflow-x: auto; user-select: all }
            </style>
            </head>
            <body>
            <h1>This machine waits to be let in</h1>
            <p>Run this line on the control server, with the name of the user who will own the machine in place of
            <code>USERNAME</code>. If somebody else runs the server, send them the line.</p>
            <pre>headscale auth register --auth-id {id} --user USERNAME</pre>
            <p>The machine notices by itself and connects; you can close this page.</p>
            </body>
            </html>
            """;
}
