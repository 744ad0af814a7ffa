package io.fleetscale.control.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Writes shell scripts that complete commands and options, from the tree of commands. */
final class Completion {
    /** A shell that we write for. */
    enum Shell {
        BASH,
        ZSH,
        FISH,
        POWERSHELL
    }

    private static final List<String> EVERYWHERE = List.of("--config", "--output", "--force", "--help");

    private final CliCommand root;
    private final String program;
    private final String function;
    private final boolean descriptions;

    /** @param descriptions whether words carry their help where the shell can show it, which is fish */
    Completion(CliCommand root, String program, boolean descriptions) {
        this.root = root;
        this.program = program;
        this.descriptions = descriptions;
        this.function = "_" + program.replaceAll("[^A-Za-z0-9_]", "_") + "_complete";
    }

    String script(Shell shell) {
        return switch (shell) {
            case BASH -> bash();
            case ZSH -> "#compdef " + program + "\nautoload -U +X bashcompinit && bashcompinit\n" + bash();
            case FISH -> fish();
            case POWERSHELL -> powershell();
        };
    }

    /** Calls back with each path of names and aliases, and the words that can follow it. */
    private void walk(CliCommand command, List<String> paths, BiConsumer<List<String>, List<String>> found) {
        found.accept(paths, words(command));
        for (CliCommand child : command.commands()) {
            List<String> names = Stream.concat(Stream.of(child.name()), child.aliases().stream())
                    .flatMap(name -> paths.stream().map(path -> path.isEmpty() ? name : path + " " + name))
                    .toList();
            walk(child, names, found);
        }
    }

    private static List<String> words(CliCommand command) {
        List<String> words = new ArrayList<>();
        command.commands().stream()
                .filter(child -> !child.isHidden())
                .map(CliCommand::name)
                .forEach(words::add);
        command.options().stream().flatMap(option -> option.names().stream()).forEach(words::add);
        words.addAll(EVERYWHERE);
        return words;
    }

    private String bash() {
        StringBuilder script = new StringBuilder();
        script.append("# completes the commands of ").append(program).append('\n');
        script.append(function).append("() {\n");
        script.append("  local word path=\"\" words=\"\" current=\"${COMP_WORDS[COMP_CWORD]}\"\n");
        script.append("  for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n");
        script.append("    case \"$word\" in -*) ;; *) path=\"${path:+$path }$word\" ;; esac\n  done\n");
        script.append("  case \"${COMP_WORDS[COMP_CWORD-1]}\" in\n");
        script.append("    -o | --output) COMPREPLY=($(compgen -W \"human json json-line yaml\" -- \"$current\"))");
        script.append("; return ;;\n");
        script.append("    -c | --config) COMPREPLY=($(compgen -f -- \"$current\")); return ;;\n  esac\n");
        script.append("  case \"$path\" in\n");
        List<String> cases = new ArrayList<>();
        walk(
                root,
                List.of(""),
                (paths, words) -> cases.add("    "
                        + paths.stream()
                                .map(path -> "\"" + path + (path.isEmpty() ? "\"" : "\"*"))
                                .collect(Collectors.joining(" | "))
                        + ") words=\"" + String.join(" ", words) + "\" ;;\n"));
        // the longest paths first, so that "users create" is not taken for "users"
        cases.reversed().forEach(script::append);
        script.append("  esac\n  COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n}\n");
        script.append("complete -F ")
                .append(function)
                .append(' ')
                .append(program)
                .append('\n');
        return script.toString();
    }

    private String fish() {
        StringBuilder script = new StringBuilder("# completes the commands of " + program + "\n");
        script.append("complete -c ").append(program).append(" -f\n");
        for (CliCommand group : root.commands()) {
            if (group.isHidden()) {
                continue;
            }
            fishWord(script, "__fish_use_subcommand", group);
            String groupNames = names(group);
            for (CliCommand child : group.commands()) {
                if (!child.isHidden()) {
                    fishWord(script, "__fish_seen_subcommand_from " + groupNames, child);
                    String both = "__fish_seen_subcommand_from " + groupNames + "; and __fish_seen_subcommand_from "
                            + names(child);
                    child.options().forEach(option -> fishOption(script, both, option));
                }
            }
        }
        script.append("complete -c ").append(program).append(" -s o -l output -x -a 'human json json-line yaml'\n");
        script.append("complete -c ").append(program).append(" -s c -l config -r -F\n");
        return script.append("complete -c ")
                .append(program)
                .append(" -l force\n")
                .toString();
    }

    private static String names(CliCommand command) {
        return Stream.concat(Stream.of(command.name()), command.aliases().stream())
                .collect(Collectors.joining(" "));
    }

    private void fishWord(StringBuilder script, String condition, CliCommand command) {
        script.append("complete -c ").append(program).append(" -n '").append(condition);
        script.append("' -a ")
                .append(command.name())
                .append(described(command.help()))
                .append('\n');
    }

    private void fishOption(StringBuilder script, String condition, CliOption option) {
        script.append("complete -c ")
                .append(program)
                .append(" -n '")
                .append(condition)
                .append('\'');
        for (String name : option.names()) {
            script.append(name.startsWith("--") ? " -l " + name.substring(2) : " -s " + name.substring(1));
        }
        script.append(option.kind() == CliOption.Kind.FLAG ? "" : " -x");
        script.append(described(option.help())).append('\n');
    }

    private String described(String help) {
        return descriptions ? " -d " + quoted(help) : "";
    }

    private static String quoted(String text) {
        return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'";
    }

    private String powershell() {
        StringBuilder script = new StringBuilder("# completes the commands of " + program + "\n");
        script.append("Register-ArgumentCompleter -Native -CommandName '").append(program);
        script.append("' -ScriptBlock {\n  param($wordToComplete, $commandAst, $cursorPosition)\n");
        script.append("  $words = @{\n");
        walk(
                root,
                List.of(""),
                (paths, words) -> paths.forEach(path -> script.append("    '")
                        .append(path)
                        .append("' = '")
                        .append(String.join(" ", words))
                        .append("'\n")));
        script.append("  }\n  $path = ''\n");
        script.append("  foreach ($element in $commandAst.CommandElements | Select-Object -Skip 1) {\n");
        script.append("    $next = (\"$path $element\").Trim()\n");
        script.append("    if ($words.ContainsKey($next)) { $path = $next }\n  }\n");
        script.append("  $words[$path].Split(' ') | Where-Object { $_ -like \"$wordToComplete*\" } |\n");
        return script.append("    ForEach-Object { [System.Management.Automation.CompletionResult]::new($_) }\n}\n")
                .toString();
    }
}
