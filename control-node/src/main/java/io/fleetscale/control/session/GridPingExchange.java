package io.fleetscale.control.session;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.fleetscale.control.tailnet.NodeId;
import io.fleetscale.grid.EntryListener;
import io.fleetscale.grid.GridException;
import io.fleetscale.grid.TransientCache;
import io.fleetscale.proto.grid.v1.ForwardedAnswer;
import io.fleetscale.proto.grid.v1.ForwardedPing;
import io.fleetscale.wire.ip.IpAddress;
import io.fleetscale.wire.key.MachineKey;
import io.fleetscale.wire.tailcfg.PingRequest;
import java.time.Duration;
import java.util.concurrent.Executor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Requests to clients and their answers on their way between instances, through a cache of the grid whose entries end by
 * themselves. Thread-safe.
 */
public final class GridPingExchange implements PingExchange {
    private static final Logger LOG = LoggerFactory.getLogger(GridPingExchange.class);
    private static final String REQUEST = "ping/";
    private static final String ANSWER = "pong/";
    private static final Duration ANSWER_LIFE = Duration.ofSeconds(10);
    private static final int MAX_BODY_BYTES = 1 << 20;

    private final TransientCache cache;
    private final Executor blocking;

    /** @param blocking runs writes of the grid: virtual threads */
    public GridPingExchange(TransientCache cache, Executor blocking) {
        this.cache = cache;
        this.blocking = blocking;
    }

    @Override
    public void listen(Listener listener) {
        cache.listen(
                new EntryListener<>() {
                    @Override
                    public void changed(TransientCache.Entry entry) {
                        deliver(entry, listener);
                    }

                    @Override
                    public void removed(String key) {
                        // it has done its work
                    }

                    @Override
                    public void resynchronise() {
                        // whoever waits gives up after its time
                    }
                },
                false);
    }

    private static void deliver(TransientCache.Entry entry, Listener listener) {
        try {
            if (entry.key().startsWith(REQUEST)) {
                ForwardedPing ping = ForwardedPing.parseFrom(entry.payload());
                listener.requested(
                        new NodeId(ping.getNodeId()),
                        new PingRequest(
                                ping.getUrl(),
                                ping.getUrlIsNoise(),
                                ping.getLog(),
                                ping.getTypes(),
                                ping.getIp().isEmpty() ? null : IpAddress.parse(ping.getIp()),
                                ping.getPayload()));
            } else if (entry.key().startsWith(ANSWER)) {
                ForwardedAnswer answer = ForwardedAnswer.parseFrom(entry.payload());
                listener.answered(
                        entry.key().substring(ANSWER.length()),
                        MachineKey.of(answer.getMachineKey().toByteArray()),
                        answer.getBody());
            }
        } catch (InvalidProtocolBufferException | IllegalArgumentException e) {
            LOG.atWarn().setCause(e).log("a call of another instance cannot be read");
        }
    }

    @Override
    public void request(String token, NodeId node, PingRequest request, Duration life) {
        ForwardedPing ping = ForwardedPing.newBuilder()
                .setNodeId(node.value())
                .setUrl(request.url())
                .setUrlIsNoise(request.urlIsNoise())
                .setLog(request.log())
                .setTypes(request.types())
                .setIp(request.ip() == null ? "" : request.ip().toString())
                .setPayload(request.payload())
                .build();
        put(REQUEST + token, ping.toByteString(), life);
    }

    @Override
    public boolean answer(String token, MachineKey machineKey, ByteString body) {
        if (body.size() > MAX_BODY_BYTES) {
            LOG.atWarn()
                    .addKeyValue("bytes", body.size())
                    .log("an answer of a client is too long for another instance");
            return false;
        }
        ForwardedAnswer answer = ForwardedAnswer.newBuilder()
                .setMachineKey(ByteString.copyFrom(machineKey.raw().toArray()))
                .setBody(body)
                .build();
        put(ANSWER + token, answer.toByteString(), ANSWER_LIFE);
        return true;
    }

    private void put(String key, ByteString value, Duration life) {
        blocking.execute(() -> {
            try {
                cache.put(key, value, life);
            } catch (GridException e) {
                LOG.atDebug().setCause(e).log("a call was not told to the other instances");
            }
        });
    }
}
