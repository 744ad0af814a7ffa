package io.fleetscale.control.cli;

import io.fleetscale.config.ConfigLoader;
import io.fleetscale.control.doctor.Doctor;
import io.fleetscale.control.doctor.Finding;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** {@code doctor}: what clients meet at the server's URL, with all that lies in between. */
final class DoctorCommand {
    private static final Duration LIMIT = Duration.ofSeconds(10);

    private DoctorCommand() {}

    static CliCommand command() {
        return CliCommand.of(
                        "doctor", "Ask the server by its URL as clients do, and say what a proxy in between breaks")
                .option(
                        CliOption.text(
                                "--url", "URL", "the URL that clients are given; else server_url of the configuration"),
                        CliOption.flag("--insecure", "take any certificate"))
                .example("--url https://hs.example.com")
                .run(DoctorCommand::run);
    }

    private static int run(Invocation call) {
        List<Finding> findings = new Doctor(url(call), LIMIT, call.flag("--insecure")).examine();
        List<Map<String, String>> rows = new ArrayList<>();
        TableWriter table = call.table("Result", "Check", "Finding");
        for (Finding finding : findings) {
            String level = finding.level().name().toLowerCase(Locale.ROOT);
            Map<String, String> row = new LinkedHashMap<>();
            row.put("result", level);
            row.put("check", finding.subject());
            row.put("finding", finding.text());
            rows.add(row);
            table.row()
                    .cell(level, mood(finding.level()))
                    .cell(finding.subject())
                    .cell(finding.text());
        }
        int printed = call.printRows(rows, table);
        return findings.stream().anyMatch(finding -> finding.level() == Finding.Level.FAIL) ? 1 : printed;
    }

    private static TableWriter.Mood mood(Finding.Level level) {
        return switch (level) {
            case OK -> TableWriter.Mood.GOOD;
            case NOTE -> TableWriter.Mood.NONE;
            case FAIL -> TableWriter.Mood.BAD;
        };
    }

    private static URI url(Invocation call) {
        String text = call.has("--url")
                ? call.text("--url")
                : ConfigLoader.ofProcess()
                        .load(call.config(), ConfigLoader.Purpose.COMMAND_LINE)
                        .config()
                        .listen()
                        .serverUrl();
        if (text.isEmpty()) {
            throw new CliFailure("no server_url in the configuration: name the URL with --url");
        }
        try {
            URI url = new URI(text);
            if (url.getHost() != null && List.of("http", "https").contains(url.getScheme())) {
                return url;
            }
        } catch (URISyntaxException e) {
            // said below
        }
        throw new CliFailure("--url \"" + text + "\": write https://host or http://host:port");
    }
}
