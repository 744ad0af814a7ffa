package io.fleetscale.wire.tailcfg;

import com.google.protobuf.ByteString;
import io.fleetscale.wire.key.LockKey;
import io.fleetscale.wire.key.NodeKey;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Body of {@code POST /machine/register}. Source: control-protocol 4.1.
 *
 * @param version capability version
 * @param nodeKey key to register, refresh or log out
 * @param oldNodeKey the previous key, zero if there is none; stays filled after the first rotation
 * @param authKey empty when the client was given none; a secret
 * @param expiry null = none asked for; in the past = log out
 * @param followup the {@code AuthURL} that the client waits on, else empty
 */
public record RegisterRequest(
        int version,
        NodeKey nodeKey,
        NodeKey oldNodeKey,
        LockKey lockKey,
        String authKey,
        @Nullable Instant expiry,
        String followup,
        Hostinfo hostinfo,
        boolean ephemeral,
        ByteString nodeKeySignature,
        String signatureType,
        @Nullable Instant timestamp,
        ByteString deviceCertificate,
        ByteString signature,
        String tailnet) {

    public static final int MAX_BYTES = GoReader.MAX_DOCUMENT_BYTES;

    private static final int MAX_AUTH_KEY = 1024;
    private static final int MAX_URL = 4096;
    private static final int MAX_SIGNATURE_BYTES = 64 * 1024;

    /**
     * @param body at most {@link #MAX_BYTES}
     * @throws TailcfgException naming field and reason
     */
    public static RegisterRequest parse(byte[] body) {
        return GoReader.readDocument(body, Draft.SHAPE, new Draft()).build();
    }

    @Override
    public String toString() {
        return "RegisterRequest[version=" + version + ", nodeKey=" + nodeKey.toShortText() + ", auth="
                + (authKey.isEmpty() ? "none" : "redacted") + "]";
    }

    private static final class Draft {
        private static final GoObject<Draft> AUTH =
                new GoObject<Draft>("Auth").with("AuthKey", (d, in) -> d.authKey = in.text(MAX_AUTH_KEY));

        static final GoObject<Draft> SHAPE = new GoObject<Draft>("RegisterRequest")
                .with("Version", (d, in) -> d.version = in.int32())
                .with("NodeKey", (d, in) -> d.nodeKey = in.nodeKey())
                .with("OldNodeKey", (d, in) -> d.oldNodeKey = in.nodeKey())
                .with("NLKey", (d, in) -> d.lockKey = in.lockKey())
                .with("Auth", (d, in) -> in.object(AUTH, d))
                .with("Expiry", (d, in) -> d.expiry = in.time())
                .with("Followup", (d, in) -> d.followup = in.text(MAX_URL))
                .with("Hostinfo", (d, in) -> d.hostinfo = Hostinfo.read(in))
                .with("Ephemeral", (d, in) -> d.ephemeral = in.bool())
                .with("NodeKeySignature", (d, in) -> d.nodeKeySignature = in.bytes(MAX_SIGNATURE_BYTES))
                .with("SignatureType", (d, in) -> d.signatureType = in.text(Hostinfo.MAX_TEXT))
                .with("Timestamp", (d, in) -> d.timestamp = in.time())
                .with("DeviceCert", (d, in) -> d.deviceCertificate = in.bytes(MAX_SIGNATURE_BYTES))
                .with("Signature", (d, in) -> d.signature = in.bytes(MAX_SIGNATURE_BYTES))
                .with("Tailnet", (d, in) -> d.tailnet = in.text(Hostinfo.MAX_TEXT));

        private int version = 0;
        private NodeKey nodeKey = NodeKey.ZERO;
        private NodeKey oldNodeKey = NodeKey.ZERO;
        private LockKey lockKey = LockKey.ZERO;
        private String authKey = "";
        private @Nullable Instant expiry = null;
        private String followup = "";
        private Hostinfo hostinfo = Hostinfo.EMPTY;
        private boolean ephemeral = false;
        private ByteString nodeKeySignature = ByteString.EMPTY;
        private String signatureType = "";
        private @Nullable Instant timestamp = null;
        private ByteString deviceCertificate = ByteString.EMPTY;
        private ByteString signature = ByteString.EMPTY;
        private String tailnet = "";

        RegisterRequest build() {
            return new RegisterRequest(
                    version,
                    nodeKey,
                    oldNodeKey,
                    lockKey,
                    authKey,
                    expiry,
                    followup,
                    hostinfo,
                    ephemeral,
                    nodeKeySignature,
                    signatureType,
                    timestamp,
                    deviceCertificate,
                    signature,
                    tailnet);
        }
    }
}
