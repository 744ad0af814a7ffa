package io.fleetscale.control.tailnet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.UnknownFieldSet;
import io.fleetscale.proto.grid.v1.LogRecord;
import io.fleetscale.wire.ip.IpAddress;
import io.fleetscale.wire.ip.IpPrefix;
import io.fleetscale.wire.key.Bytes32;
import io.fleetscale.wire.key.MachineKey;
import io.fleetscale.wire.key.NodeKey;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class TailnetCodecTest {
    private static final Instant AT = Instant.parse("2026-01-02T03:04:05.678901Z");
    private static final UnknownFieldSet FROM_THE_FUTURE = UnknownFieldSet.newBuilder()
            .addField(900, UnknownFieldSet.Field.newBuilder().addVarint(7).build())
            .build();

    private static Bytes32 bytes(int fill) {
        byte[] bytes = new byte[Bytes32.LENGTH];
        java.util.Arrays.fill(bytes, (byte) fill);
        return Bytes32.of(bytes);
    }

    private static Node node(long id) {
        return Node.builder(
                        new NodeId(id),
                        new MachineKey(bytes((int) id)),
                        new NodeKey(bytes((int) id + 100)),
                        "n" + id + "CNTRL",
                        AT)
                .tags(List.of("tag:a", "tag:b"))
                .hostname("Host " + id)
                .givenName("host-" + id)
                .ipv4(IpAddress.parse("100.64.0." + id))
                .ipv6(IpAddress.parse("fd7a:115c:a1e0::" + id))
                .expiry(AT.plusSeconds(60))
                .registerMethod(RegisterMethod.AUTH_KEY)
                .preAuthKeyId(new PreAuthKeyId(1))
                .advertisedRoutes(List.of(IpPrefix.parse("10.0.0.0/8")))
                .approvedRoutes(List.of(IpPrefix.parse("10.0.0.0/8")))
                .host(new HostFacts("linux", "6.12", "1.86.2", "debian", "", true, true))
                .attributes(List.of(
                        new DeviceAttribute("custom:a", new DeviceAttribute.Value.Text("x"), null, "set by hand"),
                        new DeviceAttribute("custom:b", new DeviceAttribute.Value.Numeric(1.5), AT, ""),
                        new DeviceAttribute("custom:c", new DeviceAttribute.Value.Flag(true), null, "")))
                .offeredServices(List.of(
                        OfferedService.of("svc:idle", List.of()),
                        new OfferedService(
                                "svc:web",
                                List.of("tcp:443"),
                                OfferedService.Approval.MANUAL,
                                List.of(IpAddress.parse("100.99.0.1"), IpAddress.parse("fd7a::1")))))
                .servicesHash("mark")
                .unknown(FROM_THE_FUTURE)
                .build();
    }

    private static List<Change> changes() {
        return List.of(
                new Change.UserPut(new User(
                        new UserId(1),
                        "alice",
                        "Alice",
                        "a@example.com",
                        "iss/1",
                        "oidc",
                        "",
                        AT,
                        Role.NETWORK_ADMIN,
                        List.of("eng@example.com"),
                        FROM_THE_FUTURE)),
                new Change.PreAuthKeyPut(new PreAuthKey(
                        new PreAuthKeyId(1),
                        "abcdefghijkl",
                        bytes(9),
                        new UserId(1),
                        false,
                        true,
                        false,
                        List.of("tag:a"),
                        AT,
                        AT,
                        FROM_THE_FUTURE)),
                new Change.ApiKeyPut(
                        new ApiKey(new ApiKeyId(1), "mnopqrstuvwx", bytes(8), AT, AT, null, FROM_THE_FUTURE)),
                new Change.NodePut(node(1)),
                new Change.NodePut(node(2)),
                new Change.PolicyPut(new Policy(1, "{ /* all */ }", AT)),
                new Change.SettingPut(new Setting(Setting.DNS, bytes(7), "{}")),
                new Change.PrimaryPut(IpPrefix.parse("10.0.0.0/8"), new NodeId(1)),
                new Change.NodeRemoved(new NodeId(2)),
                new Change.PrimaryRemoved(IpPrefix.parse("10.0.0.0/8")),
                new Change.ApiKeyRemoved(new ApiKeyId(1)));
    }

    @Test
    void recordsSurviveTheWireWithFieldsOfANewerRelease() throws Exception {
        long version = 0;
        for (Change change : changes()) {
            TailnetDelta delta = new TailnetDelta(++version, List.of(change));
            LogRecord record = TailnetCodec.toLogRecord(delta, new byte[16], new byte[16], AT);
            assertThat(TailnetCodec.fromLogRecord(LogRecord.parseFrom(record.toByteArray())))
                    .isEqualTo(delta);
        }
        assertThat(TailnetCodec.decodeNode(TailnetCodec.encode(node(1)))).isEqualTo(node(1));
        assertThat(TailnetCodec.decodeNode(TailnetCodec.encode(node(1))).unknown())
                .isEqualTo(FROM_THE_FUTURE);
    }

    @Test
    void fromEachPointImageAndDeltasComeToTheSameImage() {
        List<Change> changes = changes();
        List<TailnetImage> images = new ArrayList<>(List.of(TailnetImage.EMPTY));
        for (Change change : changes) {
            TailnetImage last = images.getLast();
            images.add(last.apply(new TailnetDelta(last.version() + 1, List.of(change))));
        }
        for (int from = 0; from <= changes.size(); from++) {
            TailnetImage image = TailnetImage.load(from, images.get(from).counters(), rows(images.get(from)));
            for (int i = from; i < changes.size(); i++) {
                image = image.apply(new TailnetDelta(i + 1, List.of(changes.get(i))));
            }
            assertThat(rows(image)).isEqualTo(rows(images.getLast()));
            assertThat(image.version()).isEqualTo(changes.size());
            assertThat(image.counters()).isEqualTo(images.getLast().counters());
        }
    }

    @Test
    void aDeltaThatDoesNotFollowIsRefused() {
        assertThatThrownBy(() -> TailnetImage.EMPTY.apply(new TailnetDelta(2, List.of())))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("does not follow image version 0");
    }

    @Test
    void aRecordThatIsNoMessageNamesItself() {
        assertThatThrownBy(() -> TailnetCodec.decodeNode(new byte[] {0x0a}))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("node");
    }

    private static List<Change> rows(TailnetImage image) {
        List<Change> rows = new ArrayList<>();
        image.users().values().forEach(user -> rows.add(new Change.UserPut(user)));
        image.nodes().values().forEach(node -> rows.add(new Change.NodePut(node)));
        image.preAuthKeys().values().forEach(key -> rows.add(new Change.PreAuthKeyPut(key)));
        image.apiKeys().values().forEach(key -> rows.add(new Change.ApiKeyPut(key)));
        image.policy().ifPresent(policy -> rows.add(new Change.PolicyPut(policy)));
        image.settings().forEach(setting -> rows.add(new Change.SettingPut(setting)));
        image.primaries().forEach((route, node) -> rows.add(new Change.PrimaryPut(route, node)));
        return rows;
    }
}
