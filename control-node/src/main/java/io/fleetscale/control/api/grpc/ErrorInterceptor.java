package io.fleetscale.control.api.grpc;

import io.fleetscale.config.ApiConfig.V1Errors;
import io.fleetscale.control.ControlException;
import io.fleetscale.control.ErrorCode;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.grpc.StatusException;
import io.grpc.StatusRuntimeException;
import java.util.concurrent.CompletionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one place where exceptions become gRPC statuses. A {@link ControlException} keeps its code and text; a status that
 * a service chose itself passes; everything else is a fault of ours: logged once, and the caller learns nothing of it.
 */
public final class ErrorInterceptor implements ServerInterceptor {
    /**
     * Trailer of refusals whose 0.29 status says little (UNKNOWN, INTERNAL): the number of the status that says more, which
     * REST takes where it does not imitate 0.29. Remote callers may ignore it.
     */
    public static final Metadata.Key<String> PRECISE =
            Metadata.Key.of("fleetscale-precise-status", Metadata.ASCII_STRING_MARSHALLER);

    private static final Logger LOG = LoggerFactory.getLogger(ErrorInterceptor.class);

    private final boolean answersPrecisely;

    private ErrorInterceptor(boolean answersPrecisely) {
        this.answersPrecisely = answersPrecisely;
    }

    /** For callers of other processes: the precise status, or headscale 0.29's if that is imitated. */
    static ErrorInterceptor answering(V1Errors mode) {
        return new ErrorInterceptor(mode == V1Errors.SUPERSET);
    }

    /** For REST: headscale 0.29's status, and the precise one in the trailer. */
    static ErrorInterceptor tellingBoth() {
        return new ErrorInterceptor(false);
    }

    @Override
    public <Q, R> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
        return new SimpleForwardingServerCallListener<>(next.startCall(call, headers)) {
            @Override
            public void onHalfClose() {
                try {
                    super.onHalfClose();
                } catch (RuntimeException failed) {
                    StatusRuntimeException status =
                            statusOf(failed, call.getMethodDescriptor().getFullMethodName());
                    Metadata trailers = status.getTrailers();
                    call.close(status.getStatus(), trailers == null ? new Metadata() : trailers);
                }
            }
        };
    }

    private StatusRuntimeException statusOf(Throwable failed, String method) {
        Throwable cause =
                failed instanceof CompletionException && failed.getCause() != null ? failed.getCause() : failed;
        return switch (cause) {
            case ControlException refused -> {
                // a refusal in 0.29's status for everything is at least the caller's mistake
                ErrorCode precise =
                        refused.precise() == ErrorCode.UNKNOWN ? ErrorCode.INVALID_ARGUMENT : refused.precise();
                // over gRPC "unknown" stays what callers know, unless something better is known
                ErrorCode code = answersPrecisely && refused.precise() != ErrorCode.UNKNOWN ? precise : refused.code();
                Status status = Status.fromCodeValue(code.grpcNumber()).withDescription(refused.detail());
                Metadata trailers = new Metadata();
                if (precise != code) {
                    trailers.put(PRECISE, Integer.toString(precise.grpcNumber()));
                }
                yield status.asRuntimeException(trailers);
            }
            case StatusRuntimeException chosen -> chosen;
            case StatusException chosen -> chosen.getStatus().asRuntimeException();
            default -> {
                LOG.atError().addKeyValue("rpc", method).setCause(cause).log("an RPC failed");
                yield Status.INTERNAL
                        .withDescription("internal error, see the server's log")
                        .asRuntimeException();
            }
        };
    }
}
