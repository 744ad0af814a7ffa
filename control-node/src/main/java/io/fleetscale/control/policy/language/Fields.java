package io.fleetscale.control.policy.language;

import io.fleetscale.config.NearestName;
import io.fleetscale.control.policy.hujson.Json;
import io.fleetscale.control.policy.hujson.Position;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The fields of one object of the policy: known names in any case, each of the type that it must have. {@code null} counts as
 * absent.
 */
final class Fields {
    private final String place;
    private final Position at;
    private final Map<String, Json> values = new HashMap<>();

    private Fields(String place, Position at) {
        this.place = place;
        this.at = at;
    }

    /**
     * @param place what the object is, for messages
     * @param known the names that it may have
     * @throws PolicyException if it is no object or has another name
     */
    static Fields of(Json value, String place, Set<String> known) throws PolicyException {
        if (!(value instanceof Json.JsonObject object)) {
            throw new PolicyException(
                    PolicyException.Fault.TYPE, value.at(), place + " must be an object, not " + value.kind());
        }
        Fields fields = new Fields(place, value.at());
        Map<String, String> byLowerCase = new HashMap<>();
        known.forEach(name -> byLowerCase.put(name.toLowerCase(Locale.ROOT), name));
        for (Json.Member member : object.members()) {
            if (member.key().startsWith("#")) {
                continue; // administration pages keep notes there
            }
            String name = byLowerCase.get(member.key().toLowerCase(Locale.ROOT));
            if (name == null) {
                throw new PolicyException(
                        member.at(),
                        "unknown field: \"" + member.key() + "\""
                                + NearestName.of(member.key(), known)
                                        .map(near -> ", did you mean \"" + near + "\"?")
                                        .orElse(""));
            }
            if (!(member.value() instanceof Json.JsonNull) && fields.values.put(name, member.value()) != null) {
                throw new PolicyException(member.at(), "duplicate key \"" + member.key() + "\"");
            }
        }
        return fields;
    }

    Position at() {
        return at;
    }

    /** Where the object begins. */
    int line() {
        return at.line();
    }

    boolean has(String name) {
        return values.containsKey(name);
    }

    @Nullable
    Json get(String name) {
        return values.get(name);
    }

    /** Trimmed; null when absent. */
    @Nullable
    String string(String name) throws PolicyException {
        Json value = values.get(name);
        return value == null ? null : stringOf(value, name);
    }

    boolean bool(String name) throws PolicyException {
        Json value = values.get(name);
        if (value == null) {
            return false;
        }
        if (value instanceof Json.JsonBoolean bool) {
            return bool.value();
        }
        throw wrongType(value, name, "true or false");
    }

    /** Elements of a list; empty when absent. */
    List<Json> list(String name) throws PolicyException {
        Json value = values.get(name);
        return value == null ? List.of() : listOf(value, name);
    }

    /** Trimmed; empty when absent. */
    List<String> strings(String name) throws PolicyException {
        List<String> strings = new ArrayList<>();
        for (Json element : list(name)) {
            strings.add(stringOf(element, name));
        }
        return strings;
    }

    /** Members of an object in the order of the text; empty when absent. */
    Map<String, Json> members(String name) throws PolicyException {
        Json value = values.get(name);
        if (value == null) {
            return Map.of();
        }
        if (!(value instanceof Json.JsonObject object)) {
            throw wrongType(value, name, "an object");
        }
        Map<String, Json> members = new LinkedHashMap<>();
        object.members().forEach(member -> members.put(member.key(), member.value()));
        return members;
    }

    /** Lists of JSON values by name, each value as standard JSON. */
    SortedMap<String, List<String>> jsonLists(String name) throws PolicyException {
        SortedMap<String, List<String>> lists = new TreeMap<>();
        for (Map.Entry<String, Json> member : members(name).entrySet()) {
            List<Json> elements =
                    member.getValue() instanceof Json.JsonNull ? List.of() : listOf(member.getValue(), member.getKey());
            lists.put(
                    member.getKey(), elements.stream().map(Json::toStandardJson).toList());
        }
        return lists;
    }

    /** Lists of JSON values, or {@code null}, by name, as standard JSON. */
    SortedMap<String, String> jsonTexts(String name) throws PolicyException {
        SortedMap<String, String> texts = new TreeMap<>();
        for (Map.Entry<String, Json> member : members(name).entrySet()) {
            if (!(member.getValue() instanceof Json.JsonNull)) {
                List<Json> unused = listOf(member.getValue(), member.getKey());
            }
            texts.put(member.getKey(), member.getValue().toStandardJson());
        }
        return texts;
    }

    /** Strings, numbers and booleans by name; null when absent. */
    @Nullable
    Map<String, Object> attributes(String name) throws PolicyException {
        if (!has(name)) {
            return null;
        }
        Map<String, Object> attributes = new LinkedHashMap<>();
        for (Map.Entry<String, Json> member : members(name).entrySet()) {
            switch (member.getValue()) {
                case Json.JsonString string -> attributes.put(member.getKey(), string.value());
                case Json.JsonNumber number -> attributes.put(member.getKey(), Double.valueOf(number.text()));
                case Json.JsonBoolean bool -> attributes.put(member.getKey(), bool.value());
                default -> throw wrongType(member.getValue(), member.getKey(), "a string, a number, true or false");
            }
        }
        return attributes;
    }

    String stringOf(Json value, String name) throws PolicyException {
        if (value instanceof Json.JsonString string) {
            if (string.value().indexOf('\0') >= 0) {
                throw new PolicyException(value.at(), place + ": " + name + " contains a NUL character");
            }
            return string.value().strip();
        }
        throw wrongType(value, name, "a string");
    }

    List<Json> listOf(Json value, String name) throws PolicyException {
        if (value instanceof Json.JsonArray array) {
            return array.elements();
        }
        throw wrongType(value, name, "a list");
    }

    private PolicyException wrongType(Json value, String name, String wanted) {
        return new PolicyException(
                PolicyException.Fault.TYPE,
                value.at(),
                place + ": " + name + " must be " + wanted + ", not " + value.kind());
    }
}
