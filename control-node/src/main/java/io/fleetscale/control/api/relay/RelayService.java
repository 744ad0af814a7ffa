package io.fleetscale.control.api.relay;

import io.fleetscale.control.relay.Relays;
import io.fleetscale.proto.relay.v1.ChangeMeshKeyRequest;
import io.fleetscale.proto.relay.v1.ChangeMeshKeyResponse;
import io.fleetscale.proto.relay.v1.DrainRelayRequest;
import io.fleetscale.proto.relay.v1.DrainRelayResponse;
import io.fleetscale.proto.relay.v1.GetDerpMapRequest;
import io.fleetscale.proto.relay.v1.GetDerpMapResponse;
import io.fleetscale.proto.relay.v1.ListRelaysRequest;
import io.fleetscale.proto.relay.v1.ListRelaysResponse;
import io.fleetscale.proto.relay.v1.Relay;
import io.fleetscale.proto.relay.v1.RelayServiceGrpc;
import io.fleetscale.proto.relay.v1.RemoveRelayRequest;
import io.fleetscale.proto.relay.v1.RemoveRelayResponse;
import io.fleetscale.proto.relay.v1.UndrainRelayRequest;
import io.fleetscale.proto.relay.v1.UndrainRelayResponse;
import io.grpc.stub.StreamObserver;
import java.util.Locale;

/** The registered relays over gRPC. Handlers wait for the log: they run on virtual threads. Thread-safe. */
public final class RelayService extends RelayServiceGrpc.RelayServiceImplBase {
    private final Relays relays;

    public RelayService(Relays relays) {
        this.relays = relays;
    }

    @Override
    public void listRelays(ListRelaysRequest request, StreamObserver<ListRelaysResponse> observer) {
        answer(
                observer,
                ListRelaysResponse.newBuilder()
                        .addAllRelays(relays.list().join().stream()
                                .map(RelayService::message)
                                .toList())
                        .build());
    }

    @Override
    public void getDerpMap(GetDerpMapRequest request, StreamObserver<GetDerpMapResponse> observer) {
        answer(
                observer,
                GetDerpMapResponse.newBuilder().setMap(relays.map().join()).build());
    }

    @Override
    public void drainRelay(DrainRelayRequest request, StreamObserver<DrainRelayResponse> observer) {
        Relays.Known drained =
                relays.drain(request.getName(), request.getForce()).join();
        answer(
                observer,
                DrainRelayResponse.newBuilder().setRelay(message(drained)).build());
    }

    @Override
    public void undrainRelay(UndrainRelayRequest request, StreamObserver<UndrainRelayResponse> observer) {
        Relays.Known relay = relays.undrain(request.getName()).join();
        answer(
                observer,
                UndrainRelayResponse.newBuilder().setRelay(message(relay)).build());
    }

    @Override
    public void removeRelay(RemoveRelayRequest request, StreamObserver<RemoveRelayResponse> observer) {
        Relays.Known unused =
                relays.remove(request.getName(), request.getForce()).join();
        answer(observer, RemoveRelayResponse.getDefaultInstance());
    }

    @Override
    public void changeMeshKey(ChangeMeshKeyRequest request, StreamObserver<ChangeMeshKeyResponse> observer) {
        answer(
                observer,
                ChangeMeshKeyResponse.newBuilder()
                        .setNumber(relays.changeMeshKey(request.getRegionId()).join())
                        .build());
    }

    private static <T> void answer(StreamObserver<T> observer, T message) {
        observer.onNext(message);
        observer.onCompleted();
    }

    private static Relay message(Relays.Known known) {
        var member = known.member();
        Relay.Builder relay = Relay.newBuilder()
                .setName(member.name())
                .setRegionId(member.regionId())
                .setRegionCode(member.regionCode())
                .setHost(member.hostName())
                .setDerpPort(member.derpPort())
                .setStunPort(member.stunPort())
                .setIpv4(member.ipv4())
                .setIpv6(member.ipv6())
                .setCertName(member.certName())
                .setPublicKey(member.publicKey())
                .setState(member.state().name().toLowerCase(Locale.ROOT))
                .setAlive(known.report().isPresent())
                .setSilentSeconds(
                        (int) Math.min(Integer.MAX_VALUE, known.silence().toSeconds()));
        known.report()
                .ifPresent(report -> relay.setConnections(report.connections())
                        .setCapacity(report.capacity())
                        .setVersion(report.version()));
        return relay.build();
    }
}
