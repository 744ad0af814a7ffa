package io.fleetscale.control;

/**
 * What kind of fault an operation met; the one table from which gRPC status, HTTP status and exit code follow. The numbers
 * are gRPC's. Source: headscale-surface 2.2, grpc status codes.
 */
public enum ErrorCode {
    UNKNOWN(2, 500),
    INVALID_ARGUMENT(3, 400),
    DEADLINE_EXCEEDED(4, 504),
    NOT_FOUND(5, 404),
    ALREADY_EXISTS(6, 409),
    PERMISSION_DENIED(7, 403),
    RESOURCE_EXHAUSTED(8, 429),
    FAILED_PRECONDITION(9, 400),
    ABORTED(10, 409),
    UNIMPLEMENTED(12, 501),
    INTERNAL(13, 500),
    UNAVAILABLE(14, 503),
    UNAUTHENTICATED(16, 401);

    private final int grpcNumber;
    private final int httpStatus;

    ErrorCode(int grpcNumber, int httpStatus) {
        this.grpcNumber = grpcNumber;
        this.httpStatus = httpStatus;
    }

    public int grpcNumber() {
        return grpcNumber;
    }

    public int httpStatus() {
        return httpStatus;
    }

    /** Exit code of a command that failed so: 1 for all but wrong usage or configuration, which the command line decides itself. */
    public int exitCode() {
        return 1;
    }
}
