package io.fleetscale.control.api.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Message;
import com.google.protobuf.TextFormat;
import io.fleetscale.control.api.testing.MemoryAdministration;
import io.fleetscale.proto.headscale.v1.GetPolicyResponse;
import io.fleetscale.proto.headscale.v1.HeadscaleServiceGrpc;
import io.fleetscale.proto.headscale.v1.ListNodesResponse;
import io.fleetscale.proto.headscale.v1.ListPreAuthKeysResponse;
import io.fleetscale.proto.headscale.v1.Node;
import io.fleetscale.proto.headscale.v1.SetApprovedRoutesResponse;
import io.fleetscale.proto.headscale.v1.SetTagsResponse;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.PrototypeMarshaller;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.StandardProtocolFamily;
import java.net.URLDecoder;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * headscale's own command line, version 0.29.2, from its recorded bytes: each command is sent again to our unix socket, and the
 * answer must be one that this program can read. The order is that of the recording, which began with an empty server.
 */
@Timeout(60)
class RecordedCommandLineTest {
    private static final InstantSource CLOCK = InstantSource.fixed(Instant.parse("2026-11-25T00:00:00Z"));
    private static final int PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".length();
    private static final int FRAME_HEADER_BYTES = 9;
    private static final byte FRAME_HEADERS = 1;
    private static final String SERVICE = "/headscale.v1.HeadscaleService/";

    private final MemoryAdministration administration = new MemoryAdministration(CLOCK);

    @TempDir
    Path directory;

    /** Calls of one command and how each was answered. */
    private record Exchange(List<String> rpcs, List<String> requests, List<String> statuses, List<Message> answers) {}

    @AfterEach
    void stop() {
        administration.close();
    }

    private static Map<String, byte[]> recordings() throws IOException {
        Map<String, byte[]> recordings = new LinkedHashMap<>();
        try (BufferedReader lines = new BufferedReader(new InputStreamReader(
                Objects.requireNonNull(RecordedCommandLineTest.class.getResourceAsStream("headscale-0.29-cli.hex")),
                StandardCharsets.US_ASCII))) {
            lines.lines().filter(line -> !line.startsWith("#")).forEach(line -> {
                int space = line.indexOf(' ');
                recordings.put(line.substring(0, space), HexFormat.of().parseHex(line.substring(space + 1)));
            });
        }
        return recordings;
    }

    private static Message parse(RecordedCall.Stream stream, MethodDescriptor.Marshaller<?> marshaller)
            throws IOException {
        Message prototype =
                (Message) Objects.requireNonNull(((PrototypeMarshaller<?>) marshaller).getMessagePrototype());
        return prototype.getParserForType().parseFrom(stream.message());
    }

    /** Where each call of the recording ends: the command line sends the next one when it has the answer. */
    private static List<Integer> ends(byte[] recorded) {
        List<Integer> ends = new ArrayList<>();
        boolean called = false;
        for (int at = PREFACE; at < recorded.length; ) {
            boolean headers = recorded[at + 3] == FRAME_HEADERS;
            if (headers && called) {
                ends.add(at);
            }
            called |= headers;
            at += FRAME_HEADER_BYTES
                    + (recorded[at] & 0xff) * 65_536
                    + (recorded[at + 1] & 0xff) * 256
                    + (recorded[at + 2] & 0xff);
        }
        ends.add(recorded.length);
        return ends;
    }

    private Exchange replay(Path socket, byte[] recorded) throws Exception {
        RecordedCall sent = new RecordedCall();
        sent.accept(recorded, PREFACE);
        RecordedCall got = new RecordedCall();
        try (SocketChannel connection = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            connection.connect(UnixDomainSocketAddress.of(socket));
            ByteBuffer buffer = ByteBuffer.allocate(1 << 16);
            int from = 0;
            for (int to : ends(recorded)) {
                ByteBuffer part = ByteBuffer.wrap(recorded, from, to - from);
                while (part.hasRemaining()) {
                    connection.write(part);
                }
                from = to;
                RecordedCall asked = new RecordedCall();
                asked.accept(Arrays.copyOf(recorded, to), PREFACE);
                while (!got.streams.keySet().containsAll(asked.streams.keySet())
                        || !got.streams.values().stream().allMatch(stream -> stream.ended)) {
                    buffer.clear();
                    assertThat(connection.read(buffer)).isPositive();
                    got.accept(Arrays.copyOf(buffer.array(), buffer.position()), 0);
                }
            }
        }
        Exchange exchange = new Exchange(new ArrayList<>(), new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
        for (int id : sent.streams.keySet()) {
            RecordedCall.Stream request = Objects.requireNonNull(sent.streams.get(id));
            RecordedCall.Stream answer = Objects.requireNonNull(got.streams.get(id));
            assertThat(request.headers.get(":authority")).isEqualTo("%2Fvar%2Frun%2Fheadscale%2Fheadscale.sock");
            String rpc = String.valueOf(request.headers.get(":path")).substring(SERVICE.length());
            MethodDescriptor<?, ?> method = HeadscaleServiceGrpc.getServiceDescriptor().getMethods().stream()
                    .filter(candidate -> rpc.equals(candidate.getBareMethodName()))
                    .findFirst()
                    .orElseThrow();
            exchange.rpcs.add(rpc);
            exchange.requests.add(TextFormat.printer()
                    .emittingSingleLine(true)
                    .printToString(parse(request, method.getRequestMarshaller())));
            String text = answer.headers.getOrDefault("grpc-message", "");
            exchange.statuses.add((answer.headers.get("grpc-status") + " "
                            + URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8))
                    .strip());
            exchange.answers.add(parse(answer, method.getResponseMarshaller()));
        }
        return exchange;
    }

    @Test
    void everyCommandIsAnswered() throws Exception {
        Path socket = directory.resolve("s");
        administration.listeners.startUnix(socket, 0700, MemoryAdministration.LOCAL_ECHO);
        Map<String, Exchange> seen = new LinkedHashMap<>();
        for (Map.Entry<String, byte[]> recording : recordings().entrySet()) {
            seen.put(recording.getKey(), replay(socket, recording.getValue()));
        }

        assertThat(seen.entrySet().stream()
                        .map(command -> command.getKey() + " | "
                                + String.join(", ", command.getValue().rpcs()) + " | "
                                + String.join(", ", command.getValue().statuses()))
                        .collect(Collectors.joining("\n", "", "\n")))
                .isEqualTo("""
                        health | Health | 0
                        users-create | CreateUser | 0
                        users-create-second | CreateUser | 0
                        users-list | ListUsers | 0
                        users-list-by-name | ListUsers | 0
                        users-rename | ListUsers, RenameUser | 0, 0
                        preauthkeys-create | CreatePreAuthKey | 0
                        preauthkeys-list | ListPreAuthKeys | 0
                        preauthkeys-expire | ExpirePreAuthKey | 0
                        preauthkeys-delete | DeletePreAuthKey | 0
                        debug-create-node | DebugCreateNode | 0
                        nodes-register | RegisterNode | 0
                        debug-create-second | DebugCreateNode | 0
                        auth-register | AuthRegister | 0
                        auth-approve | AuthApprove | 5 no pending auth session for auth_id hskey-authreq-%1$s
                        auth-reject | AuthReject | 5 no pending auth session for auth_id hskey-authreq-%1$s
                        nodes-list | ListNodes | 0
                        nodes-list-routes | ListNodes | 0
                        nodes-rename | RenameNode | 0
                        nodes-rename-invalid | RenameNode | 2 renaming node: "Bad_Name!" is not a valid DNS label: %2$s
                        nodes-approve-routes | SetApprovedRoutes | 0
                        nodes-expire | ExpireNode | 0
                        nodes-expire-disable | ExpireNode | 0
                        nodes-tag | SetTags | 0
                        nodes-tag-unknown | SetTags | 3 requested tags [tag:other] are invalid or not permitted
                        nodes-backfillips | BackfillNodeIPs | 0
                        nodes-delete | GetNode, DeleteNode | 0, 0
                        nodes-delete-missing | GetNode | 5 node not found
                        apikeys-create | CreateApiKey | 0
                        apikeys-list | ListApiKeys | 0
                        apikeys-expire | ExpireApiKey | 0
                        apikeys-delete | DeleteApiKey | 0
                        policy-get-none | GetPolicy | 2 loading ACL from database: acl policy not found
                        policy-set | SetPolicy | 0
                        policy-check | CheckPolicy | 0
                        policy-get | GetPolicy | 0
                        users-destroy | ListUsers, DeleteUser | 0, 0
                        """.formatted(
                        "a".repeat(24), "\"Bad_Name!\" is not a valid DNS label: must end with a letter or number"));
        assertThat(seen.values().stream()
                        .flatMap(command -> command.rpcs().stream())
                        .collect(Collectors.toSet()))
                .as("every RPC of the service is called by some command")
                .isEqualTo(HeadscaleServiceGrpc.getServiceDescriptor().getMethods().stream()
                        .map(method -> String.valueOf(method.getBareMethodName()))
                        .collect(Collectors.toSet()));

        assertThat(of(seen, "users-create"))
                .isEqualTo("name: \"alice\" display_name: \"Alice\" email: \"alice@example.com\"");
        assertThat(of(seen, "nodes-approve-routes"))
                .isEqualTo("node_id: 1 routes: \"10.0.0.0/8\" routes: \"0.0.0.0/0\"");
        ListNodesResponse nodes = (ListNodesResponse) answer(seen, "nodes-list");
        assertThat(nodes.getNodesList()).extracting(Node::getGivenName).containsExactly("laptop", "phone");
        assertThat(((SetApprovedRoutesResponse) answer(seen, "nodes-approve-routes"))
                        .getNode()
                        .getApprovedRoutesList())
                .containsExactly("0.0.0.0/0", "10.0.0.0/8", "::/0");
        assertThat(((SetTagsResponse) answer(seen, "nodes-tag")).getNode().getTagsList())
                .containsExactly("tag:known");
        assertThat(((ListPreAuthKeysResponse) answer(seen, "preauthkeys-list"))
                        .getPreAuthKeys(0)
                        .getKey())
                .endsWith("-***");
        assertThat(((GetPolicyResponse) answer(seen, "policy-get")).getPolicy())
                .isEqualTo("{\"acls\":[{\"action\":\"accept\",\"src\":[\"*\"],\"dst\":[\"*:*\"]}]}\n");
    }

    private static String of(Map<String, Exchange> seen, String command) {
        return Objects.requireNonNull(seen.get(command)).requests().getFirst();
    }

    private static Message answer(Map<String, Exchange> seen, String command) {
        return Objects.requireNonNull(seen.get(command)).answers().getFirst();
    }
}
