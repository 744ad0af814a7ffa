package io.fleetscale.control.cli;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Prints a table: a header line, columns separated by {@code  | }, cells of several lines. Not thread-safe. */
final class TableWriter {
    /** Colours of cells whose text says good or bad. */
    enum Mood {
        NONE(""),
        GOOD("\u001b[92m"),
        BAD("\u001b[91m");

        private final String start;

        Mood(String start) {
            this.start = start;
        }
    }

    private record Cell(List<String> lines, Mood mood) {
        int width() {
            return lines.stream()
                    .mapToInt(line -> line.codePointCount(0, line.length()))
                    .max()
                    .orElse(0);
        }
    }

    private final List<List<Cell>> rows = new ArrayList<>();
    private final boolean coloured;
    private int[] widths = new int[0];

    TableWriter(boolean coloured, String... header) {
        this.coloured = coloured;
        row();
        for (String title : header) {
            cell(title);
        }
    }

    /** Starts the next row. */
    TableWriter row() {
        rows.add(new ArrayList<>());
        return this;
    }

    TableWriter cell(String text) {
        return cell(text, Mood.NONE);
    }

    TableWriter cell(String text, Mood mood) {
        List<String> lines = text.lines().map(TableWriter::printable).toList();
        rows.getLast().add(new Cell(lines, mood));
        return this;
    }

    /** Names come from clients: control characters must not reach the terminal. */
    private static String printable(String text) {
        return text.codePoints().noneMatch(Character::isISOControl)
                ? text
                : text.codePoints()
                        .map(c -> Character.isISOControl(c) ? '\ufffd' : c)
                        .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                        .toString();
    }

    @Override
    public String toString() {
        return drain();
    }

    /** The rows since the last call; columns are as wide as in the widest of all rows until now. */
    String drain() {
        if (rows.isEmpty()) {
            return "";
        }
        int columns = rows.getFirst().size();
        widths = Arrays.copyOf(widths, columns);
        for (List<Cell> row : rows) {
            for (int column = 0; column < row.size(); column++) {
                widths[column] = Math.max(widths[column], row.get(column).width());
            }
        }
        StringBuilder text = new StringBuilder();
        for (List<Cell> row : rows) {
            int height =
                    row.stream().mapToInt(cell -> cell.lines().size()).max().orElse(1);
            for (int line = 0; line < Math.max(1, height); line++) {
                text.append(line(row, line, widths)).append('\n');
            }
        }
        rows.clear();
        return text.toString();
    }

    private String line(List<Cell> row, int line, int[] widths) {
        StringBuilder text = new StringBuilder();
        for (int column = 0; column < row.size(); column++) {
            Cell cell = row.get(column);
            String part = line < cell.lines().size() ? cell.lines().get(line) : "";
            text.append(column == 0 ? "" : " | ");
            boolean colour = coloured && cell.mood() != Mood.NONE && !part.isEmpty();
            text.append(colour ? cell.mood().start : "").append(part).append(colour ? "\u001b[0m" : "");
            text.repeat(' ', widths[column] - part.codePointCount(0, part.length()));
        }
        return text.toString().stripTrailing();
    }
}
