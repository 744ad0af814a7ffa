package io.fleetscale.control.netmap;

import io.fleetscale.control.dns.DnsSettings;
import io.fleetscale.control.policy.ClassId;
import io.fleetscale.control.policy.CompiledPolicy;
import io.fleetscale.control.policy.PolicyEffect;
import io.fleetscale.control.presence.PresenceOverlay;
import io.fleetscale.control.setting.TailnetSettings;
import io.fleetscale.control.tailnet.Change;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.NodeId;
import io.fleetscale.control.tailnet.Setting;
import io.fleetscale.control.tailnet.TailnetDelta;
import io.fleetscale.control.tailnet.TailnetImage;
import io.fleetscale.control.tailnet.User;
import io.fleetscale.control.tailnet.UserId;
import io.fleetscale.control.vipservice.VipService;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.pcollections.HashPMap;
import org.pcollections.HashTreePMap;

/** The next state while it is made. Confined to the thread of {@link Netmaps}. */
final class NetmapDraft {
    private final PolicySteps steps;
    private final PresenceOverlay presence;
    private final Newcomers newcomers;
    private final PeerEntries entries;

    private final DerpMapDraft derpMap = new DerpMapDraft();
    private final Map<NodeId, ClassId> classes = new HashMap<>();
    private final Map<ClassId, Integer> classSizes = new HashMap<>();
    private TailnetImage image = TailnetImage.EMPTY;
    private CompiledPolicy policy;
    private DnsSettings dns = DnsSettings.DEFAULT;
    private TailnetSettings settings = TailnetSettings.INITIAL;
    private HashPMap<ClassId, ClassView> views = HashTreePMap.empty();
    private long number;
    private boolean changed;

    NetmapDraft(
            CompiledPolicy.Compiler compiler, PresenceOverlay presence, Duration newcomerHold, LongSupplier nanoTime) {
        this.steps = new PolicySteps(compiler, nanoTime);
        this.presence = presence;
        this.newcomers = new Newcomers(presence, newcomerHold, nanoTime);
        this.entries = new PeerEntries(presence, newcomers);
        this.policy = compiler.compile(image);
    }

    boolean hasChanged() {
        return changed;
    }

    Map<NodeId, String> unusable() {
        return entries.unusable();
    }

    PolicyFigures figures() {
        return steps.figures();
    }

    /** Whether this stands at an older image because the policy cannot be compiled for the present one. */
    boolean isBehind() {
        return steps.ahead() != null;
    }

    NetmapState publish() {
        changed = false;
        steps.tellViews(views.size());
        return new NetmapState(image, policy, dns, settings, derpMap.text(), views);
    }

    /** A whole image: what it has in common with the former one costs the viewers nothing. */
    void load(TailnetImage next) {
        CompiledPolicy compiled = steps.compile(next);
        if (compiled == null) {
            return;
        }
        TailnetImage before = image;
        image = next;
        policy = compiled;
        changed = true;
        takeDns(DnsSettings.of(next));
        takeSettings(TailnetSettings.of(next));
        takeDerpMap();
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

    /** Tries again what could not be compiled. */
    void retry() {
        TailnetImage next = steps.ahead();
        if (next != null) {
            load(next);
        }
    }

    /** Brings everything in step with an image after a fault on the way to it. */
    void repair(TailnetImage next) {
        steps.countFault();
        load(next);
    }

    void apply(TailnetImage before, TailnetDelta delta, TailnetImage after) {
        if (isBehind()) {
            load(after);
            return;
        }
        CompiledPolicy.Advance advance = steps.advance(policy, before, delta, after);
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
                case Change.PolicyPut put -> takeDerpMap();
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
        takeEffect(effect, hasServices(before) || hasServices(after));
    }

    private static boolean hasServices(TailnetImage image) {
        return !image.resources(VipService.KIND.name()).isEmpty();
    }

    private void takeEffect(PolicyEffect effect, boolean namesServices) {
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
        // the names of services that a class may reach are both among its capabilities and in its DNS
        int capabilities = namesServices ? Aspect.ALL_NODE | Aspect.ALL_DNS : Aspect.ALL_NODE;
        effect.capabilities().forEach(id -> notice(id, 0, capabilities));
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
        newcomers.showIfReachable(id);
        if (classes.containsKey(id)) {
            visit(id);
        }
    }

    /** Nanoseconds until a held node must be shown, or -1 if none is held. */
    long nanosToNextRelease() {
        return newcomers.nanosToNextRelease();
    }

    void releaseOverdue() {
        newcomers.releaseOverdue(this::visit);
    }

    private void putNode(@Nullable Node before, NodeId id) {
        Node node = image.node(id);
        if (node == null) {
            return;
        }
        if (before == null) {
            newcomers.hold(id);
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

    private static boolean ownDiffers(Node before, Node after) {
        return !before.givenName().equals(after.givenName())
                || !before.nodeKey().equals(after.nodeKey())
                || !Objects.equals(before.userId(), after.userId())
                || !before.tags().equals(after.tags())
                || !before.addresses().equals(after.addresses())
                || !Objects.equals(before.expiry(), after.expiry())
                || before.expired() != after.expired()
                || !before.approvedRoutes().equals(after.approvedRoutes())
                || !before.advertisedRoutes().equals(after.advertisedRoutes())
                || !before.offeredServices().equals(after.offeredServices());
    }

    private void removeNode(NodeId id) {
        newcomers.forget(id);
        entries.forget(id);
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
                PeerEntry entry = node == null ? null : entries.of(id, node, image, policy, dns);
                if (entry != null) {
                    view = view.plus(entry);
                }
            }
        }
        views = views.plus(id, view);
        changed = true;
    }

    private void compare(ClassView view, Node node, boolean visible) {
        PeerEntry entry = visible ? entries.of(view.id(), node, image, policy, dns) : null;
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
            case Setting.DERP_MAP, Setting.RELAYS -> takeDerpMap();
            case Setting.TAILNET -> takeSettings(TailnetSettings.of(image));
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

    private void takeSettings(TailnetSettings next) {
        TailnetSettings before = settings;
        settings = next;
        if (TailnetOffers.differ(before, next)) {
            noticeAll(Aspect.ALL_NODE | Aspect.ALL_DNS);
            changed = true;
        }
    }

    private void takeDerpMap() {
        if (derpMap.take(image, policy.derpMap())) {
            noticeAll(Aspect.ALL_DERP_MAP);
            changed = true;
        }
    }
}
