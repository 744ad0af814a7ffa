package io.fleetscale.control.oauthapp;

import io.fleetscale.control.changelog.Changelog;
import io.fleetscale.control.tailnet.User;
import io.fleetscale.control.user.Users;
import io.fleetscale.proto.trust.v1.AppServiceGrpc;
import io.fleetscale.proto.trust.v1.ApproveAppRequest;
import io.fleetscale.proto.trust.v1.ApproveAppResponse;
import io.grpc.stub.StreamObserver;

/** Consent over gRPC, for the command line. Handlers wait for the log: they run on virtual threads. Thread-safe. */
public final class AppRpcs extends AppServiceGrpc.AppServiceImplBase {
    private final Changelog changelog;
    private final OAuthApps apps;

    public AppRpcs(Changelog changelog, OAuthApps apps) {
        this.changelog = changelog;
        this.apps = apps;
    }

    @Override
    public void approveApp(ApproveAppRequest request, StreamObserver<ApproveAppResponse> observer) {
        User user = Users.requireByIdOrName(changelog.current().join(), request.getUser());
        String code = apps.approve(request.getClientId(), request.getRedirectUri(), request.getScope(), "", user.id())
                .join();
        observer.onNext(ApproveAppResponse.newBuilder().setCode(code).build());
        observer.onCompleted();
    }
}
