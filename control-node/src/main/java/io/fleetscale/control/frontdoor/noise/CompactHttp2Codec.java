package io.fleetscale.control.frontdoor.noise;

import io.fleetscale.control.frontdoor.limit.Limits;
import io.netty.handler.codec.http2.DefaultHttp2Connection;
import io.netty.handler.codec.http2.DefaultHttp2RemoteFlowController;
import io.netty.handler.codec.http2.Http2FrameCodec;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2HeadersEncoder;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.codec.http2.UniformStreamByteDistributor;

/**
 * HTTP/2 for many connections that are mostly idle: no priority tree, no dynamic header tables, tight limits against
 * floods of resets, CONTINUATIONs, empty frames and control frames.
 */
final class CompactHttp2Codec extends Http2FrameCodecBuilder {
    /** The map poll takes one stream for its whole life; calls beside it are few. */
    static final int MAX_CONCURRENT_STREAMS = 128;

    private static final int MAX_RESETS_PER_WINDOW = 200;
    private static final int RESET_WINDOW_SECONDS = 30;
    private static final int MAX_SMALL_CONTINUATIONS = 8;
    private static final int MAX_EMPTY_DATA_FRAMES = 8;
    private static final int MAX_QUEUED_CONTROL_FRAMES = 512;
    private static final long GRACEFUL_SHUTDOWN_MILLIS = 5_000;

    private CompactHttp2Codec(DefaultHttp2Connection connection, Limits limits) {
        connection(connection);
        initialSettings(new Http2Settings()
                .maxConcurrentStreams(MAX_CONCURRENT_STREAMS)
                .maxHeaderListSize(limits.headBytes())
                .headerTableSize(0));
        headerSensitivityDetector(Http2HeadersEncoder.ALWAYS_SENSITIVE);
        decoderEnforceMaxConsecutiveEmptyDataFrames(MAX_EMPTY_DATA_FRAMES);
        decoderEnforceMaxRstFramesPerWindow(MAX_RESETS_PER_WINDOW, RESET_WINDOW_SECONDS);
        encoderEnforceMaxRstFramesPerWindow(MAX_RESETS_PER_WINDOW, RESET_WINDOW_SECONDS);
        decoderEnforceMaxSmallContinuationFrames(MAX_SMALL_CONTINUATIONS);
        encoderEnforceMaxQueuedControlFrames(MAX_QUEUED_CONTROL_FRAMES);
        gracefulShutdownTimeoutMillis(GRACEFUL_SHUTDOWN_MILLIS);
    }

    static Http2FrameCodec create(Limits limits) {
        DefaultHttp2Connection connection = new DefaultHttp2Connection(true);
        connection
                .remote()
                .flowController(
                        new DefaultHttp2RemoteFlowController(connection, new UniformStreamByteDistributor(connection)));
        return new CompactHttp2Codec(connection, limits).build();
    }
}
