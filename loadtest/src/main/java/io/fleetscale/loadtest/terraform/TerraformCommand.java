package io.fleetscale.loadtest.terraform;

import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** {@code loadtest terraform}: the provider's whole life of each resource. */
@Command(
        name = "terraform",
        description = {
            "Runs Tailscale's Terraform provider against a server, with the configurations of loadtest/terraform:"
                    + " plan, apply,",
            "plan again (no changes), change, plan again, import, destroy. Exit code 1 when a step fails.",
            "Use a server of its own: the policy and the settings are replaced."
        },
        footer = {
            "",
            "Example:",
            "  loadtest terraform --url http://127.0.0.1:8080 --api-key hskey-api-... --user dev \\",
            "      --provider-dir DIR --configurations loadtest/terraform"
        })
public final class TerraformCommand implements Callable<Integer> {
    private static final List<String> GROUPS = List.of("tailnet", "dns");
    /** What cannot be imported. Source: the provider's documentation. */
    private static final List<String> NOT_IMPORTED = List.of("tailscale_aws_external_id", "tailscale_service");

    @Option(names = "--url", required = true, paramLabel = "URL", description = "The server.")
    private URI url = URI.create("http://127.0.0.1:8080");

    @Option(names = "--api-key", required = true, paramLabel = "KEY", description = "An API key of headscale's form.")
    private String apiKey = "";

    @Option(names = "--user", required = true, paramLabel = "USER", description = "Whose device is registered.")
    private String user = "";

    @Option(
            names = "--provider-dir",
            required = true,
            paramLabel = "DIR",
            description = "Directory of the binary terraform-provider-tailscale.")
    private Path provider = Path.of(".");

    @Option(
            names = "--configurations",
            required = true,
            paramLabel = "DIR",
            description = "loadtest/terraform of the sources.")
    private Path configurations = Path.of(".");

    @Option(
            names = "--terraform",
            paramLabel = "FILE",
            defaultValue = "terraform",
            description = "The terraform binary (default: ${DEFAULT-VALUE}).")
    private String terraform = "terraform";

    @Option(names = "--record", paramLabel = "DIR", description = "Write what the provider said into this directory.")
    private @Nullable Path record;

    private final List<String> failures = new ArrayList<>();

    @Override
    public Integer call() throws Exception {
        TestDevice.register(url, apiKey, user);
        Path directory = Files.createTempDirectory("fleetscale-terraform-");
        try (Recorder recorder = new Recorder(url)) {
            for (String group : GROUPS) {
                run(group, Files.createDirectory(directory.resolve(group)), recorder);
                if (record != null) {
                    Exchange.write(
                            record.resolve(group + ".json"),
                            recorder.take().stream().map(Exchange::scrubbed).toList());
                }
            }
        }
        failures.forEach(System.out::println);
        System.out.println(failures.isEmpty() ? "all steps passed" : failures.size() + " steps failed");
        return failures.isEmpty() ? 0 : 1;
    }

    private void run(String group, Path work, Recorder recorder) throws IOException, InterruptedException {
        for (Path file : List.of(
                configurations.resolve("provider.tf"),
                configurations.resolve(group).resolve("main.tf"))) {
            Files.copy(file, work.resolve(file.getFileName()), StandardCopyOption.REPLACE_EXISTING);
        }
        Files.writeString(work.resolve("terraform.rc"), """
            provider_installation {
              dev_overrides { "tailscale/tailscale" = "%s" }
              direct {}
            }
            """.formatted(provider.toAbsolutePath()));
        step(group, "plan", work, recorder, 0, "plan", 1);
        step(group, "apply", work, recorder, 0, "apply", 1);
        step(group, "plan again", work, recorder, 0, "plan", 1);
        step(group, "change", work, recorder, 0, "apply", 2);
        step(group, "plan after the change", work, recorder, 0, "plan", 2);
        if (forget(work)) {
            step(group, "import", work, recorder, 0, "apply", 2);
            Files.delete(work.resolve("import.tf"));
        } else {
            failures.add(group + ": the state cannot be read for the import");
        }
        step(group, "destroy", work, recorder, 0, "destroy", 2);
    }

    /** A plan that must find nothing to do ends with 0, one with changes with 2. */
    private void step(
            String group, String name, Path work, Recorder recorder, int expected, String command, int configuration)
            throws IOException, InterruptedException {
        recorder.begin(name);
        List<String> arguments = new ArrayList<>(List.of(command, "-input=false", "-no-color", "-parallelism=1"));
        if (command.equals("plan")) {
            if (!name.equals("plan")) {
                arguments.add("-detailed-exitcode");
            }
        } else {
            arguments.add("-auto-approve");
        }
        arguments.addAll(
                List.of("-var=step=" + configuration, "-var=hostname=" + TestDevice.HOSTNAME, "-var=user=" + user));
        Ended ended = terraform(work, recorder.url(), arguments);
        boolean passed = ended.exitCode() == expected;
        System.out.println((passed ? "ok   " : "FAIL ") + group + ": " + name);
        if (!passed) {
            failures.add(group + ": " + name + ": exit code " + ended.exitCode() + "\n" + ended.output());
        }
    }

    /** Takes what can be imported out of the state, and writes down what to import. */
    private boolean forget(Path work) throws IOException, InterruptedException {
        Ended shown = terraform(work, "", List.of("show", "-json", "-no-color"));
        int start = shown.output().indexOf('{');
        if (shown.exitCode() != 0 || start < 0) {
            return false;
        }
        JsonNode state = JsonMapper.shared().readTree(shown.output().substring(start));
        List<String> arguments = new ArrayList<>(List.of("state", "rm"));
        StringBuilder imports = new StringBuilder();
        for (JsonNode resource : state.at("/values/root_module/resources")) {
            if (resource.path("mode").asString().equals("managed")
                    && !NOT_IMPORTED.contains(resource.path("type").asString())) {
                String address = resource.path("address").asString();
                arguments.add(address);
                imports.append("import {\n  to = ")
                        .append(address)
                        .append("\n  id = \"")
                        .append(importId(resource.path("values")))
                        .append("\"\n}\n");
            }
        }
        Files.writeString(work.resolve("import.tf"), imports);
        return terraform(work, "", arguments).exitCode() == 0;
    }

    /** What belongs to a device is imported by the device. */
    private static String importId(JsonNode values) {
        String device = values.path("device_id").asString("");
        return device.isEmpty() ? values.path("id").asString() : device;
    }

    private record Ended(int exitCode, String output) {}

    private Ended terraform(Path work, String baseUrl, List<String> arguments)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(terraform));
        command.addAll(arguments);
        ProcessBuilder builder = new ProcessBuilder(command).directory(work.toFile());
        builder.environment()
                .putAll(Map.of(
                        "TF_CLI_CONFIG_FILE",
                        work.resolve("terraform.rc").toString(),
                        "TF_IN_AUTOMATION",
                        "1",
                        "CHECKPOINT_DISABLE",
                        "1",
                        "TAILSCALE_BASE_URL",
                        baseUrl,
                        "TAILSCALE_TAILNET",
                        "-",
                        "TAILSCALE_API_KEY",
                        apiKey));
        boolean json = arguments.contains("-json");
        builder.redirectErrorStream(!json);
        if (json) {
            builder.redirectError(ProcessBuilder.Redirect.DISCARD); // warnings would stand in the JSON
        }
        Process process = builder.start();
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Ended(process.waitFor(), output);
    }
}
