package io.fleetscale.control.cli;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.ForwardingClientCallListener.SimpleForwardingClientCallListener;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.util.function.Consumer;

/** Tells people when a server answers without its database. */
final class StaleNotice implements ClientInterceptor {
    /** The name of {@code StaleReads.HEADER} as gRPC sends it; that class belongs to the server. */
    private static final Metadata.Key<String> STALE =
            Metadata.Key.of("fleetscale-stale", Metadata.ASCII_STRING_MARSHALLER);

    private final Consumer<String> notices;

    StaleNotice(Consumer<String> notices) {
        this.notices = notices;
    }

    private void look(Metadata found) {
        String version = found.get(STALE);
        if (version != null) {
            notices.accept("Warning: the server does not reach its database; this is what it knew last (change "
                    + version + ")");
        }
    }

    @Override
    public <Q, R> ClientCall<Q, R> interceptCall(MethodDescriptor<Q, R> method, CallOptions options, Channel next) {
        return new SimpleForwardingClientCall<>(next.newCall(method, options)) {
            @Override
            public void start(Listener<R> answers, Metadata headers) {
                super.start(
                        new SimpleForwardingClientCallListener<>(answers) {
                            @Override
                            public void onHeaders(Metadata found) {
                                look(found);
                                super.onHeaders(found);
                            }

                            /** An empty list has no headers of its own. */
                            @Override
                            public void onClose(Status status, Metadata trailers) {
                                look(trailers);
                                super.onClose(status, trailers);
                            }
                        },
                        headers);
            }
        };
    }
}
