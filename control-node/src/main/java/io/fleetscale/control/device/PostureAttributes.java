package io.fleetscale.control.device;

import io.fleetscale.control.ControlException;
import io.fleetscale.control.ErrorCode;
import io.fleetscale.control.changelog.Changelog;
import io.fleetscale.control.changelog.Decision;
import io.fleetscale.control.node.Nodes;
import io.fleetscale.control.tailnet.Change;
import io.fleetscale.control.tailnet.DeviceAttribute;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.NodeId;
import io.fleetscale.control.tailnet.ResourceKind;
import io.fleetscale.control.tailnet.TailnetImage;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Pattern;

/**
 * Posture attributes that are set from outside. The first value of a key binds its type, and its spelling, for the whole
 * tailnet. Thread-safe. Futures fail with INVALID_ARGUMENT for what the rules refuse and NOT_FOUND for an unknown node or key.
 * Source: tailscale-api-v2 8.2.
 */
public final class PostureAttributes {
    public static final String NAMESPACE = "custom:";
    /** The comment of attributes that the node's own client has set. */
    private static final String BY_CLIENT = "set by the client";

    private static final int MAX_KEY = 128;
    private static final int MAX_COMMENT = 200;
    private static final double MAX_NUMBER = (1L << 53) - 1;
    private static final Pattern KEY = Pattern.compile("custom:[A-Za-z0-9_:]+");
    private static final Pattern TEXT = Pattern.compile("[A-Za-z0-9_.]{0,50}");
    private static final ResourceKind<Binding> BINDINGS = ResourceKind.of("attribute-key", Binding.class);

    private final Changelog changelog;

    public PostureAttributes(Changelog changelog) {
        this.changelog = changelog;
    }

    /**
     * What a key was bound to by its first value.
     *
     * @param type {@code string}, {@code number} or {@code bool}
     */
    private record Binding(String key, String type) {}

    /** @param attribute empty: remove it */
    public record Edit(NodeId node, String key, Optional<DeviceAttribute> attribute) {}

    /** Does all of it or nothing. */
    public CompletableFuture<List<Node>> apply(List<Edit> edits) {
        return changelog.write((image, context) -> decide(image, edits));
    }

    /**
     * What a client says of its own node: all of it or nothing. PERMISSION_DENIED for an attribute that an administrator or an
     * app has set: nobody takes back what was said of him.
     *
     * @param update by key; empty: remove it
     */
    public CompletableFuture<List<Node>> applyByClient(NodeId id, Map<String, Optional<DeviceAttribute.Value>> update) {
        return changelog.write((image, context) -> {
            Map<String, DeviceAttribute> present = of(Nodes.require(image, id));
            List<Edit> edits = new ArrayList<>();
            update.forEach((key, value) -> {
                DeviceAttribute old = present.get(key);
                if (old != null && !old.comment().equals(BY_CLIENT)) {
                    throw new ControlException(
                            ErrorCode.PERMISSION_DENIED, "attribute " + key + ": was not set by this client");
                }
                edits.add(new Edit(id, key, value.map(given -> new DeviceAttribute(key, given, null, BY_CLIENT))));
            });
            return decide(image, edits);
        });
    }

    private static Decision<List<Node>> decide(TailnetImage image, List<Edit> edits) {
        Map<NodeId, Map<String, DeviceAttribute>> byNode = new HashMap<>();
        Map<String, Binding> bindings = new HashMap<>();
        for (Edit edit : edits) {
            Node node = Nodes.require(image, edit.node());
            Map<String, DeviceAttribute> attributes = byNode.computeIfAbsent(edit.node(), id -> of(node));
            if (edit.attribute().isEmpty()) {
                attributes.remove(edit.key());
            } else {
                DeviceAttribute attribute = edit.attribute().get();
                check(attribute);
                bind(image, bindings, attribute);
                attributes.put(attribute.name(), attribute);
            }
        }
        List<Change> changes = new ArrayList<>();
        List<Node> nodes = new ArrayList<>();
        bindings.forEach((id, binding) -> changes.add(BINDINGS.put(id, binding)));
        byNode.forEach((id, attributes) -> {
            Node node = Nodes.require(image, id);
            Node changed = node.toBuilder()
                    .attributes(List.copyOf(attributes.values()))
                    .build();
            nodes.add(changed);
            if (!changed.equals(node)) {
                changes.add(new Change.NodePut(changed));
            }
        });
        return new Decision<>(changes, nodes);
    }

    /** Removes one attribute; NOT_FOUND if the node does not have it. */
    public CompletableFuture<Node> remove(NodeId id, String key) {
        return changelog.write((image, context) -> {
            Node node = Nodes.require(image, id);
            checkKey(key);
            Map<String, DeviceAttribute> attributes = of(node);
            if (attributes.remove(key) == null) {
                throw new ControlException(
                        ErrorCode.NOT_FOUND, "device " + node.stableId() + " has no attribute " + key);
            }
            Node changed = node.toBuilder()
                    .attributes(List.copyOf(attributes.values()))
                    .build();
            return Decision.of(changed, new Change.NodePut(changed));
        });
    }

    /** Removes those whose time is over; for the singleton. Completes with how many nodes changed. */
    public CompletableFuture<Integer> removeExpired() {
        return changelog.write((image, context) -> {
            List<Change> changes = new ArrayList<>();
            for (Node node : image.nodes().values()) {
                if (hasExpired(node, context.now())) {
                    changes.add(new Change.NodePut(node.toBuilder()
                            .attributes(node.attributes().stream()
                                    .filter(attribute -> !isExpired(attribute, context.now()))
                                    .toList())
                            .build()));
                }
            }
            return new Decision<>(changes, changes.size());
        });
    }

    /** Whether {@link #removeExpired} has something to do. */
    public static boolean anyExpired(TailnetImage image, Instant now) {
        return image.nodes().values().stream().anyMatch(node -> hasExpired(node, now));
    }

    private static boolean hasExpired(Node node, Instant now) {
        return !node.attributes().isEmpty() && node.attributes().stream().anyMatch(any -> isExpired(any, now));
    }

    private static boolean isExpired(DeviceAttribute attribute, Instant now) {
        Instant expiry = attribute.expiry();
        return expiry != null && !expiry.isAfter(now);
    }

    /** @throws ControlException INVALID_ARGUMENT naming the key */
    public static void checkKey(String key) {
        if (key.length() > MAX_KEY || !KEY.matcher(key).matches()) {
            throw invalid("attribute key \"" + key + "\": must be custom: and at most " + MAX_KEY
                    + " letters, digits, underscores and colons");
        }
    }

    private static void check(DeviceAttribute attribute) {
        checkKey(attribute.name());
        boolean valid = switch (attribute.value()) {
            case DeviceAttribute.Value.Text(String text) -> TEXT.matcher(text).matches();
            case DeviceAttribute.Value.Numeric(double number) ->
                number == Math.rint(number) && Math.abs(number) <= MAX_NUMBER;
            case DeviceAttribute.Value.Flag ignored -> true;
        };
        if (!valid) {
            throw invalid(
                    "value of " + attribute.name() + ": must be true, false, an integer up to 2^53-1, or at most 50"
                            + " letters, digits, underscores and dots");
        }
        if (attribute.comment().length() > MAX_COMMENT) {
            throw invalid("comment: at most " + MAX_COMMENT + " characters");
        }
    }

    private static void bind(TailnetImage image, Map<String, Binding> fresh, DeviceAttribute attribute) {
        String id = attribute.name().toLowerCase(Locale.ROOT);
        String type = switch (attribute.value()) {
            case DeviceAttribute.Value.Text ignored -> "string";
            case DeviceAttribute.Value.Numeric ignored -> "number";
            case DeviceAttribute.Value.Flag ignored -> "bool";
        };
        Binding bound = fresh.get(id);
        if (bound == null) {
            bound = BINDINGS.find(image, id);
        }
        if (bound == null) {
            fresh.put(id, new Binding(attribute.name(), type));
        } else if (!bound.key().equals(attribute.name())) {
            throw invalid("attribute key " + attribute.name() + ": the tailnet has " + bound.key()
                    + ", and keys must not differ in case alone");
        } else if (!bound.type().equals(type)) {
            throw invalid("value of " + attribute.name() + ": must be a " + bound.type() + ", as its first value was");
        }
    }

    private static SortedMap<String, DeviceAttribute> of(Node node) {
        SortedMap<String, DeviceAttribute> attributes = new TreeMap<>();
        node.attributes().forEach(attribute -> attributes.put(attribute.name(), attribute));
        return attributes;
    }

    private static ControlException invalid(String detail) {
        return new ControlException(ErrorCode.INVALID_ARGUMENT, detail);
    }
}
