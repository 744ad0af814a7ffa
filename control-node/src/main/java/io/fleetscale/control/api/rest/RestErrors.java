package io.fleetscale.control.api.rest;

import io.fleetscale.config.ApiConfig.V1Errors;
import io.fleetscale.control.api.grpc.ErrorInterceptor;
import io.grpc.Metadata;
import io.grpc.Status;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.SortedSet;
import org.jspecify.annotations.Nullable;

/** Error bodies of {@code /api/v1} in the two forms that can be configured. Source: headscale-surface 2.2, api-families 5. */
final class RestErrors {
    private static final String PROBLEM = "application/problem+json";
    private static final String PLAIN = "text/plain; charset=utf-8";

    private final V1Errors mode;

    RestErrors(V1Errors mode) {
        this.mode = mode;
    }

    /** An RPC's failure, by the code that says more than 0.29's where there is one, unless 0.29 is imitated. */
    RestResponse ofStatus(RestRequest request, Status status, @Nullable Metadata trailers) {
        String precise = trailers == null ? null : trailers.get(ErrorInterceptor.PRECISE);
        Status.Code code = precise != null && mode == V1Errors.SUPERSET
                ? Status.fromCodeValue(Integer.parseInt(precise)).getCode()
                : status.getCode();
        String text = status.getDescription() == null ? status.getCode().name() : status.getDescription();
        return error(request, httpStatus(code), code, text, Map.of());
    }

    RestResponse badRequest(RestRequest request, String text) {
        return error(request, 400, Status.Code.INVALID_ARGUMENT, text, Map.of());
    }

    RestResponse notFound(RestRequest request) {
        return error(request, 404, Status.Code.NOT_FOUND, "Not Found", Map.of());
    }

    RestResponse wrongMethod(RestRequest request, SortedSet<String> allowed) {
        Map<String, String> allow = Map.of("Allow", String.join(", ", allowed));
        return mode == V1Errors.SUPERSET
                ? error(request, 405, Status.Code.UNIMPLEMENTED, "Method Not Allowed", allow)
                : error(request, 501, Status.Code.UNIMPLEMENTED, "Method Not Allowed", Map.of());
    }

    /**
     * Exactly twelve bytes of plain text, with which clients compare; a problem document only for those who name that
     * type, and never when 0.29 is imitated.
     */
    RestResponse unauthorized(RestRequest request) {
        if (accept(request).contains(PROBLEM) && mode == V1Errors.SUPERSET) {
            return error(request, 401, Status.Code.UNAUTHENTICATED, "Unauthorized", Map.of());
        }
        return plain(401, "Unauthorized");
    }

    RestResponse tooManyAttempts(RestRequest request) {
        return error(
                request,
                429,
                Status.Code.RESOURCE_EXHAUSTED,
                "too many wrong API keys from this address, try again in a minute",
                Map.of("Retry-After", "60"));
    }

    /** Addresses under {@code /api} that belong to no family. */
    RestResponse plainNotFound() {
        return plain(404, "404 page not found\n");
    }

    private static RestResponse plain(int status, String text) {
        return new RestResponse(status, Map.of("Content-Type", PLAIN), text.getBytes(StandardCharsets.UTF_8));
    }

    private RestResponse error(
            RestRequest request, int http, Status.Code code, String message, Map<String, String> moreHeaders) {
        StringBuilder json = new StringBuilder(128);
        json.append("{\"code\":").append(code.value()).append(",\"message\":");
        ProtoJsonWriter.string(json, message);
        json.append(",\"details\":[]");
        boolean superset = mode == V1Errors.SUPERSET;
        if (superset) {
            json.append(",\"title\":\"")
                    .append(title(http))
                    .append("\",\"status\":")
                    .append(http);
            json.append(",\"detail\":");
            ProtoJsonWriter.string(json, message);
        }
        json.append('}');
        Map<String, String> headers = new LinkedHashMap<>(moreHeaders);
        headers.put("Content-Type", superset && accept(request).contains(PROBLEM) ? PROBLEM : RestResponse.JSON);
        return new RestResponse(http, headers, json.toString().getBytes(StandardCharsets.UTF_8));
    }

    private static String accept(RestRequest request) {
        String accept = request.header("accept");
        return accept == null ? "" : accept.toLowerCase(Locale.ROOT);
    }

    /** The gateway's table. */
    private static int httpStatus(Status.Code code) {
        return switch (code) {
            case OK -> 200;
            case CANCELLED -> 499;
            case INVALID_ARGUMENT, FAILED_PRECONDITION, OUT_OF_RANGE -> 400;
            case UNAUTHENTICATED -> 401;
            case PERMISSION_DENIED -> 403;
            case NOT_FOUND -> 404;
            case ALREADY_EXISTS, ABORTED -> 409;
            case RESOURCE_EXHAUSTED -> 429;
            case UNKNOWN, INTERNAL, DATA_LOSS -> 500;
            case UNIMPLEMENTED -> 501;
            case UNAVAILABLE -> 503;
            case DEADLINE_EXCEEDED -> 504;
        };
    }

    private static String title(int http) {
        return switch (http) {
            case 400 -> "Bad Request";
            case 401 -> "Unauthorized";
            case 403 -> "Forbidden";
            case 404 -> "Not Found";
            case 405 -> "Method Not Allowed";
            case 409 -> "Conflict";
            case 429 -> "Too Many Requests";
            case 499 -> "Client Closed Request";
            case 501 -> "Not Implemented";
            case 503 -> "Service Unavailable";
            case 504 -> "Gateway Timeout";
            default -> "Internal Server Error";
        };
    }
}
