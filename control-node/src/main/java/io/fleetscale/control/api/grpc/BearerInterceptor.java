package io.fleetscale.control.api.grpc;

import io.fleetscale.control.ControlException;
import io.fleetscale.control.api.credential.CredentialCheck;
import io.fleetscale.control.api.credential.CredentialVerdict;
import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import java.net.InetSocketAddress;
import java.net.SocketAddress;

/**
 * Asks every call over TCP for an API key. It runs where the server runs calls: on virtual threads, because it reads the
 * log's head. Statuses and texts are 0.29's. Source: headscale-surface 1.6.
 */
final class BearerInterceptor implements ServerInterceptor {
    private static final Metadata.Key<String> AUTHORIZATION =
            Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);

    private final CredentialCheck credentials;

    BearerInterceptor(CredentialCheck credentials) {
        this.credentials = credentials;
    }

    @Override
    public <Q, R> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
        CredentialVerdict verdict;
        try {
            verdict = credentials.authorization(headers.get(AUTHORIZATION), remoteAddress(call));
        } catch (ControlException unreadable) {
            return close(
                    call, Status.fromCodeValue(unreadable.code().grpcNumber()).withDescription(unreadable.detail()));
        }
        return switch (verdict) {
            case CredentialVerdict.Accepted(var principal) ->
                new ActorListener<>(next.startCall(call, headers), principal.actor("grpc"));
            case CredentialVerdict.Missing ignored ->
                close(call, Status.UNAUTHENTICATED.withDescription("authorization token not supplied"));
            case CredentialVerdict.WrongScheme ignored ->
                close(
                        call,
                        Status.UNAUTHENTICATED.withDescription(
                                "missing \"Bearer \" prefix in \"Authorization\" header"));
            case CredentialVerdict.Rejected ignored -> close(call, Status.INTERNAL.withDescription("validating token"));
            case CredentialVerdict.Expired ignored ->
                close(call, Status.UNAUTHENTICATED.withDescription("invalid token"));
            case CredentialVerdict.Throttled ignored ->
                close(
                        call,
                        Status.RESOURCE_EXHAUSTED.withDescription(
                                "too many wrong API keys from this address, try again in a minute"));
        };
    }

    private static <Q, R> ServerCall.Listener<Q> close(ServerCall<Q, R> call, Status refusal) {
        call.close(refusal, new Metadata());
        return new ServerCall.Listener<>() {};
    }

    private static String remoteAddress(ServerCall<?, ?> call) {
        SocketAddress remote = call.getAttributes().get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR);
        return remote instanceof InetSocketAddress inet && inet.getAddress() != null
                ? inet.getAddress().getHostAddress()
                : "unknown";
    }
}
