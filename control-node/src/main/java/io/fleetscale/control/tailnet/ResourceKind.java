package io.fleetscale.control.tailnet;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * One kind of {@link Resource} and the record that is its content. Absent values are left out of the stored form, and members
 * of a newer release are passed over. Immutable and thread-safe.
 *
 * @param <T> record of the content
 */
public final class ResourceKind<T> {
    private static final JsonMapper JSON = JsonMapper.builder()
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .disable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
            .changeDefaultPropertyInclusion(inclusion -> inclusion.withValueInclusion(JsonInclude.Include.NON_NULL))
            .build();

    private final String name;
    private final Class<T> type;

    private ResourceKind(String name, Class<T> type) {
        this.name = name;
        this.type = type;
    }

    /** @param name as it is stored; never changes */
    public static <T> ResourceKind<T> of(String name, Class<T> type) {
        return new ResourceKind<>(name, type);
    }

    public String name() {
        return name;
    }

    public Change put(String id, T content) {
        return new Change.ResourcePut(new Resource(name, id, JSON.writeValueAsString(content)));
    }

    public Change remove(String id) {
        return new Change.ResourceRemoved(name, id);
    }

    public @Nullable T find(TailnetImage image, String id) {
        Resource stored = image.resource(name, id);
        return stored == null ? null : read(stored);
    }

    /** All of the kind, by id. */
    public SortedMap<String, T> all(TailnetImage image) {
        TreeMap<String, T> found = new TreeMap<>();
        image.resources(name).forEach((id, resource) -> found.put(id, read(resource)));
        return found;
    }

    /** @throws IllegalArgumentException if the content is not of this kind */
    public T read(Resource resource) {
        try {
            return JSON.readValue(resource.json(), type);
        } catch (JacksonException e) {
            throw new IllegalArgumentException(resource + ": " + e.getOriginalMessage(), e);
        }
    }
}
