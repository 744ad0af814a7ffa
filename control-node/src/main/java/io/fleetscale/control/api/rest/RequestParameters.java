package io.fleetscale.control.api.rest;

import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import com.google.protobuf.Timestamp;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Puts path variables and query values into a request message, with grpc-gateway's texts when one does not fit. */
final class RequestParameters {
    private RequestParameters() {}

    /** Path variables: numbers in any of Go's bases. */
    static void path(Map<String, String> variables, Message.Builder into) {
        variables.forEach((name, text) -> {
            FieldDescriptor field = into.getDescriptorForType().findFieldByName(name);
            if (field == null) {
                throw new IllegalStateException("no field for path variable " + name);
            }
            try {
                into.setField(
                        field,
                        field.getJavaType() == FieldDescriptor.JavaType.LONG
                                ? (Object) GoNumbers.parseUnsignedAnyBase(text)
                                : text);
            } catch (IllegalArgumentException malformed) {
                throw new IllegalArgumentException(
                        "type mismatch, parameter: " + name + ", error: " + malformed.getMessage(), malformed);
            }
        });
    }

    /** Query or form values by camelCase or snake_case name; unknown names and names of path variables are ignored. */
    static void query(Map<String, List<String>> values, Set<String> pathVariables, Message.Builder into) {
        values.forEach((name, texts) -> {
            FieldDescriptor field = ProtoJsonReader.find(into.getDescriptorForType(), name);
            if (field == null || pathVariables.contains(field.getName())) {
                return;
            }
            if (field.isRepeated()) {
                texts.forEach(text -> into.addRepeatedField(field, value(field, text)));
            } else if (texts.size() > 1) {
                throw new IllegalArgumentException(
                        "too many values for field " + GoText.quote(field.getName()) + ": " + String.join(", ", texts));
            } else {
                into.setField(field, value(field, texts.getFirst()));
            }
        });
    }

    private static Object value(FieldDescriptor field, String text) {
        try {
            return switch (field.getJavaType()) {
                case STRING -> text;
                case LONG -> GoNumbers.parseUnsignedDecimal(text);
                case BOOLEAN -> GoNumbers.parseBool(text);
                case MESSAGE -> {
                    if (!field.getMessageType().equals(Timestamp.getDescriptor())) {
                        throw new IllegalArgumentException("cannot be given in a query");
                    }
                    yield ProtoJsonReader.timestamp(field, text);
                }
                case INT, FLOAT, DOUBLE, BYTE_STRING, ENUM ->
                    throw new IllegalArgumentException("cannot be given in a query");
            };
        } catch (IllegalArgumentException malformed) {
            throw new IllegalArgumentException(
                    "parsing field " + GoText.quote(field.getName()) + ": " + malformed.getMessage(), malformed);
        }
    }
}
