package io.fleetscale.control.registration;

import io.fleetscale.control.ControlException;
import io.fleetscale.control.ErrorCode;
import io.fleetscale.wire.key.MachineKey;
import io.fleetscale.wire.tailcfg.RegisterRequest;
import io.fleetscale.wire.tailcfg.TailcfgException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code POST /machine/register}, without a transport. Thread-safe; blocks: for virtual threads. Source: control-protocol
 * 4.6.
 */
public final class RegisterRpc {
    private static final Logger LOG = LoggerFactory.getLogger(RegisterRpc.class);
    private static final Map<String, String> JSON = Map.of("content-type", "application/json");
    private static final String TEXT_PLAIN = "text/plain; charset=utf-8";
    /** Older clients do not wait for it, newer ones do. */
    private static final String RETRY_AFTER_SECONDS = "5";

    private final Registration registration;

    public RegisterRpc(Registration registration) {
        this.registration = registration;
    }

    /**
     * An answer.
     *
     * @param headers names in lower case
     */
    @SuppressWarnings("ArrayRecordComponent") // handed straight to the transport, never compared
    public record Answer(int status, Map<String, String> headers, byte[] body) {}

    /**
     * @param machineKey proven by the Noise handshake
     * @param remoteAddress text form of the client's address
     * @param body at most {@link RegisterRequest#MAX_BYTES}
     */
    public Answer handle(MachineKey machineKey, String remoteAddress, byte[] body) {
        try {
            RegisterRequest request = RegisterRequest.parse(body);
            return new Answer(
                    200,
                    JSON,
                    registration.register(machineKey, remoteAddress, request).toJson());
        } catch (TailcfgException e) {
            LOG.atInfo()
                    .addKeyValue("machine", machineKey.toShortText())
                    .addKeyValue("reason", e.getMessage())
                    .log("register request refused");
            return text(400, Map.of("content-type", TEXT_PLAIN), String.valueOf(e.getMessage()));
        } catch (ControlException e) {
            return failed(machineKey, e);
        }
    }

    private static Answer failed(MachineKey machineKey, ControlException e) {
        int status = e.code().httpStatus();
        if (status >= 500 && e.code() != ErrorCode.UNAVAILABLE) {
            LOG.atError()
                    .addKeyValue("machine", machineKey.toShortText())
                    .setCause(e)
                    .log("register request failed");
            return text(500, Map.of("content-type", TEXT_PLAIN), "internal server error");
        }
        boolean retry = e.code() == ErrorCode.UNAVAILABLE || e.code() == ErrorCode.RESOURCE_EXHAUSTED;
        return text(
                status,
                retry
                        ? Map.of("content-type", TEXT_PLAIN, "retry-after", RETRY_AFTER_SECONDS)
                        : Map.of("content-type", TEXT_PLAIN),
                e.detail());
    }

    private static Answer text(int status, Map<String, String> headers, String message) {
        return new Answer(status, headers, (message + "\n").getBytes(StandardCharsets.UTF_8));
    }
}
