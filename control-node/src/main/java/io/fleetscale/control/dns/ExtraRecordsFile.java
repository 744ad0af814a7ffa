package io.fleetscale.control.dns;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.fleetscale.control.ControlException;
import io.fleetscale.control.ErrorCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The file of {@code dns.extra_records_path}: a JSON array of {@code {"name","type","value"}}. Looked at by its time and size,
 * as often as {@link #current} is asked; while it is being written, empty, gone or wrong, what it said last stays. Thread-safe;
 * blocks on the disk. Source: headscale-surface 5.4.
 */
public final class ExtraRecordsFile {
    private static final Logger LOG = LoggerFactory.getLogger(ExtraRecordsFile.class);
    private static final long MAX_BYTES = 4 << 20;
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final Path path;

    @GuardedBy("this")
    private List<DnsSettings.ExtraRecord> records = List.of();

    @GuardedBy("this")
    private @Nullable Stamp read;

    private record Stamp(FileTime modified, long size) {}

    public ExtraRecordsFile(Path path) {
        this.path = path;
    }

    /**
     * Reads the file for the first time.
     *
     * @throws ControlException INVALID_ARGUMENT naming the file and what is wrong with it
     */
    public synchronized void load() {
        if (Files.isDirectory(path)) {
            throw wrong("path is a directory, only file is supported");
        }
        try {
            Stamp stamp = stamp();
            records = parse();
            read = stamp;
        } catch (IOException | IllegalArgumentException e) {
            throw wrong(String.valueOf(e.getMessage()));
        }
    }

    /**
     * Reads the file again, whatever its time says; fails like {@link #load}, and what it said last stays.
     *
     * @return whether the records are others now
     */
    public synchronized boolean reload() {
        List<DnsSettings.ExtraRecord> before = records;
        load();
        return !records.equals(before);
    }

    /** What the file says now. */
    public synchronized List<DnsSettings.ExtraRecord> current() {
        try {
            Stamp stamp = stamp();
            if (!stamp.equals(read)) {
                read = stamp;
                if (stamp.size() > 0) {
                    records = parse();
                    LOG.atInfo()
                            .addKeyValue("file", path)
                            .addKeyValue("records", records.size())
                            .log("extra records read");
                }
            }
        } catch (IOException | IllegalArgumentException e) {
            if (read != null) {
                read = null;
                LOG.atWarn()
                        .addKeyValue("file", path)
                        .addKeyValue("reason", e.getMessage())
                        .log("extra records cannot be read, the last ones stay");
            }
        }
        return records;
    }

    private Stamp stamp() throws IOException {
        BasicFileAttributes attributes = Files.readAttributes(path, BasicFileAttributes.class);
        return new Stamp(attributes.lastModifiedTime(), attributes.size());
    }

    private List<DnsSettings.ExtraRecord> parse() throws IOException {
        if (Files.size(path) > MAX_BYTES) {
            throw new IllegalArgumentException("the file is larger than " + MAX_BYTES + " bytes");
        }
        JsonNode root;
        try {
            root = JSON.readTree(Files.readAllBytes(path));
        } catch (JacksonException e) {
            throw new IllegalArgumentException("no JSON: " + e.getOriginalMessage(), e);
        }
        if (!root.isArray()) {
            throw new IllegalArgumentException("must be an array of {\"name\",\"type\",\"value\"}");
        }
        List<DnsSettings.ExtraRecord> parsed = new ArrayList<>();
        for (JsonNode record : root) {
            String name = record.path("name").asString("");
            String value = record.path("value").asString("");
            if (name.isEmpty() || value.isEmpty()) {
                throw new IllegalArgumentException("record " + (parsed.size() + 1) + ": needs a name and a value");
            }
            parsed.add(new DnsSettings.ExtraRecord(name, record.path("type").asString(""), value));
        }
        return List.copyOf(parsed);
    }

    private ControlException wrong(String why) {
        return new ControlException(ErrorCode.INVALID_ARGUMENT, "dns.extra_records_path " + path + ": " + why);
    }
}
