package io.fleetscale.control.api.rest;

import com.google.protobuf.Message;
import io.fleetscale.config.ApiConfig.V1Errors;
import io.fleetscale.control.ControlException;
import io.fleetscale.control.api.credential.CredentialCheck;
import io.fleetscale.control.api.credential.CredentialVerdict;
import io.fleetscale.control.api.credential.Principal;
import io.fleetscale.control.api.description.ApiOperation;
import io.fleetscale.control.api.registry.Route;
import io.fleetscale.control.api.registry.RouteMatch;
import io.fleetscale.control.api.registry.RouteRegistry;
import io.fleetscale.control.changelog.StaleReads;
import io.fleetscale.proto.headscale.v1.HeadscaleServiceGrpc;
import io.fleetscale.proto.headscale.v1.ListUsersRequest;
import io.fleetscale.proto.headscale.v1.User;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ServiceDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import java.util.SortedSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/**
 * Answers {@code /api/v1} by calling headscale's RPCs. The caller is authenticated before its address is looked at, as
 * 0.29 does. Blocks until the RPC has answered: call it on a virtual thread. Thread-safe.
 */
public final class RestTranscoder {
    private static final String FAMILY = "headscale";
    private static final String ROOT = "/api/v1/";
    private static final String FORM = "application/x-www-form-urlencoded";
    /** 0.29 takes its fields from the query alone, 0.30 from a JSON body alone: we read both, and the body wins. */
    private static final String EXPIRE = "ExpireNode";

    private static final Map<String, String> SUCCESS =
            Map.of("Content-Type", RestResponse.JSON, "Grpc-Metadata-Content-Type", "application/grpc");

    private final Channel channel;
    private final CredentialCheck credentials;
    private final RestErrors errors;
    private final RouteRegistry registry;
    private final Map<Route, RpcBinding> bindings = new HashMap<>();
    private final List<ApiOperation> operations;

    /**
     * @param channel to the services within this process, behind {@link io.fleetscale.control.api.grpc.ErrorInterceptor}
     */
    public RestTranscoder(
            Channel channel, List<ServiceDescriptor> services, CredentialCheck credentials, V1Errors mode) {
        this.channel = channel;
        this.credentials = credentials;
        this.errors = new RestErrors(mode);
        List<RpcBinding> bound = RpcBinding.of(services);
        for (RpcBinding binding : bound) {
            bindings.put(binding.route(), binding);
        }
        this.registry = RouteRegistry.of(bound.stream().map(RpcBinding::route).toList());
        this.operations = bound.stream().map(RpcBinding::operation).toList();
    }

    /** Everything that is answered here, for descriptions. */
    public List<ApiOperation> operations() {
        return operations;
    }

    public RestResponse handle(RestRequest request) {
        if (!request.method().equals("GET")) {
            return judged(request);
        }
        StaleReads reads = new StaleReads();
        RestResponse response = reads.call(() -> judged(request));
        OptionalLong version = reads.version();
        return version.isPresent()
                ? response.withHeader(StaleReads.HEADER, Long.toString(version.getAsLong()))
                : response;
    }

    private RestResponse judged(RestRequest request) {
        if (request.local()) {
            return Principal.LOCAL.actor(FAMILY).call(() -> permitted(request));
        }
        try {
            return switch (credentials.authorization(request.header("authorization"), request.remoteAddress())) {
                case CredentialVerdict.Accepted(Principal principal) ->
                    principal.actor(FAMILY).call(() -> permitted(request));
                case CredentialVerdict.Throttled ignored -> errors.tooManyAttempts(request);
                case CredentialVerdict.Missing ignored -> errors.unauthorized(request);
                case CredentialVerdict.WrongScheme ignored -> errors.unauthorized(request);
                case CredentialVerdict.Rejected ignored -> errors.unauthorized(request);
                case CredentialVerdict.Expired ignored -> errors.unauthorized(request);
            };
        } catch (ControlException unreadable) {
            Status status = Status.fromCodeValue(unreadable.code().grpcNumber()).withDescription(unreadable.detail());
            return errors.ofStatus(request, status, null);
        }
    }

    private RestResponse permitted(RestRequest request) {
        String path;
        try {
            path = FormText.decode(request.path(), false);
        } catch (IllegalArgumentException malformed) {
            return errors.badRequest(request, "path: " + malformed.getMessage());
        }
        if (!path.startsWith(ROOT)) {
            return errors.plainNotFound();
        }
        List<String> segments = Arrays.asList(path.substring(1).split("/", -1));
        if (segments.contains("..") || segments.subList(0, segments.size() - 1).contains("")) {
            return errors.badRequest(request, "path: empty and \"..\" segments are not allowed");
        }
        return route(request, segments);
    }

    private RestResponse route(RestRequest request, List<String> segments) {
        return switch (registry.match(method(request), segments)) {
            case RouteMatch.Found(Route route, Map<String, String> variables) -> call(request, route, variables);
            case RouteMatch.WrongMethod(var allowed) -> formAsGet(request, segments, allowed);
            case RouteMatch.Unknown ignored -> errors.notFound(request);
        };
    }

    /** grpc-gateway's way for long queries: a POSTed form may name the method it stands for. */
    private static String method(RestRequest request) {
        String override = request.header("x-http-method-override");
        return override != null && isForm(request) ? override.toUpperCase(Locale.ROOT) : request.method();
    }

    /** The other half of it: a form POSTed to an address that has no POST is a GET with the form as its query. */
    private RestResponse formAsGet(RestRequest request, List<String> segments, SortedSet<String> allowed) {
        return isForm(request)
                        && registry.match("GET", segments)
                                instanceof RouteMatch.Found(Route route, Map<String, String> variables)
                ? call(request, route, variables)
                : errors.wrongMethod(request, allowed);
    }

    private static boolean isForm(RestRequest request) {
        String type = request.header("content-type");
        return request.method().equals("POST")
                && type != null
                && type.toLowerCase(Locale.ROOT).startsWith(FORM);
    }

    private RestResponse call(RestRequest request, Route route, Map<String, String> variables) {
        RpcBinding binding = bindings.get(route);
        if (binding == null) {
            throw new IllegalStateException("no RPC for " + route);
        }
        Message message;
        CallOptions options;
        try {
            message = message(request, binding, variables);
            options = deadline(request);
        } catch (ProtoJsonReader.NotANumber malformed) {
            return errors.badRequest(request, malformed.getMessage() + hint(malformed));
        } catch (IllegalArgumentException malformed) {
            String text = malformed.getMessage();
            return errors.badRequest(request, text == null ? "malformed request" : text);
        }
        try {
            Message reply = ClientCalls.blockingUnaryCall(channel, binding.rpc(), options, message);
            return new RestResponse(200, SUCCESS, ProtoJsonWriter.write(reply));
        } catch (StatusRuntimeException failed) {
            return errors.ofStatus(request, failed.getStatus(), failed.getTrailers());
        }
    }

    /** Older versions took a user's name where the number stands now: tells the number of that name. */
    private String hint(ProtoJsonReader.NotANumber malformed) {
        if (!malformed.field().equals("user")) {
            return "";
        }
        ListUsersRequest named =
                ListUsersRequest.newBuilder().setName(malformed.given()).build();
        try {
            List<User> users = ClientCalls.blockingUnaryCall(
                            channel, HeadscaleServiceGrpc.getListUsersMethod(), CallOptions.DEFAULT, named)
                    .getUsersList();
            return users.isEmpty()
                    ? "; the numeric id of a user is expected"
                    : users.stream()
                            .map(user -> Long.toUnsignedString(user.getId()))
                            .collect(Collectors.joining(", ", "; the numeric id of the user is expected, here ", ""));
        } catch (StatusRuntimeException unreadable) {
            return "; the numeric id of a user is expected";
        }
    }

    private static Message message(RestRequest request, RpcBinding binding, Map<String, String> variables) {
        Message.Builder builder = binding.emptyRequest().newBuilderForType();
        if (binding.wholeBody()) {
            ProtoJsonReader.merge(request.body(), builder);
        } else {
            Map<String, List<String>> values = FormText.pairs(request.query());
            if (isForm(request)) {
                FormText.pairs(new String(request.body(), StandardCharsets.UTF_8))
                        .forEach(values::putIfAbsent);
            }
            RequestParameters.query(values, variables.keySet(), builder);
            if (binding.route().operation().equals(EXPIRE) && isObject(request)) {
                ProtoJsonReader.merge(request.body(), builder);
            }
        }
        RequestParameters.path(variables, builder);
        return builder.build();
    }

    private static boolean isObject(RestRequest request) {
        for (byte letter : request.body()) {
            if (!Character.isWhitespace(letter)) {
                return letter == '{';
            }
        }
        return false;
    }

    /** Reads {@code Grpc-Timeout}: at most eight digits and a unit. */
    private static CallOptions deadline(RestRequest request) {
        String text = request.header("grpc-timeout");
        if (text == null) {
            return CallOptions.DEFAULT;
        }
        TimeUnit unit = text.isEmpty()
                ? null
                : switch (text.charAt(text.length() - 1)) {
                    case 'H' -> TimeUnit.HOURS;
                    case 'M' -> TimeUnit.MINUTES;
                    case 'S' -> TimeUnit.SECONDS;
                    case 'm' -> TimeUnit.MILLISECONDS;
                    case 'u' -> TimeUnit.MICROSECONDS;
                    case 'n' -> TimeUnit.NANOSECONDS;
                    default -> null;
                };
        String digits = text.isEmpty() ? "" : text.substring(0, text.length() - 1);
        if (unit == null
                || digits.isEmpty()
                || digits.length() > 8
                || !digits.chars().allMatch(c -> c >= '0' && c <= '9')) {
            throw new IllegalArgumentException("invalid grpc-timeout: " + GoText.quote(text));
        }
        return CallOptions.DEFAULT.withDeadlineAfter(Long.parseLong(digits), unit);
    }
}
