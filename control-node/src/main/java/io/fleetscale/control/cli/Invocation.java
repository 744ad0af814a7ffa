package io.fleetscale.control.cli;

import com.google.protobuf.Message;
import com.google.protobuf.Timestamp;
import io.fleetscale.proto.headscale.v1.HeadscaleServiceGrpc.HeadscaleServiceBlockingStub;
import io.grpc.StatusRuntimeException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** One command with the values that were given, and its surroundings. Not thread-safe. */
public final class Invocation {
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss", Locale.ROOT).withZone(ZoneOffset.UTC);

    private final ParsedCommand parsed;
    private final CliContext context;
    private final OutputFormat format;
    private @Nullable ServerConnection connection;

    Invocation(ParsedCommand parsed, CliContext context, OutputFormat format) {
        this.parsed = parsed;
        this.context = context;
        this.format = format;
    }

    /** Where results go. */
    public PrintStream out() {
        return context.out();
    }

    /** Where notices and prompts go. */
    public PrintStream err() {
        return context.err();
    }

    /** How the program was called. */
    public String program() {
        return context.program();
    }

    /** The file of {@code --config}, null when the usual places decide. */
    public @Nullable Path config() {
        String path = text("--config");
        return path.isEmpty() ? null : Path.of(path);
    }

    /** An option's text; its initial value when it was not given. */
    public String text(String longName) {
        String given = parsed.last(longName);
        if (given != null) {
            return given;
        }
        for (CliOption option : parsed.command().options()) {
            if (option.longName().equals(longName)) {
                return option.initial();
            }
        }
        return "";
    }

    public boolean has(String longName) {
        return parsed.has(longName);
    }

    public boolean flag(String longName) {
        return parsed.flag(longName);
    }

    /** The values of a repeated or comma-separated option without empty ones. */
    public List<String> list(String longName) {
        List<String> values = new ArrayList<>();
        for (String text : parsed.all(longName)) {
            for (String part : text.split(",")) {
                if (!part.isBlank()) {
                    values.add(part.strip());
                }
            }
        }
        return values;
    }

    /** Arguments that are no options. */
    public List<String> arguments() {
        return parsed.arguments();
    }

    Instant now() {
        return context.clock().instant();
    }

    TableWriter table(String... header) {
        return new TableWriter(context.coloured(), header);
    }

    /** Whether results are for programs. */
    boolean isForPrograms() {
        return format != OutputFormat.HUMAN;
    }

    /** Calls the server; {@code what} goes before the error, as {@code creating user: rpc error: ...}. */
    <R> R call(String what, Function<HeadscaleServiceBlockingStub, R> rpc) {
        return callMore(what, open -> rpc.apply(open.stub()));
    }

    /** Calls one of the RPCs that our servers have beyond headscale's. */
    <R> R callMore(String what, Function<ServerConnection, R> rpc) {
        ServerConnection open = connection;
        if (open == null) {
            open = ServerConnection.open(context.settings().load(config()), line -> {
                err().println(line);
                err().flush();
            });
            connection = open;
        }
        try {
            return rpc.apply(open);
        } catch (StatusRuntimeException failed) {
            throw new CliFailure(open.describe(what, failed));
        }
    }

    /** A list that is printed page by page. */
    ListPrinter printer(String... header) {
        return new ListPrinter(out(), format, table(header));
    }

    /** Prints an answer: the sentence for people, the message for programs. */
    int print(Message answer, String sentence) {
        return print(() -> GoStruct.forJson(answer), () -> GoStruct.forYaml(answer), sentence + "\n");
    }

    /** Prints a list of messages; people get the table. */
    int printList(List<? extends Message> answers, Supplier<TableWriter> table) {
        return print(
                () -> answers.stream().map(GoStruct::forJson).toList(),
                () -> answers.stream().map(GoStruct::forYaml).toList(),
                isForPrograms() ? "" : table.get().toString());
    }

    /** Prints rows that are no messages; people get the table. */
    int printRows(List<? extends Map<String, ?>> rows, TableWriter table) {
        return print(() -> rows, () -> rows, isForPrograms() ? "" : table.toString());
    }

    /** Prints a text that is a JSON string for programs. */
    public int printText(String text) {
        return print(() -> text, () -> text, text + "\n");
    }

    /** Prints a small map. */
    public int printMap(Map<String, ?> members, String sentence) {
        return print(() -> members, () -> members, sentence + "\n");
    }

    private int print(Supplier<@Nullable Object> json, Supplier<@Nullable Object> yaml, String human) {
        out().print(
                        switch (format) {
                            case HUMAN -> human;
                            case JSON -> GoJson.write(json.get(), true) + "\n";
                            case JSON_LINE -> GoJson.write(json.get(), false) + "\n";
                            case YAML -> GoYaml.write(yaml.get()) + "\n";
                        });
        out().flush();
        return 0;
    }

    /** Asks the person unless {@code --force} was given; everything but a clear yes is no. */
    public boolean confirm(String question) {
        if (flag("--force")) {
            return true;
        }
        err().print(question + " [y/n] ");
        err().flush();
        try {
            String answer = new BufferedReader(new InputStreamReader(context.in(), StandardCharsets.UTF_8)).readLine();
            return answer != null
                    && List.of("y", "yes", "sure").contains(answer.strip().toLowerCase(Locale.ROOT));
        } catch (IOException unreadable) {
            return false;
        }
    }

    static String time(Timestamp time) {
        return TIME.format(instant(time));
    }

    static Instant instant(Timestamp time) {
        return Instant.ofEpochSecond(time.getSeconds(), time.getNanos());
    }

    static Timestamp timestamp(Instant time) {
        return Timestamp.newBuilder()
                .setSeconds(time.getEpochSecond())
                .setNanos(time.getNano())
                .build();
    }

    void close() {
        if (connection != null) {
            connection.close();
        }
    }
}
