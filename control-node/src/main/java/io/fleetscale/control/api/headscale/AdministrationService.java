package io.fleetscale.control.api.headscale;

import io.fleetscale.control.changelog.Changelog;
import io.fleetscale.control.login.PendingLogin;
import io.fleetscale.control.node.Nodes;
import io.fleetscale.control.registration.LoginApprovals;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.NodeId;
import io.fleetscale.control.tailnet.TailnetImage;
import io.fleetscale.proto.admin.v1.AdministrationServiceGrpc;
import io.fleetscale.proto.admin.v1.ListPendingLoginsRequest;
import io.fleetscale.proto.admin.v1.ListPendingLoginsResponse;
import io.fleetscale.proto.admin.v1.MoveNodeRequest;
import io.fleetscale.proto.admin.v1.MoveNodeResponse;
import io.fleetscale.proto.admin.v1.SshSession;
import io.fleetscale.proto.admin.v1.StreamNodesRequest;
import io.fleetscale.proto.admin.v1.StreamNodesResponse;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What our administration can do beyond headscale's, as additive RPCs. Handlers wait for the log: they run on virtual
 * threads. Thread-safe.
 */
public final class AdministrationService extends AdministrationServiceGrpc.AdministrationServiceImplBase {
    private static final int PAGE_SIZE = 200;
    private static final int MAX_PAGE_SIZE = 1000;

    private final Changelog changelog;
    private final Nodes nodes;
    private final LoginApprovals logins;
    private final NodePresenceView presences;

    public AdministrationService(Changelog changelog, Nodes nodes, LoginApprovals logins, NodePresenceView presences) {
        this.changelog = changelog;
        this.nodes = nodes;
        this.logins = logins;
        this.presences = presences;
    }

    @Override
    public void moveNode(MoveNodeRequest request, StreamObserver<MoveNodeResponse> observer) {
        Node node =
                nodes.move(new NodeId(request.getNodeId()), request.getUser()).join();
        observer.onNext(
                MoveNodeResponse.newBuilder().setNode(messages().node(node)).build());
        observer.onCompleted();
    }

    @Override
    public void listPendingLogins(
            ListPendingLoginsRequest request, StreamObserver<ListPendingLoginsResponse> observer) {
        observer.onNext(ListPendingLoginsResponse.newBuilder()
                .addAllLogins(logins.waiting().join().stream()
                        .map(login -> message(changelog.image(), login))
                        .toList())
                .build());
        observer.onCompleted();
    }

    private static io.fleetscale.proto.admin.v1.PendingLogin message(TailnetImage image, PendingLogin login) {
        io.fleetscale.proto.admin.v1.PendingLogin.Builder message =
                io.fleetscale.proto.admin.v1.PendingLogin.newBuilder()
                        .setAuthId(login.id().text())
                        .setHostname(login.hostinfo().hostname())
                        .setOs(login.hostinfo().os())
                        .setSourceAddress(login.remoteAddress())
                        .setCreatedAt(EntityMessages.timestamp(login.createdAt()))
                        .setMachineKey(login.machineKey().toString())
                        .setNodeKey(login.nodeKey().toString());
        PendingLogin.SshSession session = login.sshSession();
        if (session != null) {
            message.setSshSession(SshSession.newBuilder()
                    .setSourceNodeId(session.source().value())
                    .setDestinationNodeId(session.destination().value())
                    .setSourceName(nameOf(image.node(session.source())))
                    .setDestinationName(nameOf(image.node(session.destination())))
                    .setLocalUser(session.localUser()));
        }
        return message.build();
    }

    private static String nameOf(@Nullable Node node) {
        return node == null ? "" : node.givenName();
    }

    /** Writes pages while the caller takes them; what waits in between is one page of messages and the image's nodes. */
    @Override
    public void streamNodes(StreamNodesRequest request, StreamObserver<StreamNodesResponse> observer) {
        List<Node> found = nodes.list(request.getUser()).join();
        EntityMessages messages = messages();
        int wanted = request.getPageSize() == 0 ? PAGE_SIZE : request.getPageSize();
        int size = Integer.compareUnsigned(wanted, MAX_PAGE_SIZE) > 0 ? MAX_PAGE_SIZE : wanted;
        if (!(observer instanceof ServerCallStreamObserver<StreamNodesResponse> call)) {
            throw new IllegalStateException("a stream that is not served by gRPC");
        }
        int[] next = {0};
        call.setOnReadyHandler(() -> {
            while (call.isReady() && next[0] < found.size()) {
                int end = Math.min(found.size(), next[0] + size);
                call.onNext(StreamNodesResponse.newBuilder()
                        .addAllNodes(found.subList(next[0], end).stream()
                                .map(messages::listed)
                                .toList())
                        .build());
                next[0] = end;
                if (end == found.size()) {
                    call.onCompleted();
                }
            }
        });
        if (found.isEmpty()) {
            call.onCompleted();
        }
    }

    private EntityMessages messages() {
        return new EntityMessages(changelog.image(), presences);
    }
}
