package io.fleetscale.control.preauthkey;

import com.google.protobuf.UnknownFieldSet;
import io.fleetscale.control.ControlException;
import io.fleetscale.control.ErrorCode;
import io.fleetscale.control.changelog.Decision;
import io.fleetscale.control.changelog.DecisionContext;
import io.fleetscale.control.changelog.HardWrite;
import io.fleetscale.control.node.TagNames;
import io.fleetscale.control.secret.CredentialText;
import io.fleetscale.control.secret.RandomText;
import io.fleetscale.control.secret.SecretMac;
import io.fleetscale.control.tailnet.Change;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.PreAuthKey;
import io.fleetscale.control.tailnet.PreAuthKeyId;
import io.fleetscale.control.tailnet.TailnetImage;
import io.fleetscale.control.trust.TrustText;
import io.fleetscale.control.user.Users;
import io.fleetscale.wire.tailcfg.GoTime;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/** The decisions on pre-auth keys. Pure. */
final class PreAuthKeyWrites {
    private PreAuthKeyWrites() {}

    static HardWrite<CreatedPreAuthKey> create(NewPreAuthKey wanted, SecretMac secretMac) {
        return (image, context) -> {
            check(image, wanted);
            CredentialText text = unusedText(image, context);
            Instant expiration = wanted.expiration();
            PreAuthKey key = new PreAuthKey(
                    new PreAuthKeyId(image.counters().nextPreAuthKey()),
                    text.prefix(),
                    secretMac.mac(text.secret()),
                    wanted.user(),
                    wanted.reusable(),
                    wanted.ephemeral(),
                    false,
                    TagNames.normalise(wanted.tags()),
                    expiration == null ? GoTime.ZERO : expiration,
                    context.now(),
                    UnknownFieldSet.getDefaultInstance());
            return Decision.of(
                    new CreatedPreAuthKey(key, text.reveal(CredentialText.PRE_AUTH_KEY)),
                    new Change.PreAuthKeyPut(key));
        };
    }

    static HardWrite<CreatedPreAuthKey> createForTailnet(
            NewPreAuthKey wanted,
            PreAuthKey.Terms terms,
            Duration life,
            Predicate<String> permitted,
            SecretMac secretMac) {
        return (image, context) -> {
            check(image, wanted);
            List<String> refused =
                    wanted.tags().stream().filter(tag -> !permitted.test(tag)).toList();
            if (!refused.isEmpty()) {
                throw new ControlException(ErrorCode.INVALID_ARGUMENT, TagNames.refusal(refused));
            }
            TrustText text = TrustText.next(context.random());
            Instant created = context.now().truncatedTo(ChronoUnit.SECONDS);
            PreAuthKey key = new PreAuthKey(
                    new PreAuthKeyId(image.counters().nextPreAuthKey()),
                    text.id(),
                    secretMac.mac(text.secret()),
                    wanted.user(),
                    wanted.reusable(),
                    wanted.ephemeral(),
                    false,
                    TagNames.normalise(wanted.tags()),
                    created.plus(life),
                    created,
                    terms,
                    UnknownFieldSet.getDefaultInstance());
            return Decision.of(new CreatedPreAuthKey(key, text.reveal(TrustText.AUTH)), new Change.PreAuthKeyPut(key));
        };
    }

    static HardWrite<Optional<PreAuthKey>> revoke(PreAuthKeyId id) {
        return (image, context) -> {
            PreAuthKey key = image.preAuthKeys().get(id);
            if (key == null || key.terms().revokedAt() != null) {
                return Decision.unchanged(Optional.ofNullable(key));
            }
            PreAuthKey revoked = key.withRevoked(context.now().truncatedTo(ChronoUnit.SECONDS));
            return Decision.of(Optional.of(revoked), new Change.PreAuthKeyPut(revoked));
        };
    }

    static HardWrite<Optional<PreAuthKey>> expire(PreAuthKeyId id) {
        return (image, context) -> {
            PreAuthKey key = image.preAuthKeys().get(id);
            if (key == null) {
                return Decision.unchanged(Optional.empty());
            }
            PreAuthKey expired = key.withExpiration(context.now());
            return Decision.of(Optional.of(expired), new Change.PreAuthKeyPut(expired));
        };
    }

    static HardWrite<Optional<PreAuthKey>> delete(PreAuthKeyId id) {
        return (image, context) -> {
            PreAuthKey key = image.preAuthKeys().get(id);
            if (key == null) {
                return Decision.unchanged(Optional.empty());
            }
            List<Change> changes = new ArrayList<>();
            for (Node node : image.nodes().values()) {
                if (id.equals(node.preAuthKeyId())) {
                    changes.add(new Change.NodePut(
                            node.toBuilder().preAuthKeyId(null).build()));
                }
            }
            changes.add(new Change.PreAuthKeyRemoved(id));
            return new Decision<>(changes, Optional.of(key));
        };
    }

    private static void check(TailnetImage image, NewPreAuthKey wanted) {
        for (String tag : wanted.tags()) {
            TagNames.problem(tag).ifPresent(problem -> {
                throw new ControlException(ErrorCode.INVALID_ARGUMENT, problem);
            });
        }
        if (wanted.user() != null) {
            Users.require(image, wanted.user());
        } else if (wanted.tags().isEmpty()) {
            throw new ControlException(ErrorCode.UNKNOWN, "auth-key must be either tagged or owned by user");
        }
    }

    private static CredentialText unusedText(TailnetImage image, DecisionContext context) {
        while (true) {
            CredentialText text = new CredentialText(
                    RandomText.base64Url(context.random(), CredentialText.PREFIX_LENGTH),
                    RandomText.base64Url(context.random(), CredentialText.SECRET_LENGTH));
            if (image.preAuthKeyByPrefix(text.prefix()) == null) {
                return text;
            }
        }
    }
}
