package io.fleetscale.control.api.rest;

import com.google.api.AnnotationsProto;
import com.google.api.HttpRule;
import com.google.protobuf.Descriptors;
import com.google.protobuf.Message;
import io.fleetscale.control.api.description.ApiOperation;
import io.fleetscale.control.api.registry.ApiFamily;
import io.fleetscale.control.api.registry.CredentialKind;
import io.fleetscale.control.api.registry.ErrorFormat;
import io.fleetscale.control.api.registry.PathPattern;
import io.fleetscale.control.api.registry.Route;
import io.grpc.MethodDescriptor;
import io.grpc.ServiceDescriptor;
import io.grpc.protobuf.ProtoMethodDescriptorSupplier;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * How one RPC lies in HTTP: its {@code google.api.http} option.
 *
 * @param wholeBody whether the body is the request message; otherwise it is not read and the query is
 */
public record RpcBinding(Route route, MethodDescriptor<Message, Message> rpc, Message emptyRequest, boolean wholeBody) {

    /** The bindings of all RPCs of some services that have any, in the order of declaration. */
    public static List<RpcBinding> of(List<ServiceDescriptor> services) {
        List<RpcBinding> bindings = new ArrayList<>();
        for (ServiceDescriptor service : services) {
            for (MethodDescriptor<?, ?> method : service.getMethods()) {
                of(method).ifPresent(bindings::add);
            }
        }
        return List.copyOf(bindings);
    }

    /** The messages behind the route, for descriptions. */
    public ApiOperation operation() {
        Descriptors.MethodDescriptor descriptor = schema(rpc).getMethodDescriptor();
        return new ApiOperation(
                route,
                descriptor.getService().getName(),
                descriptor.getInputType(),
                descriptor.getOutputType(),
                wholeBody);
    }

    private static ProtoMethodDescriptorSupplier schema(MethodDescriptor<?, ?> rpc) {
        if (rpc.getSchemaDescriptor() instanceof ProtoMethodDescriptorSupplier schema) {
            return schema;
        }
        throw new IllegalStateException(rpc.getFullMethodName() + ": not generated from a protobuf file");
    }

    @SuppressWarnings("unchecked") // every message of a generated service is a Message
    private static Optional<RpcBinding> of(MethodDescriptor<?, ?> method) {
        MethodDescriptor<Message, Message> rpc = (MethodDescriptor<Message, Message>) method;
        Descriptors.MethodDescriptor descriptor = schema(rpc).getMethodDescriptor();
        if (!descriptor.getOptions().hasExtension(AnnotationsProto.http)) {
            return Optional.empty();
        }
        if (!(rpc.getRequestMarshaller() instanceof MethodDescriptor.PrototypeMarshaller<Message> marshaller)) {
            throw new IllegalStateException(rpc.getFullMethodName() + ": its marshaller knows no message");
        }
        Message empty = Objects.requireNonNull(marshaller.getMessagePrototype());
        HttpRule rule = descriptor.getOptions().getExtension(AnnotationsProto.http);
        Route route = new Route(
                verb(rule),
                PathPattern.parse(path(rule)),
                ApiFamily.HEADSCALE,
                Set.of(CredentialKind.HEADSCALE_API_KEY, CredentialKind.LOCAL_SOCKET),
                ErrorFormat.HEADSCALE,
                descriptor.getName());
        boolean wholeBody = rule.getBody().equals("*");
        if (!wholeBody && !rule.getBody().isEmpty()) {
            throw new IllegalStateException(route + ": only a whole body can be bound, not " + rule.getBody());
        }
        return Optional.of(new RpcBinding(route, rpc, empty, wholeBody));
    }

    private static String verb(HttpRule rule) {
        return switch (rule.getPatternCase()) {
            case GET, PUT, POST, DELETE, PATCH -> rule.getPatternCase().name();
            case CUSTOM -> rule.getCustom().getKind();
            case PATTERN_NOT_SET -> throw new IllegalStateException("an RPC without google.api.http");
        };
    }

    private static String path(HttpRule rule) {
        return switch (rule.getPatternCase()) {
            case GET -> rule.getGet();
            case PUT -> rule.getPut();
            case POST -> rule.getPost();
            case DELETE -> rule.getDelete();
            case PATCH -> rule.getPatch();
            case CUSTOM -> rule.getCustom().getPath();
            case PATTERN_NOT_SET -> throw new IllegalStateException("an RPC without google.api.http");
        };
    }
}
