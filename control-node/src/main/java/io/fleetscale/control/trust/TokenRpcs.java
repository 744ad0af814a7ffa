package io.fleetscale.control.trust;

import com.google.protobuf.Timestamp;
import io.fleetscale.control.ControlException;
import io.fleetscale.control.ErrorCode;
import io.fleetscale.control.changelog.Changelog;
import io.fleetscale.control.tailnet.TailnetImage;
import io.fleetscale.control.tailnet.User;
import io.fleetscale.control.tailnet.UserId;
import io.fleetscale.control.user.Users;
import io.fleetscale.proto.trust.v1.CreateClientRequest;
import io.fleetscale.proto.trust.v1.CreateClientResponse;
import io.fleetscale.proto.trust.v1.CreateTokenRequest;
import io.fleetscale.proto.trust.v1.CreateTokenResponse;
import io.fleetscale.proto.trust.v1.ListTokensRequest;
import io.fleetscale.proto.trust.v1.ListTokensResponse;
import io.fleetscale.proto.trust.v1.RevokeTokenRequest;
import io.fleetscale.proto.trust.v1.RevokeTokenResponse;
import io.fleetscale.proto.trust.v1.Token;
import io.fleetscale.proto.trust.v1.TokenServiceGrpc;
import io.grpc.stub.StreamObserver;
import java.time.Instant;
import java.util.Map;

/** Access tokens over gRPC, for the command line. Handlers wait for the log: they run on virtual threads. Thread-safe. */
public final class TokenRpcs extends TokenServiceGrpc.TokenServiceImplBase {
    private final Changelog changelog;
    private final Credentials credentials;

    public TokenRpcs(Changelog changelog, Credentials credentials) {
        this.changelog = changelog;
        this.credentials = credentials;
    }

    @Override
    public void createToken(CreateTokenRequest request, StreamObserver<CreateTokenResponse> observer) {
        User user = Users.requireByIdOrName(changelog.current().join(), request.getUser());
        Created created = credentials
                .createAccessToken(user.id(), request.getDays(), request.getDescription())
                .join();
        observer.onNext(CreateTokenResponse.newBuilder()
                .setToken(message(changelog.image(), created.id(), created.credential()))
                .setText(created.text())
                .build());
        observer.onCompleted();
    }

    @Override
    public void createClient(CreateClientRequest request, StreamObserver<CreateClientResponse> observer) {
        Created created = credentials
                .createTrust(new NewTrust(
                        Credential.Type.OAUTH_CLIENT,
                        0,
                        request.getDescription(),
                        Scopes.normalise(request.getScopesList()),
                        request.getTagsList(),
                        "",
                        "",
                        "",
                        Map.of()))
                .join();
        observer.onNext(CreateClientResponse.newBuilder()
                .setClient(message(changelog.image(), created.id(), created.credential()))
                .setSecret(created.text())
                .build());
        observer.onCompleted();
    }

    @Override
    public void listTokens(ListTokensRequest request, StreamObserver<ListTokensResponse> observer) {
        TailnetImage image = changelog.current().join();
        ListTokensResponse.Builder answer = ListTokensResponse.newBuilder();
        Credential.KIND.all(image).forEach((id, credential) -> answer.addTokens(message(image, id, credential)));
        observer.onNext(answer.build());
        observer.onCompleted();
    }

    @Override
    public void revokeToken(RevokeTokenRequest request, StreamObserver<RevokeTokenResponse> observer) {
        if (credentials.revoke(request.getId(), "administrator").join().isEmpty()) {
            throw new ControlException(ErrorCode.NOT_FOUND, "token " + request.getId() + " not found");
        }
        observer.onNext(RevokeTokenResponse.getDefaultInstance());
        observer.onCompleted();
    }

    private static Token message(TailnetImage image, String id, Credential credential) {
        User owner = image.user(new UserId(credential.userId()));
        Token.Builder token = Token.newBuilder()
                .setId(id)
                .setType(
                        switch (credential.type()) {
                            case ACCESS_TOKEN, OAUTH_TOKEN -> "api";
                            case OAUTH_CLIENT -> "client";
                            case FEDERATED_IDENTITY -> "federated";
                        })
                .setUser(owner == null ? "" : owner.loginName())
                .setDescription(credential.description())
                .addAllScopes(credential.scopes())
                .addAllTags(credential.tags())
                .setCreatedAt(timestamp(credential.created()));
        Instant expires = credential.expires();
        if (expires != null) {
            token.setExpiresAt(timestamp(expires));
        }
        Instant revoked = credential.revoked();
        if (revoked != null) {
            token.setRevokedAt(timestamp(revoked));
        }
        return token.build();
    }

    private static Timestamp timestamp(Instant instant) {
        return Timestamp.newBuilder()
                .setSeconds(instant.getEpochSecond())
                .setNanos(instant.getNano())
                .build();
    }
}
