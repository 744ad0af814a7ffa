package io.fleetscale.control.vipservice;

import io.fleetscale.control.ControlException;
import io.fleetscale.control.ErrorCode;
import io.fleetscale.control.address.AddressPool;
import io.fleetscale.control.address.AddressSettings;
import io.fleetscale.control.changelog.Changelog;
import io.fleetscale.control.changelog.Decision;
import io.fleetscale.control.changelog.DecisionContext;
import io.fleetscale.control.name.NodeNames;
import io.fleetscale.control.node.TagOwners;
import io.fleetscale.control.tailnet.Change;
import io.fleetscale.control.tailnet.TailnetImage;
import io.fleetscale.wire.ip.IpAddress;
import io.fleetscale.wire.ip.IpPrefix;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Services as administrators and the Kubernetes operator handle them. Thread-safe. Futures fail with INVALID_ARGUMENT for a
 * refused value and NOT_FOUND for an unknown service.
 */
public final class VipServices {
    private static final Pattern PORT = Pattern.compile("tcp:([0-9]{1,5})(-([0-9]{1,5}))?");
    private static final int MAX_ANNOTATIONS_CHARS = 64 * 1024;
    private static final int MAX_DISPLAY_NAME = 64;
    private static final int MAX_COMMENT = 4096;
    private static final int MAX_PORTS = 1024;
    private static final int MAX_TRIES = 4096;

    private final Changelog changelog;
    private final TagOwners tagOwners;

    public VipServices(Changelog changelog, TagOwners tagOwners) {
        this.changelog = changelog;
        this.tagOwners = tagOwners;
    }

    /**
     * Creates a service, or replaces one.
     *
     * @param path the name that is addressed; another name in {@code wanted} renames it
     * @param permitted which tags the caller may assign, of those that exist
     */
    public CompletableFuture<VipService> put(String path, VipService wanted, Predicate<String> permitted) {
        return changelog.write((image, context) -> {
            check(image, wanted, permitted);
            VipService old = VipService.KIND.find(image, path);
            if (old == null && !wanted.name().equals(path)) {
                throw invalid("name " + wanted.name() + ": must be that of the path, " + path);
            }
            boolean renamed = old != null && !wanted.name().equals(path);
            if (old == null || renamed) {
                requireFreeName(image, wanted.name());
            }
            VipService service = new VipService(
                    wanted.name(),
                    wanted.displayName(),
                    addresses(image, context, old, wanted.addrs()),
                    wanted.comment(),
                    wanted.ports(),
                    wanted.tags(),
                    wanted.annotations(),
                    old == null ? List.of() : old.approved(),
                    old == null ? List.of() : old.refused());
            if (service.equals(old)) {
                return Decision.unchanged(service);
            }
            List<Change> changes = new ArrayList<>();
            if (renamed) {
                changes.add(VipService.KIND.remove(path));
            }
            changes.add(VipService.KIND.put(service.name(), service));
            return new Decision<>(changes, service);
        });
    }

    public CompletableFuture<VipService> delete(String name) {
        return changelog.write((image, context) -> {
            VipService old = require(image, name);
            return Decision.of(old, VipService.KIND.remove(name));
        });
    }

    /** Approves a node as a host of the service, or turns it away, also where the policy would approve it. */
    public CompletableFuture<VipService> approve(String name, String stableId, boolean approved) {
        return changelog.write((image, context) -> {
            VipService old = require(image, name);
            VipService changed = old.withApproval(stableId, approved);
            return changed.equals(old)
                    ? Decision.unchanged(old)
                    : Decision.of(changed, VipService.KIND.put(name, changed));
        });
    }

    public static VipService require(TailnetImage image, String name) {
        VipService service = VipService.KIND.find(image, name);
        if (service == null) {
            throw new ControlException(ErrorCode.NOT_FOUND, "service " + name + " not found");
        }
        return service;
    }

    private void check(TailnetImage image, VipService wanted, Predicate<String> permitted) {
        String label = wanted.name().startsWith(VipService.PREFIX) ? wanted.label() : "";
        Optional<String> problem =
                label.isEmpty() ? Optional.of("must be svc: and a DNS label") : NodeNames.labelProblem(label);
        if (problem.isPresent()) {
            throw invalid("name \"" + wanted.name() + "\": " + problem.get());
        }
        if (wanted.displayName().length() > MAX_DISPLAY_NAME || wanted.comment().length() > MAX_COMMENT) {
            throw invalid("displayName has at most " + MAX_DISPLAY_NAME + " characters, comment " + MAX_COMMENT);
        }
        if (wanted.ports().size() > MAX_PORTS) {
            throw invalid("ports: at most " + MAX_PORTS);
        }
        for (String port : wanted.ports()) {
            if (!port.equals(VipService.UNCHECKED_PORTS) && !isPort(port)) {
                throw invalid("port \"" + port + "\": must be like tcp:443");
            }
        }
        for (String tag : wanted.tags()) {
            if (!tagOwners.exists(image, tag) || !permitted.test(tag)) {
                throw invalid("tag \"" + tag + "\" is not defined, or not permitted to this credential");
            }
        }
        int annotations = wanted.annotations().entrySet().stream()
                .mapToInt(entry -> entry.getKey().length() + entry.getValue().length())
                .sum();
        if (annotations > MAX_ANNOTATIONS_CHARS) {
            throw invalid("annotations: at most " + MAX_ANNOTATIONS_CHARS + " characters together");
        }
    }

    private static boolean isPort(String text) {
        var match = PORT.matcher(text);
        if (!match.matches()) {
            return false;
        }
        int first = Integer.parseInt(match.group(1));
        int last = match.group(3) == null ? first : Integer.parseInt(match.group(3));
        return first >= 1 && first <= last && last <= 65535;
    }

    private static void requireFreeName(TailnetImage image, String name) {
        String label = name.substring(VipService.PREFIX.length());
        if (VipService.KIND.find(image, name) != null || image.nodeByName(label) != null) {
            throw invalid("name " + name + " is in use by another service or device");
        }
    }

    /** The pair of a service: kept, the IPv4 one as it is wanted, or new. */
    private static List<String> addresses(
            TailnetImage image, DecisionContext context, @Nullable VipService old, List<String> wanted) {
        String wantedV4 =
                wanted.stream().filter(text -> !text.contains(":")).findFirst().orElse("");
        if (old == null && wanted.size() > (wantedV4.isEmpty() ? 0 : 1)) {
            throw invalid("addrs: a new service takes one IPv4 address at most");
        }
        List<String> kept = old == null ? List.of() : old.addrs();
        if (old != null && (wantedV4.isEmpty() || kept.contains(wantedV4))) {
            return kept;
        }
        Set<String> taken = new HashSet<>();
        VipService.KIND.all(image).forEach((name, service) -> {
            if (old == null || !name.equals(old.name())) {
                taken.addAll(service.addrs());
            }
        });
        AddressSettings settings = AddressSettings.of(image);
        List<String> pair = new ArrayList<>(2);
        if (!wantedV4.isEmpty()) {
            pair.add(chosen(image, settings.v4(), wantedV4, taken));
        } else if (settings.v4() != null) {
            pair.add(free(image, settings.v4(), context, taken));
        }
        Optional<String> v6 = kept.stream().filter(text -> text.contains(":")).findFirst();
        if (v6.isPresent()) {
            pair.add(v6.get());
        } else if (settings.v6() != null) {
            pair.add(free(image, settings.v6(), context, taken));
        }
        return pair;
    }

    private static String chosen(TailnetImage image, @Nullable IpPrefix pool, String text, Set<String> taken) {
        IpAddress address;
        try {
            address = IpAddress.parse(text);
        } catch (IllegalArgumentException e) {
            throw invalid("addrs: \"" + text + "\" is not an address");
        }
        if (pool == null || !pool.contains(address) || image.nodeByAddress(address) != null || taken.contains(text)) {
            throw invalid("addrs: " + text + " must be a free address of " + pool);
        }
        return address.toString();
    }

    /** From anywhere in the prefix: nodes fill it from the beginning. */
    private static String free(TailnetImage image, IpPrefix pool, DecisionContext context, Set<String> taken) {
        for (int i = 0; i < MAX_TRIES; i++) {
            IpAddress address = AddressPool.anyOf(pool, context.random());
            if (image.nodeByAddress(address) == null && !taken.contains(address.toString())) {
                return address.toString();
            }
        }
        throw new ControlException(ErrorCode.RESOURCE_EXHAUSTED, "no free address for a service in " + pool);
    }

    private static ControlException invalid(String detail) {
        return new ControlException(ErrorCode.INVALID_ARGUMENT, detail);
    }
}
