package io.fleetscale.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The tables that say which test holds what: every test that they name is there, and no field case is left out. */
class DocumentedTestsTest {
    private static final Path REPOSITORY =
            Path.of(System.getProperty("basedir", ".")).resolve("..");
    private static final Path FIELD_CASES = REPOSITORY.resolve("docs/field-cases.md");

    /** {@code `XTest.method`}, {@code `XIT`}, {@code `.method`} of the class before, {@code `.f027…`} for the methods that begin so. */
    private static final Pattern NAMED = Pattern.compile("`([A-Z]\\w*(?:Test|IT))?(?:\\.(\\w+)(…)?)?`");

    /** A scenario of the real clients, by its whole name. */
    private static final Pattern SCENARIO = Pattern.compile("“([^”]+)”");

    private static final Pattern CASE_OF_METHOD = Pattern.compile("void f(0\\d\\d)\\w+\\(");
    private static final Pattern HEADSCALE_TEST = Pattern.compile("(?:Test|…)[A-Z0-9]\\w+");

    /** Our areas of the list of cases; the others have their own tables of evidence. */
    private static final Pattern OUR_CASE = Pattern.compile(
            "(?m)^### (F\\d\\d\\d) · [^·]*\\b(?:registration|names-and-ip|routes|dns|proxy|api-v1|ui-client|cli|oidc|ssh|config)\\b");

    private static final Map<String, String> SOURCES = sources();

    private static Map<String, String> sources() {
        Map<String, String> sources = new TreeMap<>();
        for (String module : List.of("proto", "cluster-config", "derp-node", "control-node", "loadtest", "deploy")) {
            try (Stream<Path> files = Files.walk(REPOSITORY.resolve(module).resolve("src/test/java"))) {
                for (Path file :
                        files.filter(path -> path.toString().endsWith(".java")).toList()) {
                    // a name may stand in two modules
                    sources.merge(
                            file.getFileName().toString().replace(".java", ""), Files.readString(file), String::concat);
                }
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
        }
        return sources;
    }

    private static List<String> rows(Path file) throws IOException {
        return Files.readAllLines(file).stream()
                .filter(line -> line.startsWith("|"))
                .toList();
    }

    @ParameterizedTest
    @ValueSource(strings = {"README.md", "docs/field-cases.md", "docs/security-tests.md"})
    void everyNamedTestIsThere(String document) throws IOException {
        List<String> missing = new ArrayList<>();
        for (String row : rows(REPOSITORY.resolve(document))) {
            String test = "";
            Matcher named = NAMED.matcher(row);
            while (named.find()) {
                test = named.group(1) == null ? test : named.group(1);
                if (test.isEmpty()) {
                    continue; // no test, but the end of a file's name
                }
                String source = SOURCES.getOrDefault(test, "");
                String method =
                        named.group(2) == null ? "" : " " + named.group(2) + (named.group(3) == null ? "(" : "");
                if (source.isEmpty() || !source.contains(method)) {
                    missing.add(named.group() + " of the row " + row);
                }
            }
        }
        assertThat(missing).isEmpty();
    }

    @Test
    void everyNamedScenarioIsThere() throws IOException {
        String programs;
        try (Stream<Path> files = Files.list(REPOSITORY.resolve("loadtest/realclient"))) {
            programs = files.filter(path -> path.toString().endsWith(".go"))
                    .map(DocumentedTestsTest::read)
                    .collect(Collectors.joining());
        }
        List<String> named = new ArrayList<>();
        for (Path document : List.of(FIELD_CASES, REPOSITORY.resolve("README.md"))) {
            SCENARIO.matcher(read(document)).results().forEach(found -> named.add("{\"" + found.group(1) + "\","));
        }
        assertThat(named).isNotEmpty().allMatch(programs::contains);
    }

    @Test
    void everyTestOfACaseStandsInItsRow() throws IOException {
        Map<String, String> rows = cases();
        List<String> forgotten = new ArrayList<>();
        SOURCES.forEach((test, source) -> CASE_OF_METHOD
                .matcher(source)
                .results()
                .map(found -> "F" + found.group(1))
                .distinct()
                .filter(number -> !rows.getOrDefault(number, "").contains("`" + test + "."))
                .forEach(number -> forgotten.add(number + ": " + test)));
        assertThat(forgotten).isEmpty();
    }

    @Test
    void everyCaseOfTheListHasARow() throws IOException {
        assertThat(cases())
                .allSatisfy((number, row) ->
                        assertThat(NAMED.matcher(row).find()).as(row).isTrue());
        TreeSet<String> wanted = new TreeSet<>();
        OUR_CASE.matcher(shared("spec/field-cases.md")).results().forEach(found -> wanted.add(found.group(1)));
        assertThat(wanted).hasSizeGreaterThan(40);
        assertThat(cases().keySet()).containsAll(wanted);
    }

    /** README's table and headscale's own tests: each stands in a row. */
    @Test
    void everyTestOfHeadscaleHasARow() throws IOException {
        String table = String.join("\n", rows(REPOSITORY.resolve("README.md")));
        List<String> ours = HEADSCALE_TEST
                .matcher(table)
                .results()
                .map(found -> found.group().replaceFirst("^…", ""))
                .toList();
        String spec = shared("spec/headscale-surface.md");
        String suite = spec.substring(spec.indexOf("## 8.1 "), spec.indexOf("## 8.2 "));
        List<String> uncovered = HEADSCALE_TEST
                .matcher(suite)
                .results()
                .map(found -> found.group().replaceFirst("^…", ""))
                .filter(test -> !test.startsWith("TestRetryDockerOp_"))
                .filter(test -> ours.stream().noneMatch(name -> name.endsWith(test) || test.endsWith(name)))
                .toList();
        assertThat(uncovered).isEmpty();
    }

    /** Rows by the number of the case. */
    private static Map<String, String> cases() throws IOException {
        Map<String, String> cases = new TreeMap<>();
        for (String row : rows(FIELD_CASES)) {
            if (row.startsWith("| F")) {
                assertThat(cases.put(row.substring(2, 6), row))
                        .as("twice: %s", row)
                        .isNull();
            }
        }
        assertThat(cases).isNotEmpty();
        return cases;
    }

    private static String shared(String file) throws IOException {
        Path path = REPOSITORY.resolve("../shared").resolve(file);
        assumeTrue(
                Files.exists(path) || "true".equals(System.getenv("CI")), "skipped: no ../shared beside the checkout");
        return Files.readString(path);
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }
}
