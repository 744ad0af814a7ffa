package io.fleetscale.control.debug;

import io.fleetscale.config.Secret;
import io.fleetscale.config.ServerConfig;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The configuration as a tree of maps, lists and texts; secrets say only whether they are set. */
final class ConfigDump {
    private ConfigDump() {}

    static Map<String, Object> of(ServerConfig config) {
        return members(config);
    }

    private static Map<String, Object> members(Record record) {
        Map<String, Object> members = new LinkedHashMap<>();
        for (RecordComponent component : record.getClass().getRecordComponents()) {
            try {
                members.put(component.getName(), value(component.getAccessor().invoke(record)));
            } catch (IllegalAccessException | InvocationTargetException unreadable) {
                throw new IllegalStateException("configuration member " + component.getName(), unreadable);
            }
        }
        return members;
    }

    private static Object value(@Nullable Object value) {
        return switch (value) {
            case null -> "";
            case Secret secret -> secret.isEmpty() ? "" : "<set>";
            case Record record
            when record.getClass().getPackage() == ServerConfig.class.getPackage() -> members(record);
            case Collection<?> list -> list.stream().map(ConfigDump::value).toList();
            case Map<?, ?> map -> {
                Map<String, Object> members = new TreeMap<>();
                map.forEach((key, member) -> members.put(key.toString(), value(member)));
                yield members;
            }
            case Boolean flag -> flag;
            case Number number -> number;
            default -> value.toString();
        };
    }
}
