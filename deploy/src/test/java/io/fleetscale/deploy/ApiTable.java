package io.fleetscale.deploy;

import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;

/** The operations of the API as a table for people: from the program's own description and from calls that were made. */
final class ApiTable {
    private static final String UNSUPPORTED = "Not supported: ";
    private static final String HEAD = """
            # Tailscale's API, operation by operation

            Written by `ApiClientsIT` from the description that the program serves (`/api/v2/openapi.json`) and from the calls that
            `loadtest/apiclients` made in that test: by Tailscale's own Go client, and by plain HTTP where it has no method. An operation that is not supported answers 501 with
            the reason as its message unless its row says otherwise. Who may call what is held by `ScopeMatrixTest`, operation by operation.

            """;

    private ApiTable() {}

    /** A call that was answered. */
    record Call(String method, String path, int status) {
        /** Reads {@code METHOD PATH STATUS}. */
        static Call parse(String line) {
            String[] words = line.split(" ", 3);
            return new Call(words[0], words[1], Integer.parseInt(words[2]));
        }
    }

    /** @param description OpenAPI, with {@code paths} */
    static String of(JsonNode description, List<Call> calls) {
        StringBuilder rows = new StringBuilder(16 * 1024);
        int supported = 0;
        int all = 0;
        for (var path : description.get("paths").properties()) {
            for (var operation : path.getValue().properties()) {
                String method = operation.getKey().toUpperCase(Locale.ROOT);
                String summary = operation.getValue().get("summary").asString();
                boolean done = !summary.startsWith(UNSUPPORTED);
                JsonNode scope = operation.getValue().get("x-required-scope");
                rows.append("| `%s %s` | %s | %s | %s |%n"
                        .formatted(
                                method,
                                path.getKey().replaceFirst("^/api/v2", ""),
                                scope == null ? "" : "`" + scope.asString() + "`",
                                done ? summary : "not supported: " + summary.substring(UNSUPPORTED.length()),
                                isCalled(calls, method, path.getKey()) ? "yes" : ""));
                all++;
                supported += done ? 1 : 0;
            }
        }
        return HEAD
                + "%d operations, %d of them supported.%n%n".formatted(all, supported)
                + "| operation, below `/api/v2` | scope | what it does | called with success |\n|---|---|---|---|\n"
                + rows;
    }

    private static boolean isCalled(List<Call> calls, String method, String template) {
        Pattern pattern = Pattern.compile(Pattern.quote(template).replaceAll("\\{[a-zA-Z]+}", "\\\\E[^/]+\\\\Q"));
        return calls.stream()
                .anyMatch(call -> call.status() / 100 == 2
                        && call.method().equals(method)
                        && pattern.matcher(call.path()).matches());
    }
}
