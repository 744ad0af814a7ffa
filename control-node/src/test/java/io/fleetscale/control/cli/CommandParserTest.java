package io.fleetscale.control.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.fleetscale.control.cli.CommandParser.WrongUsage;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CommandParserTest {
    private final CliCommand root = CliCommand.of("p", "Program")
            .command(CliCommand.of("things", "Group")
                    .alias("t")
                    .command(CliCommand.of("make", "Make one")
                            .alias("new")
                            .argument("NAME")
                            .option(
                                    CliOption.text("-u,--user", "NAME", "owner").needed(),
                                    CliOption.list("--tags", "TAG", "tags"),
                                    CliOption.flag("-r,--reusable", "often"),
                                    CliOption.flag("-e,--ephemeral", "short"),
                                    CliOption.text("-x,--expiry", "TIME", "end").orElse("1h"))
                            .run(call -> 0)));

    private ParsedCommand parse(String... words) throws WrongUsage {
        return CommandParser.parse(root, List.of(words));
    }

    private String refusal(String words) {
        return catchThrowableOfType(WrongUsage.class, () -> parse(words.isEmpty() ? new String[0] : words.split(" ")))
                .text();
    }

    @Test
    void takesOptionsInEveryFormAndPlace() throws WrongUsage {
        ParsedCommand parsed = parse(
                "-ojson", "t", "--force", "new", "a", "-re=false", "--tags", "x,y", "-u", "-", "--tags=z", "--", "--b");
        assertThat(parsed.name()).isEqualTo("p things make");
        assertThat(parsed.arguments()).containsExactly("a", "--b");
        assertThat(parsed.options())
                .isEqualTo(Map.of(
                        "--output", List.of("json"),
                        "--force", List.of("true"),
                        "--reusable", List.of("true"),
                        "--ephemeral", List.of("false"),
                        "--tags", List.of("x,y", "z"),
                        "--user", List.of("-")));
    }

    @Test
    void theLastOfSeveralValuesCounts() throws WrongUsage {
        ParsedCommand parsed = parse("things", "make", "-u", "a", "--user=b", "-r", "--reusable=0");
        assertThat(parsed.last("--user")).isEqualTo("b");
        assertThat(parsed.flag("--reusable")).isFalse();
        assertThat(parsed.has("--expiry")).isFalse();
    }

    @Test
    void helpNeedsNoRequiredOption() throws WrongUsage {
        assertThat(parse("things", "make", "-h").flag(CommandParser.HELP)).isTrue();
    }

    /** The texts are those of headscale 0.29.2. */
    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            quoteCharacter = '|',
            value = {
                "other; unknown command \"other\" for \"p\"",
                "things drop; unknown command \"drop\" for \"p things\"",
                "things make --nope; unknown flag: --nope",
                "things make --nope=1; unknown flag: --nope",
                "things make -rq; unknown shorthand flag: 'q' in -q",
                "things make --user; flag needs an argument: --user",
                "things make -ru; flag needs an argument: 'u' in -u",
                "things make --reusable=maybe; invalid argument \"maybe\" for \"-r, --reusable\" flag: strconv.ParseBool: parsing \"maybe\": invalid syntax",
                "things make; required flag(s) \"user\" not set"
            })
    void refusesInWordsThatPeopleKnow(String words, String text) {
        assertThat(refusal(words)).isEqualTo(text);
    }

    @Test
    void helpShowsNamesValuesAndDefaults() throws WrongUsage {
        assertThat(CommandHelp.of(parse("things", "make", "-h").path()))
                .startsWith(
                        "Make one\n\nUsage:\n  p things make [flags] [NAME...]\n\nExample:\n  p things make --user NAME\n\nFlags:\n")
                .contains(
                        "\n  -x, --expiry TIME   end (default 1h)\n",
                        "\n      --tags TAG      tags\n",
                        "owner (required)");
    }
}
