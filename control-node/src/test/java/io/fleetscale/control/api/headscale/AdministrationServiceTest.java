package io.fleetscale.control.api.headscale;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fleetscale.control.api.grpc.InProcessEndpoint;
import io.fleetscale.control.api.testing.MemoryAdministration;
import io.fleetscale.proto.admin.v1.AdministrationServiceGrpc;
import io.fleetscale.proto.admin.v1.AdministrationServiceGrpc.AdministrationServiceBlockingStub;
import io.fleetscale.proto.admin.v1.MoveNodeRequest;
import io.fleetscale.proto.admin.v1.StreamNodesRequest;
import io.fleetscale.proto.admin.v1.StreamNodesResponse;
import io.fleetscale.proto.headscale.v1.AuthRegisterRequest;
import io.fleetscale.proto.headscale.v1.CreateUserRequest;
import io.fleetscale.proto.headscale.v1.DebugCreateNodeRequest;
import io.fleetscale.proto.headscale.v1.HeadscaleServiceGrpc;
import io.fleetscale.proto.headscale.v1.HeadscaleServiceGrpc.HeadscaleServiceBlockingStub;
import io.fleetscale.proto.headscale.v1.ListNodesRequest;
import io.fleetscale.proto.headscale.v1.Node;
import io.fleetscale.proto.headscale.v1.SetTagsRequest;
import java.io.IOException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class AdministrationServiceTest {
    private final MemoryAdministration administration =
            new MemoryAdministration(InstantSource.fixed(Instant.parse("2026-06-01T12:00:00Z")));
    private final InProcessEndpoint endpoint =
            new InProcessEndpoint(List.of(administration.service, administration.more));
    private final HeadscaleServiceBlockingStub server = HeadscaleServiceGrpc.newBlockingStub(endpoint.channel());
    private final AdministrationServiceBlockingStub more =
            AdministrationServiceGrpc.newBlockingStub(endpoint.channel());

    @BeforeEach
    void start() throws IOException {
        endpoint.start();
        for (String name : List.of("alice", "bob")) {
            assertThat(server.createUser(
                                    CreateUserRequest.newBuilder().setName(name).build())
                            .hasUser())
                    .isTrue();
        }
    }

    @AfterEach
    void stop() {
        endpoint.close();
        administration.close();
    }

    private Node node(int number) {
        String authId = "hskey-authreq-" + String.format("%024d", number);
        assertThat(server.debugCreateNode(DebugCreateNodeRequest.newBuilder()
                                .setUser("alice")
                                .setName("n" + number)
                                .setKey(authId)
                                .build())
                        .hasNode())
                .isTrue();
        return server.authRegister(AuthRegisterRequest.newBuilder()
                        .setUser("alice")
                        .setAuthId(authId)
                        .build())
                .getNode();
    }

    private Node move(long id, String user) {
        return more.moveNode(
                        MoveNodeRequest.newBuilder().setNodeId(id).setUser(user).build())
                .getNode();
    }

    @Test
    void aMovedNodeKeepsAllButItsOwner() {
        Node before = node(1);
        Node after = move(1, "bob");
        assertThat(after.getUser().getName()).isEqualTo("bob");
        assertThat(after.toBuilder().setUser(before.getUser()).build()).isEqualTo(before);
        assertThat(move(1, "1").getUser().getName()).isEqualTo("alice");
    }

    @Test
    void unknownNodesAndUsersAndTaggedNodesAreNotMoved() {
        node(1);
        assertThatThrownBy(() -> move(9, "bob")).hasMessage("NOT_FOUND: node not found");
        assertThatThrownBy(() -> move(1, "carol")).hasMessage("UNKNOWN: user not found");
        assertThat(server.setTags(SetTagsRequest.newBuilder()
                                .setNodeId(1)
                                .addTags("tag:known")
                                .build())
                        .hasNode())
                .isTrue();
        assertThatThrownBy(() -> move(1, "bob")).hasMessageStartingWith("FAILED_PRECONDITION: node 1 is tagged");
    }

    @Test
    void nodesAreStreamedInPagesAsTheListShowsThem() {
        for (int i = 1; i <= 7; i++) {
            node(i);
        }
        List<Integer> sizes = new ArrayList<>();
        List<Node> nodes = new ArrayList<>();
        more.streamNodes(StreamNodesRequest.newBuilder().setPageSize(3).build()).forEachRemaining(page -> {
            sizes.add(page.getNodesCount());
            nodes.addAll(page.getNodesList());
        });
        assertThat(sizes).containsExactly(3, 3, 1);
        assertThat(nodes)
                .isEqualTo(
                        server.listNodes(ListNodesRequest.getDefaultInstance()).getNodesList());
    }

    @Test
    void anEmptyListIsAStreamWithoutPages() {
        assertThat(more.streamNodes(
                        StreamNodesRequest.newBuilder().setUser("bob").build()))
                .toIterable()
                .extracting(StreamNodesResponse::getNodesCount)
                .isEmpty();
        assertThatThrownBy(() -> more.streamNodes(
                                StreamNodesRequest.newBuilder().setUser("carol").build())
                        .hasNext())
                .hasMessage("UNKNOWN: user not found");
    }
}
