package io.fleetscale.runtime.logging;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.fleetscale.config.LogConfig;
import java.io.ByteArrayOutputStream;
import java.util.List;
import java.util.logging.Level;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

@Isolated("the log belongs to the whole process")
class LoggingTest {
    private static final String SECRET = "hskey-api-AbCdEfGhIjKl-topsecret";

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private final Logger log = LoggerFactory.getLogger("io.fleetscale.test.Subject");

    @Test
    void textGoesToStandardErrorWithKeyValuePairs() {
        try (Logging logging = start(LogConfig.Level.INFO, LogConfig.Format.TEXT)) {
            log.atInfo()
                    .addKeyValue("node", 12)
                    .addKeyValue("name", "two words")
                    .addKeyValue("empty", "")
                    .log("node {}", "joined");
            log.debug("not heard");
            assertThat(logging).isNotNull();
        }

        assertThat(out.size()).isZero();
        assertThat(text(err))
                .matches("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z INFO  node joined node=12"
                        + " name=\"two words\" empty=\"\" \\(Subject\\)\n");
    }

    @Test
    void jsonGoesToStandardOutputOneObjectALine() {
        try (Logging logging = start(LogConfig.Level.INFO, LogConfig.Format.JSON)) {
            log.atWarn()
                    .addKeyValue("node", 12L)
                    .addKeyValue("online", true)
                    .addKeyValue("message", "again")
                    .addKeyValue("missing", (Object) null)
                    .setCause(new IllegalStateException("broken"))
                    .log("line\nbreak");
            log.info("second");
            assertThat(logging).isNotNull();
        }

        assertThat(err.size()).isZero();
        List<String> lines = text(out).lines().toList();
        assertThat(lines).hasSize(2);
        JsonNode event = JsonMapper.shared().readTree(lines.getFirst());
        assertThat(event.get("level").asString()).isEqualTo("warn");
        assertThat(event.get("message").asString()).isEqualTo("line\nbreak");
        assertThat(event.get("message_").asString()).isEqualTo("again");
        assertThat(event.get("logger").asString()).isEqualTo("io.fleetscale.test.Subject");
        assertThat(event.get("node").asLong()).isEqualTo(12);
        assertThat(event.get("online").asBoolean()).isTrue();
        assertThat(event.get("missing").isNull()).isTrue();
        assertThat(event.get("time").asString()).endsWith("Z");
        assertThat(event.get("stack").asString()).contains("IllegalStateException: broken");
    }

    @ParameterizedTest
    @CsvSource({"TEXT", "JSON"})
    void masksSecretsInMessageValuesAndStackTrace(LogConfig.Format format) {
        try (Logging logging = start(LogConfig.Level.INFO, format)) {
            log.atError()
                    .addKeyValue("value", SECRET)
                    .setCause(new IllegalStateException("bad " + SECRET, new RuntimeException("privkey:00ff")))
                    .log("got {}", SECRET);
            assertThat(logging).isNotNull();
        }

        String all = text(out) + text(err);
        assertThat(all)
                .contains("hskey-api-AbCdEfGhIjKl-***")
                .contains("privkey:***")
                .doesNotContain("topsecret")
                .doesNotContain("00ff");
    }

    @Test
    void nobodyCanForgeALineOfText() {
        try (Logging logging = start(LogConfig.Level.INFO, LogConfig.Format.TEXT)) {
            log.atInfo().addKeyValue("name", "x\n2026 ERROR fake").log("user said {}", "a\r\u001b[31mb");
            assertThat(logging).isNotNull();
        }

        assertThat(text(err).lines()).hasSize(1);
        assertThat(text(err)).contains("a\\u000d\\u001b[31mb").contains("\"x\\n2026 ERROR fake\"");
    }

    @ParameterizedTest
    @CsvSource({"TRACE, 5", "DEBUG, 4", "INFO, 3", "WARN, 2", "ERROR, 1", "FATAL, 1", "PANIC, 1", "DISABLED, 0"})
    void mapsTheLevelsOfTheConfiguration(LogConfig.Level level, int heard) {
        try (Logging logging = start(level, LogConfig.Format.TEXT)) {
            log.trace("1");
            log.debug("2");
            log.info("3");
            log.warn("4");
            log.error("5");
            assertThat(logging).isNotNull();
        }

        assertThat(text(err).lines()).hasSize(heard);
    }

    @Test
    void javaLoggingArrivesAtItsLevel() {
        try (Logging logging = start(LogConfig.Level.INFO, LogConfig.Format.TEXT)) {
            java.util.logging.Logger jul = java.util.logging.Logger.getLogger("some.library");
            jul.log(Level.WARNING, "from jul {0}", "x");
            jul.fine("not heard");
            assertThat(logging).isNotNull();
        }

        assertThat(text(err)).contains("WARN  from jul x (library)").doesNotContain("not heard");
    }

    @Test
    void librariesAreHeardOneLevelLater() {
        Logger ignite = LoggerFactory.getLogger("org.apache.ignite.internal.Something");
        try (Logging logging = start(LogConfig.Level.INFO, LogConfig.Format.TEXT)) {
            ignite.info("chatter");
            ignite.warn("trouble");
            logging.setLevel("org.apache.ignite", LogConfig.Level.INFO);
            ignite.info("wanted");
        }

        assertThat(text(err)).doesNotContain("chatter").contains("trouble").contains("wanted");
    }

    @Test
    void anEndedLogIsReplacedByWarningsOnStandardError() {
        Logging logging = start(LogConfig.Level.TRACE, LogConfig.Format.TEXT);
        logging.close();
        log.info("after the end");

        assertThat(text(err)).isEmpty();
        assertThat(log.isWarnEnabled()).isTrue();
        assertThat(log.isInfoEnabled()).isFalse();
    }

    private Logging start(LogConfig.Level level, LogConfig.Format format) {
        return Logging.start(new LogConfig(level, format), out, err);
    }

    private static String text(ByteArrayOutputStream stream) {
        return stream.toString(UTF_8);
    }
}
