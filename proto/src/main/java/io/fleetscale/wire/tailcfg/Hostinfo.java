package io.fleetscale.wire.tailcfg;

import com.google.protobuf.ByteString;
import io.fleetscale.wire.ip.IpPrefix;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a client says of its host: the fields that the server uses, and the whole object as it was sent. Source:
 * control-protocol 6.3.
 *
 * @param hostname raw, not yet fit for DNS
 * @param stateEncrypted absent when the client does not know
 * @param routableIps advertised routes in the client's order, empty texts left out
 * @param netInfo absent until the client's first network check
 * @param sshHostKeys not empty exactly when the node runs the SSH server
 * @param raw JSON object, at most {@link #MAX_BYTES}
 */
public record Hostinfo(
        String ipnVersion,
        String backendLogId,
        String os,
        String osVersion,
        String distro,
        String distroVersion,
        String app,
        String packageType,
        String deviceModel,
        String machine,
        String hostname,
        boolean shieldsUp,
        boolean wireIngress,
        boolean ingressEnabled,
        boolean allowsUpdate,
        List<IpPrefix> routableIps,
        List<String> requestTags,
        List<String> wolMacs,
        List<Service> services,
        @Nullable NetInfo netInfo,
        List<String> sshHostKeys,
        boolean appConnector,
        boolean peerRelay,
        String servicesHash,
        String exitNodeId,
        @Nullable Location location,
        @Nullable Boolean stateEncrypted,
        ByteString raw) {

    /** Limit of the whole object. */
    public static final int MAX_BYTES = 128 * 1024;

    public static final int MAX_ROUTES = 4096;
    public static final int MAX_TAGS = 256;
    public static final int MAX_SERVICES = 2048;

    static final int MAX_TEXT = 4096;
    private static final int MAX_SSH_KEYS = 64;
    private static final int MAX_MACS = 256;

    /** What a client that sends none has. */
    public static final Hostinfo EMPTY = new Draft().build(ByteString.copyFromUtf8("{}"));

    /**
     * Reads a JSON object, for example a stored {@link #raw}.
     *
     * @throws TailcfgException as for a message from a client
     */
    public static Hostinfo parse(ByteString json) {
        if (json.size() > MAX_BYTES) {
            throw new TailcfgException("Hostinfo: " + json.size() + " bytes, at most " + MAX_BYTES);
        }
        Draft draft = GoReader.readDocument(json.toByteArray(), Draft.SHAPE, new Draft());
        return draft.build(json);
    }

    /** One that says nothing but a host name. */
    public static Hostinfo ofHostname(String hostname) {
        return parse(ByteString.copyFrom(JsonOut.object(json -> json.text("Hostname", hostname))));
    }

    /** Reads a field of a message; null gives {@code EMPTY}. */
    static Hostinfo read(GoReader in) {
        Draft draft = new Draft();
        ByteString raw = in.rawObject(Draft.SHAPE, draft, MAX_BYTES);
        return raw == null ? EMPTY : draft.build(raw);
    }

    /** The home region, 0 while unknown. */
    public int preferredDerp() {
        return netInfo == null ? 0 : netInfo.preferredDerp();
    }

    public Optional<NetInfo> net() {
        return Optional.ofNullable(netInfo);
    }

    /**
     * This, with the network facts of {@code previous} where this has none: a client that has just started has not looked
     * yet, and its home region must not be lost. Source: control-protocol 5.1.
     */
    public Hostinfo keepingNetInfoOf(Hostinfo previous) {
        NetInfo known = previous.netInfo;
        if (netInfo != null || known == null) {
            return this;
        }
        ByteString body = raw.substring(0, raw.size() - 1);
        String separator = isEmptyObject() ? "" : ",";
        ByteString joined = body.concat(ByteString.copyFromUtf8(separator + "\"NetInfo\":"))
                .concat(known.raw())
                .concat(ByteString.copyFromUtf8("}"));
        return joined.size() > MAX_BYTES ? this : parse(joined);
    }

    private boolean isEmptyObject() {
        for (int i = 1; i < raw.size() - 1; i++) {
            if (raw.byteAt(i) > ' ' || raw.byteAt(i) < 0) {
                return false;
            }
        }
        return true;
    }

    /** What peers may see of it, in an order that depends on the content only; equal content gives equal bytes. */
    public byte[] peerView() {
        return HostinfoView.write(this);
    }

    static final class Draft {
        static final GoObject<Draft> SHAPE = new GoObject<Draft>("Hostinfo")
                .with("IPNVersion", (d, in) -> d.ipnVersion = in.text(MAX_TEXT))
                .with("BackendLogID", (d, in) -> d.backendLogId = in.text(MAX_TEXT))
                .with("OS", (d, in) -> d.os = in.text(MAX_TEXT))
                .with("OSVersion", (d, in) -> d.osVersion = in.text(MAX_TEXT))
                .with("Distro", (d, in) -> d.distro = in.text(MAX_TEXT))
                .with("DistroVersion", (d, in) -> d.distroVersion = in.text(MAX_TEXT))
                .with("App", (d, in) -> d.app = in.text(MAX_TEXT))
                .with("Package", (d, in) -> d.packageType = in.text(MAX_TEXT))
                .with("DeviceModel", (d, in) -> d.deviceModel = in.text(MAX_TEXT))
                .with("Machine", (d, in) -> d.machine = in.text(MAX_TEXT))
                .with("Hostname", (d, in) -> d.hostname = in.text(MAX_TEXT))
                .with("ShieldsUp", (d, in) -> d.shieldsUp = in.bool())
                .with("WireIngress", (d, in) -> d.wireIngress = in.bool())
                .with("IngressEnabled", (d, in) -> d.ingressEnabled = in.bool())
                .with("AllowsUpdate", (d, in) -> d.allowsUpdate = in.bool())
                .with("RoutableIPs", (d, in) -> d.routableIps = prefixes(in))
                .with("RequestTags", (d, in) -> d.requestTags = in.list(MAX_TAGS, e -> e.text(MAX_TEXT)))
                .with("WoLMACs", (d, in) -> d.wolMacs = in.list(MAX_MACS, e -> e.text(MAX_TEXT)))
                .with("Services", (d, in) -> d.services = in.list(MAX_SERVICES, Draft::service))
                .with("NetInfo", Draft::readNetInfo)
                .with("sshHostKeys", (d, in) -> d.sshHostKeys = in.list(MAX_SSH_KEYS, e -> e.text(MAX_BYTES)))
                .with("AppConnector", (d, in) -> d.appConnector = in.bool())
                .with("PeerRelay", (d, in) -> d.peerRelay = in.bool())
                .with("ServicesHash", (d, in) -> d.servicesHash = in.text(MAX_TEXT))
                .with("ExitNodeID", (d, in) -> d.exitNodeId = in.text(MAX_TEXT))
                .with("Location", (d, in) -> d.location = location(in))
                .with("StateEncrypted", (d, in) -> d.stateEncrypted = in.optionalBool());

        private String ipnVersion = "";
        private String backendLogId = "";
        private String os = "";
        private String osVersion = "";
        private String distro = "";
        private String distroVersion = "";
        private String app = "";
        private String packageType = "";
        private String deviceModel = "";
        private String machine = "";
        private String hostname = "";
        private boolean shieldsUp = false;
        private boolean wireIngress = false;
        private boolean ingressEnabled = false;
        private boolean allowsUpdate = false;
        private List<IpPrefix> routableIps = List.of();
        private List<String> requestTags = List.of();
        private List<String> wolMacs = List.of();
        private List<Service> services = List.of();
        private @Nullable NetInfo netInfo = null;
        private List<String> sshHostKeys = List.of();
        private boolean appConnector = false;
        private boolean peerRelay = false;
        private String servicesHash = "";
        private String exitNodeId = "";
        private @Nullable Location location = null;
        private @Nullable Boolean stateEncrypted = null;

        private static List<IpPrefix> prefixes(GoReader in) {
            return in.list(MAX_ROUTES, e -> Optional.ofNullable(e.prefix())).stream()
                    .flatMap(Optional::stream)
                    .toList();
        }

        private void readNetInfo(GoReader in) {
            NetInfo.Draft draft = new NetInfo.Draft();
            ByteString raw = in.rawObject(NetInfo.Draft.SHAPE, draft, MAX_BYTES);
            netInfo = raw == null ? netInfo : draft.build(raw);
        }

        private static Service service(GoReader in) {
            ServiceDraft draft = new ServiceDraft();
            in.object(ServiceDraft.SHAPE, draft);
            return new Service(draft.proto, draft.port, draft.description);
        }

        private static @Nullable Location location(GoReader in) {
            LocationDraft draft = new LocationDraft();
            return in.object(LocationDraft.SHAPE, draft) ? draft.build() : null;
        }

        Hostinfo build(ByteString raw) {
            return new Hostinfo(
                    ipnVersion,
                    backendLogId,
                    os,
                    osVersion,
                    distro,
                    distroVersion,
                    app,
                    packageType,
                    deviceModel,
                    machine,
                    hostname,
                    shieldsUp,
                    wireIngress,
                    ingressEnabled,
                    allowsUpdate,
                    routableIps,
                    requestTags,
                    wolMacs,
                    services,
                    netInfo,
                    sshHostKeys,
                    appConnector,
                    peerRelay,
                    servicesHash,
                    exitNodeId,
                    location,
                    stateEncrypted,
                    Objects.requireNonNull(raw));
        }
    }

    private static final class ServiceDraft {
        static final GoObject<ServiceDraft> SHAPE = new GoObject<ServiceDraft>("Service")
                .with("Proto", (d, in) -> d.proto = in.text(MAX_TEXT))
                .with("Port", (d, in) -> d.port = in.uint16())
                .with("Description", (d, in) -> d.description = in.text(MAX_TEXT));

        private String proto = "";
        private int port = 0;
        private String description = "";
    }

    private static final class LocationDraft {
        static final GoObject<LocationDraft> SHAPE = new GoObject<LocationDraft>("Location")
                .with("Country", (d, in) -> d.country = in.text(MAX_TEXT))
                .with("CountryCode", (d, in) -> d.countryCode = in.text(MAX_TEXT))
                .with("City", (d, in) -> d.city = in.text(MAX_TEXT))
                .with("CityCode", (d, in) -> d.cityCode = in.text(MAX_TEXT))
                .with("Latitude", (d, in) -> d.latitude = in.float64())
                .with("Longitude", (d, in) -> d.longitude = in.float64())
                .with("Priority", (d, in) -> d.priority = in.int32());

        private String country = "";
        private String countryCode = "";
        private String city = "";
        private String cityCode = "";
        private double latitude = 0;
        private double longitude = 0;
        private int priority = 0;

        Location build() {
            return new Location(country, countryCode, city, cityCode, latitude, longitude, priority);
        }
    }
}
