package io.fleetscale.control.frontdoor.page;

/** Pages without scripts. */
final class Html {
    private Html() {}

    /** {@code text} with the five characters that HTML and XML give a meaning as references. */
    static String escape(String text) {
        StringBuilder out = new StringBuilder(text.length() + 16);
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '&' -> out.append("&amp;");
                case '<' -> out.append("&lt;");
                case '>' -> out.append("&gt;");
                case '"' -> out.append("&quot;");
                case '\'' -> out.append("&#39;");
                default -> out.append(c);
            }
        }
        return out.toString();
    }

    /** @param body HTML, escaped by the caller */
    static String page(String title, String body) {
        return """
                <!DOCTYPE html>
                <html lang="en">
                <head>
                <meta charset="utf-8">
                <meta name="viewport" content="width=device-width, initial-scale=1">
                <title>%s</title>
                <style>body{font-family:system-ui,sans-serif;max-width:40rem;margin:2rem auto;padding:0 1rem;line-height:1.5}
                pre{background:#eee;color:#111;padding:.8rem;overflow-x:auto}</style>
                </head>
                <body>
                %s</body>
                </html>
                """.formatted(escape(title), body);
    }
}
