package io.fleetscale.control.api.cluster;

import com.google.protobuf.Timestamp;
import io.fleetscale.control.ControlException;
import io.fleetscale.control.ErrorCode;
import io.fleetscale.control.changelog.Changelog;
import io.fleetscale.control.database.DatabaseFaults;
import io.fleetscale.control.instance.InstanceRecord;
import io.fleetscale.control.instance.InstanceState;
import io.fleetscale.control.instance.InstanceTable;
import io.fleetscale.proto.cluster.v1.ClusterServiceGrpc;
import io.fleetscale.proto.cluster.v1.DrainInstanceRequest;
import io.fleetscale.proto.cluster.v1.DrainInstanceResponse;
import io.fleetscale.proto.cluster.v1.ForgetInstanceRequest;
import io.fleetscale.proto.cluster.v1.ForgetInstanceResponse;
import io.fleetscale.proto.cluster.v1.GetClusterStatusRequest;
import io.fleetscale.proto.cluster.v1.GetClusterStatusResponse;
import io.fleetscale.proto.cluster.v1.Instance;
import io.fleetscale.proto.cluster.v1.RebalanceSessionsRequest;
import io.fleetscale.proto.cluster.v1.RebalanceSessionsResponse;
import io.fleetscale.proto.cluster.v1.UndrainInstanceRequest;
import io.fleetscale.proto.cluster.v1.UndrainInstanceResponse;
import io.grpc.stub.StreamObserver;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.function.Supplier;

/**
 * Status of the instances, and what moves sessions between them. Answers come from the database, so that any instance can
 * give them. Handlers block: they run on virtual threads. Thread-safe.
 */
public final class ClusterService extends ClusterServiceGrpc.ClusterServiceImplBase {
    private static final String DEAD = "dead";
    private static final int MAX_RATE = 100_000;

    private final InstanceTable table;
    private final Changelog changelog;
    private final String self;
    private final Supplier<List<String>> members;

    /**
     * @param self name of this instance
     * @param members of the grid as this instance sees it, the oldest first
     */
    public ClusterService(InstanceTable table, Changelog changelog, String self, Supplier<List<String>> members) {
        this.table = table;
        this.changelog = changelog;
        this.self = self;
        this.members = members;
    }

    @Override
    public void getClusterStatus(GetClusterStatusRequest request, StreamObserver<GetClusterStatusResponse> observer) {
        long head = changelog.current().join().version();
        List<String> grid = members.get();
        String elected = grid.isEmpty() ? "" : grid.getFirst();
        observer.onNext(GetClusterStatusResponse.newBuilder()
                .addAllInstances(read().stream()
                        .map(record -> message(record, head, elected))
                        .toList())
                .setAnsweredBy(self)
                .setHead(head)
                .build());
        observer.onCompleted();
    }

    private List<InstanceRecord> read() {
        try {
            return table.read().instances();
        } catch (SQLException e) {
            throw new ControlException(
                    ErrorCode.UNAVAILABLE,
                    "the instances cannot be read now (" + DatabaseFaults.reason(e) + "): try again later",
                    DatabaseFaults.withoutValues(e));
        }
    }

    private static Instance message(InstanceRecord record, long head, String elected) {
        boolean dead = !record.held() && record.report().state() != InstanceState.STOPPED;
        return Instance.newBuilder()
                .setName(record.name())
                .setState(dead ? DEAD : record.report().state().text())
                .setReason(dead ? "its lease has run out" : record.report().reason())
                .setVersion(record.release())
                .setIncarnation(record.incarnation())
                .setStartedAt(timestamp(record.started()))
                .setLeaseAgeMs(Math.max(0, record.sinceRenewed().toMillis()))
                .setLeaseHeld(record.held())
                .setImageVersion(record.report().applied())
                .setImageLag(Math.max(0, head - record.report().applied()))
                .setSessions(dead ? 0 : record.report().sessions())
                .setLastFenced(record.report().lastFenced())
                .setGridAddress(record.address())
                .setElected(record.held() && record.name().equals(elected))
                .build();
    }

    private static Timestamp timestamp(Instant time) {
        return Timestamp.newBuilder()
                .setSeconds(time.getEpochSecond())
                .setNanos(time.getNano())
                .build();
    }

    @Override
    public void drainInstance(DrainInstanceRequest request, StreamObserver<DrainInstanceResponse> observer) {
        if (request.getRate() < 0 || request.getRate() > MAX_RATE) {
            throw new ControlException(
                    ErrorCode.INVALID_ARGUMENT,
                    "rate " + Integer.toUnsignedString(request.getRate()) + ": must be 0.." + MAX_RATE
                            + " sessions per second");
        }
        boolean anotherServes = read().stream()
                .anyMatch(record -> !record.name().equals(request.getInstance())
                        && record.isLive()
                        && record.report().state() != InstanceState.DRAINING);
        if (!anotherServes) {
            throw new ControlException(
                    ErrorCode.FAILED_PRECONDITION,
                    "instance " + request.getInstance()
                            + ": no other instance is ready to take its sessions; start one first");
        }
        table.drain(request.getInstance(), request.getRate());
        observer.onNext(DrainInstanceResponse.getDefaultInstance());
        observer.onCompleted();
    }

    @Override
    public void undrainInstance(UndrainInstanceRequest request, StreamObserver<UndrainInstanceResponse> observer) {
        table.undrain(request.getInstance());
        observer.onNext(UndrainInstanceResponse.getDefaultInstance());
        observer.onCompleted();
    }

    @Override
    public void rebalanceSessions(
            RebalanceSessionsRequest request, StreamObserver<RebalanceSessionsResponse> observer) {
        List<InstanceRecord> serving = read().stream()
                .filter(record -> record.isLive() && record.report().state() != InstanceState.DRAINING)
                .toList();
        int all =
                serving.stream().mapToInt(record -> record.report().sessions()).sum();
        int share = serving.isEmpty() ? 0 : Math.ceilDiv(all, serving.size());
        int moving = 0;
        for (InstanceRecord record : serving) {
            int surplus = record.report().sessions() - share;
            if (surplus > 0) {
                table.keep(record.name(), share);
                moving += surplus;
            }
        }
        observer.onNext(RebalanceSessionsResponse.newBuilder().setMoving(moving).build());
        observer.onCompleted();
    }

    @Override
    public void forgetInstance(ForgetInstanceRequest request, StreamObserver<ForgetInstanceResponse> observer) {
        table.forget(request.getInstance());
        observer.onNext(ForgetInstanceResponse.getDefaultInstance());
        observer.onCompleted();
    }
}
