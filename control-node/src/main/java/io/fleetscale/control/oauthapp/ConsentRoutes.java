package io.fleetscale.control.oauthapp;

import io.fleetscale.control.ControlException;
import io.fleetscale.control.changelog.Actor;
import io.fleetscale.control.frontdoor.http.Cookies;
import io.fleetscale.control.frontdoor.http.HttpCall;
import io.fleetscale.control.frontdoor.http.HttpReply;
import io.fleetscale.control.frontdoor.http.RouteTable;
import io.fleetscale.control.oauthapp.ConsentRequest.Reading;
import io.fleetscale.control.secret.RandomText;
import io.fleetscale.control.secret.Sealer;
import io.fleetscale.control.secret.SecretMac;
import io.fleetscale.control.tailnet.User;
import io.fleetscale.control.tailnet.UserId;
import io.fleetscale.control.tailnet.UserStatus;
import io.fleetscale.control.user.Users;
import io.netty.handler.codec.http.QueryStringDecoder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The page on which a person lets an app provision a device. The person logs in at the issuer, is asked, and goes back to the
 * app with a code or a no. Without an issuer nobody can log in, and the page shows the command that gives the consent.
 * Thread-safe; handlers block. Source: tailscale-api-v2 8.14 and its closing section.
 */
public final class ConsentRoutes {
    static final String PATH = "/a/oauth_authorize";
    /** Cookie and field of the question: both must be the same, and a stranger's page can set neither. */
    static final String QUESTION = "fleetscale_app_consent";

    private static final Logger LOG = LoggerFactory.getLogger(ConsentRoutes.class);
    private static final Duration QUESTION_LIFE = Duration.ofMinutes(10);
    private static final int MAX_FORM_BYTES = 8 * 1024;
    private static final int MAX_FIELDS = 8;
    private static final int SALT_LENGTH = 22;
    private static final String SEPARATOR = "\n";
    private static final int PARTS = 4;

    private final OAuthApps apps;
    private final Users users;
    private final Sealer questions;
    private final boolean secureCookies;
    private final InstantSource clock;
    private final SecureRandom random;

    /** @param serverUrl as browsers reach it */
    public ConsentRoutes(
            OAuthApps apps,
            Users users,
            SecretMac secrets,
            String serverUrl,
            InstantSource clock,
            SecureRandom random) {
        this.apps = apps;
        this.users = users;
        this.questions = Sealer.derive(secrets, "consent to an app", random);
        this.secureCookies = serverUrl.startsWith("https://");
        this.clock = clock;
        this.random = random;
    }

    /** Lets people log in. */
    @FunctionalInterface
    public interface Login {
        /** @param memo comes back in {@link ConsentRoutes#ask} */
        HttpReply begin(HttpCall call, String memo);
    }

    /** @param login absent: there is no issuer */
    public void register(RouteTable.Builder routes, @Nullable Login login) {
        routes.get(PATH, call -> authorize(call, login)).route("POST", PATH, MAX_FORM_BYTES, this::decide);
    }

    private HttpReply authorize(HttpCall call, @Nullable Login login) {
        return switch (ConsentRequest.read(call.query(), apps::find)) {
            case Reading.Strange() -> ConsentPages.strange();
            case Reading.Refused(String location) -> redirect(302, location);
            case Reading.Asked(ConsentRequest request, OAuthApp app) ->
                login == null ? ConsentPages.command(request, app) : login.begin(call, request.memo());
        };
    }

    /** Asks a person who has logged in. */
    public HttpReply ask(HttpCall call, User user, String memo) {
        if (!(ConsentRequest.ofMemo(memo, apps::find) instanceof Reading.Asked(ConsentRequest request, OAuthApp app))) {
            return ConsentPages.strange(); // it was changed or deleted meanwhile
        }
        if (user.status() != UserStatus.ACTIVE) {
            return ConsentPages.inactive(user);
        }
        String question = questions.sealText(String.join(
                SEPARATOR,
                user.id().toString(),
                Long.toString(clock.instant().plus(QUESTION_LIFE).getEpochSecond()),
                memo,
                RandomText.base64Url(random, SALT_LENGTH)));
        return ConsentPages.question(request, app, user, question)
                .withHeader("Cache-Control", "no-store")
                .withHeader(
                        "Set-Cookie",
                        Cookies.set(QUESTION, question, PATH, QUESTION_LIFE, "Strict", secureCookies || call.secure()));
    }

    /** What the person was asked. */
    private record Question(UserId user, Instant expires, String memo) {}

    private Optional<Question> open(String sealed) {
        return questions.openText(sealed).map(text -> {
            String[] parts = text.split(SEPARATOR, -1);
            if (parts.length != PARTS) {
                throw new IllegalStateException("a sealed question has " + parts.length + " parts");
            }
            return new Question(
                    new UserId(Long.parseLong(parts[0])), Instant.ofEpochSecond(Long.parseLong(parts[1])), parts[2]);
        });
    }

    private HttpReply decide(HttpCall call) {
        var fields = new QueryStringDecoder(call.bodyText(), StandardCharsets.UTF_8, false, MAX_FIELDS).parameters();
        String field = String.join("", fields.getOrDefault(QUESTION, List.of()));
        Optional<String> cookie = Cookies.read(call, QUESTION);
        if (field.isEmpty() || cookie.isEmpty() || !same(field, cookie.get())) {
            return refused("an answer to no question of this browser");
        }
        Optional<Question> question = open(field);
        if (question.isEmpty()) {
            return refused("a question that was not asked here");
        }
        if (!question.get().expires().isAfter(clock.instant())) {
            return ConsentPages.over();
        }
        if (!(ConsentRequest.ofMemo(question.get().memo(), apps::find)
                instanceof Reading.Asked(ConsentRequest request, OAuthApp app))) {
            return ConsentPages.strange();
        }
        String answer = String.join("", fields.getOrDefault("answer", List.of()));
        HttpReply reply = switch (answer) {
            case "yes" -> approve(request, question.get().user());
            case "no" -> redirect(303, request.denied());
            default -> refused("an answer that is neither yes nor no");
        };
        LOG.atInfo()
                .addKeyValue("app", app.name())
                .addKeyValue("user", question.get().user())
                .addKeyValue("status", reply.status())
                .log("a person answered an app");
        return reply.withHeader("Set-Cookie", Cookies.expired(QUESTION, PATH));
    }

    private HttpReply approve(ConsentRequest request, UserId id) {
        try {
            User user = join(users.require(id));
            Actor actor = new Actor(
                    user.id().toString(),
                    Actor.Type.USER,
                    user.loginName(),
                    user.shownName(),
                    List.of(),
                    Actor.Origin.ADMIN_CONSOLE,
                    "browser",
                    "");
            String code = actor.<String, RuntimeException>call(() -> join(
                    apps.approve(request.clientId(), request.redirectUri(), request.scope(), request.challenge(), id)));
            return redirect(303, request.granted(code));
        } catch (ControlException e) {
            return ConsentPages.failed(e.code().httpStatus(), e.detail());
        }
    }

    private static HttpReply refused(String reason) {
        LOG.atInfo().addKeyValue("reason", reason).log("a consent was refused");
        return ConsentPages.failed(403, "Start again in the app.");
    }

    private static HttpReply redirect(int status, String location) {
        return HttpReply.empty(status).withHeader("Location", location).withHeader("Cache-Control", "no-store");
    }

    private static boolean same(String one, String other) {
        return MessageDigest.isEqual(one.getBytes(StandardCharsets.UTF_8), other.getBytes(StandardCharsets.UTF_8));
    }

    private static <R> R join(CompletableFuture<R> future) {
        try {
            return future.join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof ControlException refused ? refused : e;
        }
    }
}
