package io.fleetscale.control.cli;

import com.google.protobuf.Message;
import java.io.PrintStream;
import java.util.List;
import java.util.function.BiConsumer;

/** Prints a long list in pages, in the form of one list. Not thread-safe. */
final class ListPrinter {
    private final PrintStream out;
    private final OutputFormat format;
    private final TableWriter table;
    private boolean empty = true;

    ListPrinter(PrintStream out, OutputFormat format, TableWriter table) {
        this.out = out;
        this.format = format;
        this.table = table;
    }

    /** @param row writes one message as a row of the table, for people */
    <M extends Message> void page(List<M> messages, BiConsumer<TableWriter, M> row) {
        for (M message : messages) {
            switch (format) {
                case HUMAN -> row.accept(table, message);
                case JSON, JSON_LINE ->
                    out.print(
                            (empty ? "[" : ",") + GoJson.item(GoStruct.forJson(message), format == OutputFormat.JSON));
                case YAML -> out.print(GoYaml.write(List.of(GoStruct.forYaml(message))));
            }
            empty = false;
        }
        if (format == OutputFormat.HUMAN) {
            out.print(table.drain());
        }
        out.flush();
    }

    /** Ends the list. */
    void end() {
        out.print(
                switch (format) {
                    case HUMAN -> table.drain();
                    case JSON -> empty ? "[]\n" : "\n]\n";
                    case JSON_LINE -> empty ? "[]\n" : "]\n";
                    case YAML -> empty ? "[]\n\n" : "\n";
                });
        out.flush();
    }
}
