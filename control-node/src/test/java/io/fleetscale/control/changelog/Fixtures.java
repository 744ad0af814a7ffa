package io.fleetscale.control.changelog;

import com.google.protobuf.UnknownFieldSet;
import io.fleetscale.control.tailnet.Change;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.NodeId;
import io.fleetscale.control.tailnet.User;
import io.fleetscale.control.tailnet.UserId;
import io.fleetscale.proto.grid.v1.LogRecord;
import io.fleetscale.wire.ip.IpAddress;
import io.fleetscale.wire.key.Bytes32;
import io.fleetscale.wire.key.MachineKey;
import io.fleetscale.wire.key.NodeKey;
import java.nio.ByteBuffer;
import java.sql.Connection;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/** Writes and collaborators that the tests of the log share. */
final class Fixtures {
    static final Instant AT = Instant.parse("2026-01-02T03:04:05.678901Z");

    private Fixtures() {}

    /** Creates a user with the next number; the reply is the number. */
    static HardWrite<Long> createUser(String name) {
        return (image, context) -> {
            long id = image.counters().nextUser();
            return Decision.of(id, new Change.UserPut(user(id, name, context.now())));
        };
    }

    /** Creates a node with the next number; the reply is the number. */
    static HardWrite<Long> createNode() {
        return (image, context) -> {
            long id = image.counters().nextNode();
            return Decision.of(id, new Change.NodePut(node(id, context.now())));
        };
    }

    static User user(long id, String name, Instant at) {
        return new User(new UserId(id), name, "", "", "", "", "", at, UnknownFieldSet.getDefaultInstance());
    }

    static Node node(long id, Instant at) {
        return Node.builder(
                        new NodeId(id), new MachineKey(bytes(id, 1)), new NodeKey(bytes(id, 2)), "n" + id + "CNTRL", at)
                .tags(List.of("tag:test"))
                .hostname("host" + id)
                .givenName("host-" + id)
                .ipv4(IpAddress.v4(0x64400000L + id))
                .build();
    }

    static Bytes32 bytes(long number, int kind) {
        byte[] bytes = new byte[Bytes32.LENGTH];
        ByteBuffer.wrap(bytes).putInt(kind).putLong(number);
        return Bytes32.of(bytes);
    }

    /** A lease that is always held. */
    static final WriteFence HELD = new WriteFence() {
        @Override
        public void announce(Connection connection) {}

        @Override
        public void check(Connection connection) {}
    };

    /** Fan-out inside this JVM; it can be cut. */
    static final class LocalFanout implements LogFanout {
        private final List<Consumer<LogRecord>> consumers = new CopyOnWriteArrayList<>();
        private volatile boolean cut;

        void cut() {
            cut = true;
        }

        @Override
        public void publish(LogRecord record) {
            if (!cut) {
                consumers.forEach(consumer -> consumer.accept(record));
            }
        }

        @Override
        public void subscribe(Consumer<LogRecord> consumer) {
            consumers.add(consumer);
        }
    }
}
