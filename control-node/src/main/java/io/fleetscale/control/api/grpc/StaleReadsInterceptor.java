package io.fleetscale.control.api.grpc;

import com.google.api.AnnotationsProto;
import com.google.protobuf.DescriptorProtos.MethodOptions;
import io.fleetscale.control.changelog.StaleReads;
import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.grpc.protobuf.ProtoMethodDescriptorSupplier;

/**
 * Lets RPCs that only read be answered while PostgreSQL is away for all; the answer's headers say so. Only reading are those
 * that lie at GET over HTTP, and those that their file marks with {@code NO_SIDE_EFFECTS}. The first of all interceptors that
 * read anything: what a key is worth is looked up under the same consent.
 */
final class StaleReadsInterceptor implements ServerInterceptor {
    static final Metadata.Key<String> STALE = Metadata.Key.of(StaleReads.HEADER, Metadata.ASCII_STRING_MARSHALLER);

    @Override
    public <Q, R> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
        if (!onlyReads(call.getMethodDescriptor())) {
            return next.startCall(call, headers);
        }
        StaleReads reads = new StaleReads();
        ServerCall<Q, R> telling = new Telling<>(call, reads);
        ServerCall.Listener<Q> started = reads.call(() -> next.startCall(telling, headers));
        return new SimpleForwardingServerCallListener<>(started) {
            /** Where unary calls run their handlers. */
            @Override
            public void onHalfClose() {
                reads.run(super::onHalfClose);
            }
        };
    }

    /** Says it in the headers, or in the trailers of an answer that has nothing else. Confined to the call. */
    private static final class Telling<Q, R> extends SimpleForwardingServerCall<Q, R> {
        private final StaleReads reads;
        private boolean told;

        Telling(ServerCall<Q, R> call, StaleReads reads) {
            super(call);
            this.reads = reads;
        }

        private void tell(Metadata answer) {
            if (!told) {
                told = true;
                reads.version().ifPresent(version -> answer.put(STALE, Long.toString(version)));
            }
        }

        @Override
        public void sendHeaders(Metadata headers) {
            tell(headers);
            super.sendHeaders(headers);
        }

        @Override
        public void close(Status status, Metadata trailers) {
            tell(trailers);
            super.close(status, trailers);
        }
    }

    static boolean onlyReads(MethodDescriptor<?, ?> method) {
        return method.isSafe()
                || (method.getSchemaDescriptor() instanceof ProtoMethodDescriptorSupplier schema
                        && isGet(schema.getMethodDescriptor().getOptions()));
    }

    private static boolean isGet(MethodOptions options) {
        return options.hasExtension(AnnotationsProto.http)
                && options.getExtension(AnnotationsProto.http).hasGet();
    }
}
