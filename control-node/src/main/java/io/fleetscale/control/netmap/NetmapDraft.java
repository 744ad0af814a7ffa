package io.fleetscale.control.netmap;

import io.fleetscale.control.derpmap.DerpMapOverlay;
import io.fleetscale.control.derpmap.DerpMapSettings;
import io.fleetscale.control.dns.DnsSettings;
import io.fleetscale.control.policy.ClassId;
import io.fleetscale.control.policy.CompiledPolicy;
import io.fleetscale.control.policy.PeerRoutes;
import io.fleetscale.control.policy.PolicyEffect;
import io.fleetscale.control.presence.Presence;
import io.fleetscale.control.presence.PresenceOverlay;
import io.fleetscale.control.tailnet.Change;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.NodeId;
import io.fleetscale.control.tailnet.Setting;
import io.fleetscale.control.tailnet.TailnetDelta;
import io.fleetscale.control.tailnet.TailnetImage;
import io.fleetscale.control.tailnet.User;
import io.fleetscale.control.tailnet.UserId;
import io.fleetscale.wire.tailcfg.CapabilityMap;
import io.fleetscale.wire.tailcfg.DerpMap;
import io.fleetscale.wire.tailcfg.JsonWriter;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.pcollections.HashPMap;
import org.pcollections.HashTreePMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The next state while it is made. Confined to the thread of {@link Netmaps}. */
final class NetmapDraft {
    private static final Logger LOG = LoggerFactory.getLogger(NetmapDraft.class);

    private final CompiledPolicy.Compiler compiler;
    private final PresenceOverlay presence;
    private final long holdNanos;
    private final LongSupplier nanoTime;

    private final Map<NodeId, ClassId> classes = new HashMap<>();
    private final Map<ClassId, Integer> classSizes = new HashMap<>();
    /** New nodes that their peers do not see yet, in order of their deadlines. */
    private final Map<NodeId, Long> held = new LinkedHashMap<>();

    private final Map<NodeId, String> unusable = new ConcurrentHashMap<>();

    private TailnetImage image = TailnetImage.EMPTY;
    private CompiledPolicy policy;
    private DnsSettings dns = DnsSettings.DEFAULT;
    private DerpMap tailnetDerpMap = DerpMap.EMPTY;
    private String derpMapOfPolicy = "";
    private SharedText derpMap = new SharedText("{\"Regions\":{}}".getBytes(StandardCharsets.US_ASCII));
    private HashPMap<ClassId, ClassView> views = HashTreePMap.empty();
    private long number;
    private boolean changed;
    /** The image that the policy could not be compiled for; null: it could. */
    private @Nullable TailnetImage ahead;

    private long faults;
    private long compileNanos;
    private volatile PolicyFigures figures = new PolicyFigures(0, Duration.ZERO, 0, "");

    NetmapDraft(
            CompiledPolicy.Compiler compiler, PresenceOverlay presence, Duration newcomerHold, LongSupplier nanoTime) {
        this.compiler = compiler;
        this.presence = presence;
        this.holdNanos = newcomerHold.toNanos();
        this.nanoTime = nanoTime;
        this.policy = compiler.compile(image);
    }

    boolean hasChanged() {
        return changed;
    }

    Map<NodeId, String> unusable() {
        return Map.copyOf(unusable);
    }

    PolicyFigures figures() {
        return figures;
    }

    /** Whether this stands at an older image because the policy cannot be compiled for the present one. */
    boolean isBehind() {
        return ahead != null;
    }

    NetmapState publish() {
        changed = false;
        tellFigures(figures.problem());
        return new NetmapState(image, policy, dns, derpMap, views);
    }

    /** A whole image: what it has in common with the former one costs the viewers nothing. */
    void load(TailnetImage next) {
        CompiledPolicy compiled = compiled(next);
        if (compiled == null) {
            return;
        }
        TailnetImage before = image;
        image = next;
        policy = compiled;
        changed = true;
        takeDns(DnsSettings.of(next));
        takeDerpMap(DerpMapSettings.effective(next));
        takeDerpMapOfPolicy();
        for (NodeId id : before.nodes().keySet()) {
            if (next.node(id) == null) {
                removeNode(id);
            }
        }
        revisitAll();
        for (User user : next.users().values()) {
            noticeProfile(user, before.user(user.id()));
        }
        noticeAll(Aspect.ALL_NODE | Aspect.ALL_FILTER | Aspect.ALL_SSH);
    }

    /**
     * The policy of an image from nothing. What fails leaves everything as it is: nobody is shown or let through more than the
     * last policy that compiled says, and {@link #retry} tries again.
     */
    private @Nullable CompiledPolicy compiled(TailnetImage next) {
        long began = nanoTime.getAsLong();
        try {
            CompiledPolicy made = compiler.compile(next);
            compileNanos = nanoTime.getAsLong() - began;
            ahead = null;
            tellFigures("");
            return made;
        } catch (RuntimeException e) {
            faults++;
            if (ahead == null) {
                LOG.atError()
                        .addKeyValue("version", next.version())
                        .setCause(e)
                        .log("the policy cannot be compiled: clients keep what they have");
            }
            ahead = next;
            tellFigures("the policy cannot be compiled for the tailnet as it is now: " + e.getMessage());
            return null;
        }
    }

    private void tellFigures(String problem) {
        figures = new PolicyFigures(faults, Duration.ofNanos(compileNanos), views.size(), problem);
    }

    /** Tries again what could not be compiled. */
    void retry() {
        TailnetImage next = ahead;
        if (next != null) {
            load(next);
        }
    }

    /** Brings everything in step with an image after a fault on the way to it. */
    void repair(TailnetImage next) {
        faults++;
        load(next);
    }

    private CompiledPolicy.@Nullable Advance advanced(TailnetImage before, TailnetDelta delta, TailnetImage after) {
        long began = nanoTime.getAsLong();
        try {
            CompiledPolicy.Advance advance = policy.advance(before, delta, after);
            if (delta.changes().stream().anyMatch(Change.PolicyPut.class::isInstance)) {
                compileNanos = nanoTime.getAsLong() - began;
            }
            return advance;
        } catch (RuntimeException e) {
            faults++;
            LOG.atError()
                    .addKeyValue("version", after.version())
                    .setCause(e)
                    .log("the policy could not follow a change: it is compiled from nothing");
        }
        CompiledPolicy made = compiled(after);
        return made == null ? null : new CompiledPolicy.Advance(made, PolicyEffect.EVERYTHING);
    }

    void apply(TailnetImage before, TailnetDelta delta, TailnetImage after) {
        if (isBehind()) {
            load(after);
            return;
        }
        CompiledPolicy.Advance advance = advanced(before, delta, after);
        if (advance == null) {
            return;
        }
        image = after;
        changed = true;
        policy = advance.next();
        PolicyEffect effect = advance.effect();
        for (Change change : delta.changes()) {
            switch (change) {
                case Change.NodePut(Node node) -> putNode(before.node(node.id()), node.id());
                case Change.NodeRemoved(NodeId id) -> removeNode(id);
                case Change.UserPut(User user) -> {
                    noticeProfile(user, before.user(user.id()));
                    takeStatus(user, before.user(user.id()));
                }
                case Change.SettingPut(Setting setting) -> takeSetting(setting);
                case Change.UserRemoved(UserId id) -> {}
                case Change.PreAuthKeyPut put -> {}
                case Change.PreAuthKeyRemoved removed -> {}
                case Change.ApiKeyPut put -> {}
                case Change.ApiKeyRemoved removed -> {}
                case Change.PolicyPut put -> takeDerpMapOfPolicy();
                case Change.PrimaryPut put -> {}
                case Change.PrimaryRemoved removed -> {}
                case Change.ResourcePut put -> {}
                case Change.ResourceRemoved removed -> {}
            }
        }
        if (effect.everything()) {
            revisitAll();
            noticeAll(Aspect.ALL_FILTER | Aspect.ALL_SSH | Aspect.ALL_NODE);
            return;
        }
        takeEffect(effect);
    }

    private void takeEffect(PolicyEffect effect) {
        effect.moved().forEach(this::visit);
        for (ClassId id : effect.visibility()) {
            ClassView view = views.get(id);
            if (view != null) {
                compareAll(view);
            }
        }
        effect.peers().forEach(this::visit);
        effect.filters().forEach(id -> notice(id, 0, Aspect.ALL_FILTER));
        effect.ssh().forEach(id -> notice(id, 0, Aspect.ALL_SSH));
        effect.capabilities().forEach(id -> notice(id, 0, Aspect.ALL_NODE));
        for (NodeId id : effect.own()) {
            noticeOwn(id, Aspect.OWN_FILTER | Aspect.OWN_SSH | Aspect.OWN_NODE);
        }
    }

    /** Whom the class sees became different: brings its view in step. */
    private void compareAll(ClassView view) {
        Set<ClassId> seen = policy.viewersOf(view.id());
        for (NodeId id : view.members()) {
            Node node = image.node(id);
            if (node != null && !seen.contains(policy.classOf(node))) {
                hide(currentOf(view), id);
            }
        }
        for (ClassId subject : seen) {
            for (NodeId id : policy.membersOf(subject)) {
                Node node = image.node(id);
                if (node != null) {
                    compare(currentOf(view), node, true);
                }
            }
        }
    }

    private ClassView currentOf(ClassView view) {
        return views.getOrDefault(view.id(), view);
    }

    void presenceChanged(NodeId id) {
        if (held.containsKey(id) && isReachable(presence.get(id))) {
            held.remove(id);
        }
        if (classes.containsKey(id)) {
            visit(id);
        }
    }

    /** Nanoseconds until a held node must be shown, or -1 if none is held. */
    long nanosToNextRelease() {
        return held.isEmpty() ? -1 : Math.max(0, held.values().iterator().next() - nanoTime.getAsLong());
    }

    void releaseOverdue() {
        while (!held.isEmpty() && nanosToNextRelease() == 0) {
            NodeId id = held.keySet().iterator().next();
            held.remove(id);
            visit(id);
        }
    }

    private void putNode(@Nullable Node before, NodeId id) {
        Node node = image.node(id);
        if (node == null) {
            return;
        }
        if (before == null && holdNanos > 0 && !isReachable(presence.get(id))) {
            held.put(id, nanoTime.getAsLong() + holdNanos);
        }
        visit(id);
        if (before != null && before.needsApproval() != node.needsApproval()) {
            noticeOwn(id, Aspect.OWN_CLASS);
        }
        if (before != null && ownDiffers(before, node)) {
            noticeOwn(id, Aspect.OWN_NODE);
        }
        if (before != null && !before.addresses().equals(node.addresses())) {
            noticeOwn(id, Aspect.OWN_FILTER);
        }
        if (before != null && dns.isPerNode() && !before.hostname().equals(node.hostname())) {
            noticeOwn(id, Aspect.OWN_DNS);
        }
    }

    /** The nodes of a user come and go with the user's status. */
    private void takeStatus(User user, @Nullable User before) {
        if (before == null || before.status() == user.status()) {
            return;
        }
        for (Node node : image.nodes().values()) {
            if (user.id().equals(node.userId())) {
                visit(node.id());
                noticeOwn(node.id(), Aspect.OWN_CLASS);
            }
        }
    }

    private static boolean isReachable(Presence known) {
        return !known.discoKey().isZero() && known.homeDerp() != 0;
    }

    private static boolean ownDiffers(Node before, Node after) {
        return !before.givenName().equals(after.givenName())
                || !before.nodeKey().equals(after.nodeKey())
                || !Objects.equals(before.userId(), after.userId())
                || !before.tags().equals(after.tags())
                || !before.addresses().equals(after.addresses())
                || !Objects.equals(before.expiry(), after.expiry())
                || before.expired() != after.expired()
                || !before.approvedRoutes().equals(after.approvedRoutes())
                || !before.advertisedRoutes().equals(after.advertisedRoutes());
    }

    private void removeNode(NodeId id) {
        held.remove(id);
        unusable.remove(id);
        ClassId was = classes.remove(id);
        if (was != null) {
            notice(was, id.value(), Aspect.OWN_END);
            for (ClassView view : List.copyOf(views.values())) {
                hide(view, id);
            }
            leaveClass(was);
        }
        presence.forget(id);
    }

    private void revisitAll() {
        Set<NodeId> ids = Set.copyOf(classes.keySet());
        for (NodeId id : image.nodes().keySet()) {
            visitIn(id, List.copyOf(views.values()));
        }
        for (NodeId id : ids) {
            if (image.node(id) == null) {
                removeNode(id);
            }
        }
    }

    /** Compares what the viewers of a node know of it with what they should, and notes the difference. */
    private void visit(NodeId id) {
        Node node = image.node(id);
        if (node == null) {
            return;
        }
        ClassId now = policy.classOf(node);
        if (!now.equals(classes.get(id))) {
            visitIn(id, List.copyOf(views.values()));
            return;
        }
        for (ClassId viewer : policy.viewersOf(now)) {
            ClassView view = views.get(viewer);
            if (view != null) {
                compare(view, node, true);
            }
        }
    }

    private void visitIn(NodeId id, Collection<ClassView> candidates) {
        Node node = image.node(id);
        if (node == null) {
            return;
        }
        ClassId now = policy.classOf(node);
        ClassId was = classes.put(id, now);
        Set<ClassId> viewers = policy.viewersOf(now);
        for (ClassView view : candidates) {
            compare(view, node, viewers.contains(view.id()));
        }
        if (now.equals(was)) {
            return;
        }
        if (was != null) {
            notice(was, id.value(), Aspect.OWN_CLASS);
            leaveClass(was);
        }
        classSizes.merge(now, 1, Integer::sum);
        if (!views.containsKey(now)) {
            addView(now);
        }
    }

    private void leaveClass(ClassId id) {
        int size = classSizes.merge(id, -1, Integer::sum);
        if (size <= 0) {
            // A session that still belongs to it finds no view and starts anew.
            classSizes.remove(id);
            views = views.minus(id);
        }
    }

    private void addView(ClassId id) {
        ClassView view = ClassView.empty(id, number);
        for (ClassId subject : policy.viewersOf(id)) {
            for (NodeId peer : policy.membersOf(subject)) {
                Node node = image.node(peer);
                PeerEntry entry = node == null ? null : entryFor(id, node);
                if (entry != null) {
                    view = view.plus(entry);
                }
            }
        }
        views = views.plus(id, view);
        changed = true;
    }

    private void compare(ClassView view, Node node, boolean visible) {
        PeerEntry entry = visible ? entryFor(view.id(), node) : null;
        if (entry == null) {
            hide(view, node.id());
            return;
        }
        PeerEntry old = view.find(node.id());
        int aspects = old == null ? Aspect.UPSERT | Aspect.PROFILE : entry.differenceFrom(old);
        if (aspects != 0) {
            put(view.plus(entry), node.id().value(), aspects);
        }
    }

    private void hide(ClassView view, NodeId id) {
        ClassView without = view.minus(id);
        if (without != view) {
            put(without, id.value(), Aspect.REMOVED);
        }
    }

    private void put(ClassView view, long subject, int aspects) {
        view.messages().log().append(++number, subject, aspects);
        views = views.plus(view.id(), view.withHead(number));
        changed = true;
    }

    private void notice(ClassId id, long subject, int aspects) {
        ClassView view = views.get(id);
        if (view != null) {
            put(view, subject, aspects);
        }
    }

    private void noticeOwn(NodeId id, int aspects) {
        ClassId own = classes.get(id);
        if (own != null) {
            notice(own, id.value(), aspects);
        }
    }

    private void noticeAll(int aspects) {
        for (ClassView view : List.copyOf(views.values())) {
            put(view, 0, aspects);
        }
    }

    private void noticeProfile(User user, @Nullable User before) {
        boolean shown = before == null
                || !before.loginName().equals(user.loginName())
                || !before.shownName().equals(user.shownName())
                || !before.profilePicUrl().equals(user.profilePicUrl());
        if (!shown) {
            return;
        }
        for (ClassView view : List.copyOf(views.values())) {
            if (view.owners().containsKey(user.id().value())) {
                put(view, -user.id().value(), Aspect.PROFILE);
            }
        }
    }

    private void takeSetting(Setting setting) {
        switch (setting.name()) {
            case Setting.DNS, Setting.DNS_OVERRIDE -> takeDns(DnsSettings.of(image));
            case Setting.DERP_MAP, Setting.RELAYS -> takeDerpMap(DerpMapSettings.effective(image));
            default -> {}
        }
    }

    private void takeDns(DnsSettings next) {
        DnsSettings before = dns;
        if (next.equals(before)) {
            return;
        }
        dns = next;
        changed = true;
        if (!next.baseDomain().equals(before.baseDomain())) {
            revisitAll();
            noticeAll(Aspect.ALL_NODE | Aspect.ALL_DNS);
        } else {
            noticeAll(Aspect.ALL_DNS);
        }
    }

    private void takeDerpMap(DerpMap map) {
        if (map.isEmpty() && image.setting(Setting.DERP_MAP) == null) {
            return; // before the first import
        }
        tailnetDerpMap = map;
        mergeDerpMap();
    }

    /** A policy may have a DERP map of its own, merged over the tailnet's. */
    private void takeDerpMapOfPolicy() {
        if (!policy.derpMap().equals(derpMapOfPolicy)) {
            mergeDerpMap();
        }
    }

    private void mergeDerpMap() {
        derpMapOfPolicy = policy.derpMap();
        JsonWriter json = new JsonWriter(4096);
        DerpMapOverlay.parse(derpMapOfPolicy).over(tailnetDerpMap).write(json);
        byte[] text = json.toBytes();
        if (!Arrays.equals(text, derpMap.text())) {
            derpMap = new SharedText(text);
            noticeAll(Aspect.ALL_DERP_MAP);
            changed = true;
        }
    }

    /** The node for viewers of a class, or null if it must not or cannot be shown. */
    private @Nullable PeerEntry entryFor(ClassId viewer, Node node) {
        if (held.containsKey(node.id()) || !image.isAuthorized(node)) {
            return null;
        }
        String name = dns.nameOf(node.givenName());
        if (!Names.isLabel(node.givenName()) || !Names.fits(name)) {
            report(node.id(), "its name cannot be used in the DNS: rename it");
            return null;
        }
        PeerRoutes routes = policy.routesOf(viewer, node);
        CapabilityMap capabilities = policy.peerCapabilities(viewer, node);
        PeerEntry entry = new PeerEntry(
                node,
                presence.get(node.id()),
                name,
                image.ownerOf(node).id().value(),
                policy.addressesOf(viewer, node),
                routes,
                capabilities);
        try {
            entry.json();
        } catch (RuntimeException e) {
            LOG.atWarn().addKeyValue("node", node.id()).setCause(e).log("a node cannot be rendered");
            report(node.id(), "its record cannot be rendered");
            return null;
        }
        unusable.remove(node.id());
        return entry;
    }

    private void report(NodeId id, String reason) {
        if (!reason.equals(unusable.put(id, reason))) {
            LOG.atWarn()
                    .addKeyValue("node", id)
                    .addKeyValue("reason", reason)
                    .log("a node is left out of the maps of its peers");
        }
    }
}
