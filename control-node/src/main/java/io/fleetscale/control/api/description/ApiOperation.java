package io.fleetscale.control.api.description;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import io.fleetscale.control.api.registry.PathPattern;
import io.fleetscale.control.api.registry.Route;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A route with the messages that it takes and gives.
 *
 * @param service name of the gRPC service, without its package
 * @param wholeBody whether the body is the request message; otherwise its fields come in the query
 */
public record ApiOperation(Route route, String service, Descriptor request, Descriptor response, boolean wholeBody) {
    private static final Pattern SEGMENT = Pattern.compile("\\{([a-z_]+)}");
    private static final Pattern CAPITAL = Pattern.compile("(?<=[a-z])(?=[A-Z])");

    /** The path with variables in JSON's spelling: {@code /api/v1/node/{nodeId}}. */
    String path() {
        Matcher matcher = SEGMENT.matcher(route.pattern().toString());
        return matcher.replaceAll(found -> "{" + variable(found.group(1)).getJsonName() + "}");
    }

    /** The fields that are segments of the path. */
    List<FieldDescriptor> variables() {
        return route.pattern().segments().stream()
                .filter(PathPattern.Variable.class::isInstance)
                .map(segment -> variable(((PathPattern.Variable) segment).name()))
                .toList();
    }

    /** The fields that are no segments of the path: in the body or in the query. */
    List<FieldDescriptor> others() {
        List<FieldDescriptor> variables = variables();
        return request.getFields().stream()
                .filter(field -> !variables.contains(field))
                .toList();
    }

    private FieldDescriptor variable(String name) {
        FieldDescriptor field = request.findFieldByName(name);
        if (field == null) {
            throw new IllegalStateException(route + ": no field for {" + name + "}");
        }
        return field;
    }

    /** {@code getNode}. */
    String camelName() {
        String name = route.operation();
        return name.substring(0, 1).toLowerCase(Locale.ROOT) + name.substring(1);
    }

    /** {@code Get node}, for people. */
    String summary() {
        String words = CAPITAL.matcher(route.operation()).replaceAll(" ");
        return words.charAt(0) + words.substring(1).replace("IPs", "addresses").toLowerCase(Locale.ROOT);
    }

    /** The group under which the newer description of headscale lists it. Source: headscale-surface 2.5. */
    String group() {
        PathPattern.Segment third = route.pattern().segments().get(2);
        String word = third instanceof PathPattern.Literal(String text) ? text : "";
        return switch (word) {
            case "user" -> "Users";
            case "preauthkey" -> "PreAuthKeys";
            case "node", "debug" -> "Nodes";
            case "apikey" -> "ApiKeys";
            case "auth" -> "Auth";
            case "policy" -> "Policy";
            case "health" -> "Health";
            default -> word.substring(0, 1).toUpperCase(Locale.ROOT) + word.substring(1);
        };
    }
}
