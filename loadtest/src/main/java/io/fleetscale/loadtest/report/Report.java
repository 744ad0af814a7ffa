package io.fleetscale.loadtest.report;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** The figures of one run and the machine that they were measured on. Not thread-safe. */
public final class Report {
    private static final JsonMapper JSON = new JsonMapper();

    private final Instant at;
    private final List<Figure> figures = new ArrayList<>();

    public Report(Instant at) {
        this.at = at.truncatedTo(ChronoUnit.SECONDS);
    }

    public void add(Figure figure) {
        figures.add(figure);
    }

    public List<Figure> figures() {
        return List.copyOf(figures);
    }

    /** One line a figure. */
    public static String line(Figure figure) {
        String aim = figure.aim() == null
                ? ""
                : String.format(
                        Locale.ROOT,
                        "  (aim %s %s: %s)",
                        figure.lowerIsBetter() ? "<=" : ">=",
                        number(figure.aim()),
                        figure.reached() ? "reached" : "missed");
        return figure.name() + ": " + number(figure.value()) + " " + figure.unit() + aim;
    }

    /** Writes {@code FILE} as JSON and, beside it, the same as a Markdown table. */
    public void write(Path file) throws IOException {
        ObjectNode root = JSON.createObjectNode();
        root.put("at", at.toString());
        root.put("cpus", Runtime.getRuntime().availableProcessors());
        root.put("java", Runtime.version().toString());
        ArrayNode list = root.putArray("figures");
        for (Figure figure : figures) {
            ObjectNode node = list.addObject();
            node.put("name", figure.name());
            node.put("value", figure.value());
            node.put("unit", figure.unit());
            if (figure.aim() != null) {
                node.put("aim", figure.aim());
                node.put("reached", figure.reached());
            }
            node.put("note", figure.note());
        }
        Path parent = file.toAbsolutePath().getParent();
        if (parent != null) {
            Files.createDirectories(parent);
        }
        Files.writeString(file, JSON.writerWithDefaultPrettyPrinter().writeValueAsString(root) + "\n");
        String name = file.getFileName().toString();
        String base = name.endsWith(".json") ? name.substring(0, name.length() - 5) : name;
        Files.writeString(file.resolveSibling(base + ".md"), markdown());
    }

    String markdown() {
        StringBuilder out = new StringBuilder("| figure | measured | aim | how |\n|---|---|---|---|\n");
        for (Figure figure : figures) {
            out.append("| ")
                    .append(figure.name())
                    .append(" | ")
                    .append(number(figure.value()))
                    .append(' ')
                    .append(figure.unit())
                    .append(" | ")
                    .append(
                            figure.aim() == null
                                    ? ""
                                    : (figure.lowerIsBetter() ? "<= " : ">= ") + number(figure.aim()) + " "
                                            + figure.unit())
                    .append(" | ")
                    .append(figure.note())
                    .append(" |\n");
        }
        return out.toString();
    }

    private static String number(double value) {
        if (value == Math.rint(value) && Math.abs(value) < 1e9) {
            return String.format(Locale.ROOT, "%.0f", value);
        }
        return String.format(Locale.ROOT, Math.abs(value) < 10 ? "%.3f" : "%.1f", value);
    }
}
