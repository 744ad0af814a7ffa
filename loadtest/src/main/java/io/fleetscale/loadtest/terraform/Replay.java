package io.fleetscale.loadtest.terraform;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Says to a server what the provider said to another one, and compares the answers. Identifiers that a server makes differ: the
 * new ones are learned from the answers and put into later requests. Confined to one thread.
 */
public final class Replay implements AutoCloseable {
    private static final JsonMapper JSON = JsonMapper.shared();
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final Duration WAIT = Duration.ofSeconds(1);
    private static final int MOST_WAITS = 30;
    private static final int TOO_MANY = 429;
    /** Made by the server, and named by later requests. */
    private static final Set<String> IDENTIFIERS =
            Set.of("id", "nodeId", "endpointId", "externalId", "userId", "audience", "addrs");

    private static final Set<String> TIMES =
            Set.of("created", "updated", "expires", "lastModified", "configUpdated", "lastSeen");
    /** Made by the server and named by nobody. */
    private static final Set<String> OTHERS = Set.of(
            "key",
            "secret",
            "clientSecret",
            "machineKey",
            "nodeKey",
            "tailnetId",
            "loginName",
            "displayName",
            "creatorLoginName");

    private static final Pattern SEGMENT = Pattern.compile("[^/?&=]+");

    private final URI server;
    private final String apiKey;
    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final Map<String, String> learned = new HashMap<>();
    private final Set<String> problems = new TreeSet<>();

    public Replay(URI server, String apiKey) {
        this.server = server;
        this.apiKey = apiKey;
    }

    /**
     * A request as it was said here.
     *
     * @param requestId of the server, by which the audit log names it
     */
    public record Said(Exchange recorded, int status, String requestId) {}

    /** Says all in their order. */
    public List<Said> run(List<Exchange> exchanges) throws IOException, InterruptedException {
        List<Said> said = new ArrayList<>();
        for (Exchange exchange : exchanges) {
            HttpRequest.Builder request = HttpRequest.newBuilder(server.resolve(path(exchange.path())))
                    .timeout(LIMIT)
                    .header("Authorization", "Bearer " + apiKey)
                    .method(exchange.method(), BodyPublishers.ofString(body(exchange.body())));
            header(request, "Accept", exchange.accept());
            header(request, "If-Match", exchange.ifMatch());
            header(request, "Content-Type", exchange.contentType());
            HttpResponse<String> answer = send(request.build());
            String where = exchange.step() + ": " + exchange.method() + " " + exchange.path();
            if (answer.statusCode() != exchange.status()) {
                problems.add(where + ": " + exchange.status() + " was recorded, now it is " + answer.statusCode() + " "
                        + answer.body());
            } else {
                compareTexts(where, exchange.answer(), answer.body());
            }
            said.add(new Said(
                    exchange,
                    answer.statusCode(),
                    answer.headers().firstValue("X-Request-Id").orElse("")));
        }
        return said;
    }

    /** The provider took its time; whoever is faster is asked to wait. */
    private HttpResponse<String> send(HttpRequest request) throws IOException, InterruptedException {
        HttpResponse<String> answer = client.send(request, BodyHandlers.ofString());
        for (int i = 0; i < MOST_WAITS && answer.statusCode() == TOO_MANY; i++) {
            Thread.sleep(WAIT);
            answer = client.send(request, BodyHandlers.ofString());
        }
        return answer;
    }

    /** What was different; empty: nothing. */
    public Set<String> problems() {
        return Set.copyOf(problems);
    }

    private static void header(HttpRequest.Builder request, String name, String value) {
        if (!value.isEmpty()) {
            request.header(name, value);
        }
    }

    private String path(String recorded) {
        Matcher segment = SEGMENT.matcher(recorded);
        return segment.replaceAll(
                found -> Matcher.quoteReplacement(learned.getOrDefault(found.group(), found.group())));
    }

    private String body(String recorded) {
        JsonNode json = Exchange.json(recorded);
        if (json == null) {
            return recorded;
        }
        return JSON.writeValueAsString(replaced(json));
    }

    private JsonNode replaced(JsonNode node) {
        if (node instanceof ObjectNode object) {
            List<String> names = new ArrayList<>(object.propertyNames());
            names.forEach(name -> object.set(name, replaced(object.get(name))));
        } else if (node instanceof ArrayNode array) {
            for (int i = 0; i < array.size(); i++) {
                array.set(i, replaced(array.get(i)));
            }
        } else if (node.isString() && learned.containsKey(node.asString())) {
            return JSON.getNodeFactory().stringNode(learned.get(node.asString()));
        }
        return node;
    }

    private void compareTexts(String where, String recorded, String now) {
        JsonNode before = Exchange.json(recorded);
        JsonNode after = Exchange.json(now);
        if (before == null || after == null) {
            if (!recorded.equals(now)) {
                problems.add(where + ": the text differs");
            }
            return;
        }
        compare(where, "", before, after);
    }

    private void compare(String where, String member, JsonNode before, JsonNode after) {
        if (before.getNodeType() != after.getNodeType()) {
            problems.add(where + " " + member + ": " + before + " was recorded, now it is " + after);
        } else if (before.isObject()) {
            if (!Set.copyOf(before.propertyNames()).equals(Set.copyOf(after.propertyNames()))) {
                problems.add(where + " " + member + ": members " + before.propertyNames()
                        + " were recorded, now they are " + after.propertyNames());
            }
            before.propertyNames().stream()
                    .filter(after::has)
                    .forEach(name -> compare(where, name, before.get(name), after.get(name)));
        } else if (before.isArray()) {
            if (before.size() != after.size()) {
                problems.add(where + " " + member + ": " + before + " was recorded, now it is " + after);
            }
            Iterator<JsonNode> others = after.values().iterator();
            for (JsonNode one : before.values()) {
                if (others.hasNext()) {
                    compare(where, member, one, others.next());
                }
            }
        } else if (!before.equals(after)) {
            different(where, member, before, after);
        }
    }

    private void different(String where, String member, JsonNode before, JsonNode after) {
        if (before.isString() && IDENTIFIERS.contains(member)) {
            learned.put(before.asString(), after.asString());
        } else if (TIMES.contains(member)) {
            if (!isTime(after.asString(""))) {
                problems.add(where + " " + member + ": is no time but " + after);
            }
        } else if (!OTHERS.contains(member)) {
            problems.add(where + " " + member + ": " + before + " was recorded, now it is " + after);
        }
    }

    private static boolean isTime(String text) {
        try {
            return Instant.parse(text).isAfter(Instant.EPOCH);
        } catch (DateTimeException e) {
            return false;
        }
    }

    @Override
    public void close() {
        client.shutdownNow();
    }
}
