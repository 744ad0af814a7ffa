package io.fleetscale.wire.tailcfg;

import io.fleetscale.wire.ip.IpEndpoint;
import io.fleetscale.wire.key.DiscoKey;
import io.fleetscale.wire.key.NodeKey;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Body of {@code POST /machine/map}. Source: control-protocol 5.1.
 *
 * @param version capability version
 * @param compress {@code zstd} or empty
 * @param endpoints UDP addresses in the client's order; those with a zone or without address are left out
 * @param tkaHead head of the tailnet lock, empty without one
 */
public record MapRequest(
        int version,
        String compress,
        boolean keepAlive,
        NodeKey nodeKey,
        DiscoKey discoKey,
        boolean stream,
        Hostinfo hostinfo,
        boolean hasHostinfo,
        String mapSessionHandle,
        long mapSessionSeq,
        List<Endpoint> endpoints,
        String tkaHead,
        boolean readOnly,
        boolean omitPeers,
        List<String> debugFlags) {

    public static final int MAX_BYTES = GoReader.MAX_DOCUMENT_BYTES;
    public static final int MAX_ENDPOINTS = 1024;

    private static final int MAX_FLAGS = 256;

    public MapRequest {
        endpoints = List.copyOf(endpoints);
        debugFlags = List.copyOf(debugFlags);
    }

    /**
     * One UDP address of a client.
     *
     * @param type 0 unknown, 1 local, 2 STUN, 3 port-mapped, 4 STUN with local port, 5 configured
     */
    public record Endpoint(IpEndpoint address, int type) {}

    /** What the client wants; the four rows of control-protocol 5.1. */
    public enum Kind {
        /** A stream of messages that is the node's session. */
        POLL,
        /** New facts about the node, no answer but the status. */
        LITE_UPDATE,
        /** New facts and one full map. */
        ONE_SHOT,
        /** One full map, nothing is changed. */
        READ_ONLY
    }

    /**
     * @param body at most {@link #MAX_BYTES}
     * @throws TailcfgException naming field and reason
     */
    public static MapRequest parse(byte[] body) {
        return GoReader.readDocument(body, Draft.SHAPE, new Draft()).build();
    }

    public Kind kind() {
        if (readOnly) {
            return Kind.READ_ONLY;
        }
        if (stream) {
            return Kind.POLL;
        }
        return omitPeers ? Kind.LITE_UPDATE : Kind.ONE_SHOT;
    }

    public boolean wantsZstd() {
        return compress.equals("zstd");
    }

    private static final class Draft {
        static final GoObject<Draft> SHAPE = new GoObject<Draft>("MapRequest")
                .with("Version", (d, in) -> d.version = in.int32())
                .with("Compress", (d, in) -> d.compress = in.text(Hostinfo.MAX_TEXT))
                .with("KeepAlive", (d, in) -> d.keepAlive = in.bool())
                .with("NodeKey", (d, in) -> d.nodeKey = in.nodeKey())
                .with("DiscoKey", (d, in) -> d.discoKey = in.discoKey())
                .with("Stream", (d, in) -> d.stream = in.bool())
                .with("Hostinfo", Draft::readHostinfo)
                .with("MapSessionHandle", (d, in) -> d.mapSessionHandle = in.text(Hostinfo.MAX_TEXT))
                .with("MapSessionSeq", (d, in) -> d.mapSessionSeq = in.int64())
                .with("Endpoints", (d, in) -> d.endpoints = in.list(MAX_ENDPOINTS, Draft::endpoint))
                .with("EndpointTypes", (d, in) -> d.endpointTypes = in.list(MAX_ENDPOINTS, GoReader::int32))
                .with("TKAHead", (d, in) -> d.tkaHead = in.text(Hostinfo.MAX_TEXT))
                .with("ReadOnly", (d, in) -> d.readOnly = in.bool())
                .with("OmitPeers", (d, in) -> d.omitPeers = in.bool())
                .with("DebugFlags", (d, in) -> d.debugFlags = in.list(MAX_FLAGS, e -> e.text(Hostinfo.MAX_TEXT)));

        private int version = 0;
        private String compress = "";
        private boolean keepAlive = false;
        private NodeKey nodeKey = NodeKey.ZERO;
        private DiscoKey discoKey = DiscoKey.ZERO;
        private boolean stream = false;
        private Hostinfo hostinfo = Hostinfo.EMPTY;
        private boolean hasHostinfo = false;
        private String mapSessionHandle = "";
        private long mapSessionSeq = 0;
        private List<Optional<IpEndpoint>> endpoints = List.of();
        private List<Integer> endpointTypes = List.of();
        private String tkaHead = "";
        private boolean readOnly = false;
        private boolean omitPeers = false;
        private List<String> debugFlags = List.of();

        private void readHostinfo(GoReader in) {
            hasHostinfo = !in.isNull();
            hostinfo = Hostinfo.read(in);
        }

        private static Optional<IpEndpoint> endpoint(GoReader in) {
            return in.parse(
                    "ip:port",
                    MAX_ENDPOINT_LENGTH,
                    text -> text.isEmpty() || text.indexOf('%') >= 0
                            ? Optional.empty()
                            : Optional.of(IpEndpoint.parse(text)));
        }

        private static final int MAX_ENDPOINT_LENGTH = 128;

        MapRequest build() {
            List<Endpoint> typed = new ArrayList<>(endpoints.size());
            for (int i = 0; i < endpoints.size(); i++) {
                int type = i < endpointTypes.size() ? endpointTypes.get(i) : 0;
                endpoints.get(i).ifPresent(address -> typed.add(new Endpoint(address, type)));
            }
            return new MapRequest(
                    version,
                    compress,
                    keepAlive,
                    nodeKey,
                    discoKey,
                    stream,
                    hostinfo,
                    hasHostinfo,
                    mapSessionHandle,
                    mapSessionSeq,
                    typed,
                    tkaHead,
                    readOnly,
                    omitPeers,
                    debugFlags);
        }
    }
}
