package io.fleetscale.control.policy.engine;

import io.fleetscale.control.policy.Fingerprint;
import io.fleetscale.control.policy.SessionRecorders;
import io.fleetscale.control.vipservice.VipService;
import io.fleetscale.wire.tailcfg.SshPolicy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Puts a program together, entry by entry in the order of policy 3.2: grants before acls. Not thread-safe. Source: policy
 * 3.3, 3.8-3.10, 5.2.
 */
final class ProgramBuilder {
    /** Capabilities that the sources must know of too, and what those are told. Source: policy 3.8. */
    private static final Map<String, String> COMPANIONS = new LinkedHashMap<>();

    static {
        COMPANIONS.put("tailscale.com/cap/drive", "tailscale.com/cap/drive-sharer");
        COMPANIONS.put("tailscale.com/cap/relay", "tailscale.com/cap/relay-target");
    }

    private static final String LOCAL_PART = "localpart:*@";
    private static final SshPolicy.RecordingFailure ON_FAILURE = new SshPolicy.RecordingFailure(
            "session cannot be recorded and the policy requires it", "recording of the session broke off");

    private final Principals principals = new Principals();
    private final Map<String, Selector> selectors = new HashMap<>();
    private final Map<String, Integer> atomTokens = new HashMap<>();
    private final List<Atom> atoms = new ArrayList<>();
    private final Map<ExprKey, SourceExpr> exprsByKey = new HashMap<>();
    private final List<SourceExpr> exprs = new ArrayList<>();
    private final List<Rule> rules = new ArrayList<>();
    private final List<ViaGrant> viaGrants = new ArrayList<>();
    private final List<SshEntry> ssh = new ArrayList<>();
    private final List<AttributeEntry> attributes = new ArrayList<>();
    private final Map<String, Integer> postureNumbers = new HashMap<>();
    private final List<Posture> postures = new ArrayList<>();
    private final List<VipService> services = new ArrayList<>();
    /** By position of an app rule: the tokens of the recorders that each value of its capability names. */
    private final Map<Integer, List<List<Integer>>> recorders = new HashMap<>();

    private PolicyOptions options = PolicyOptions.NONE;
    /** Names of the identities, by index. */
    private final List<String> identities = new ArrayList<>();

    /** Names of the postures, by number. */
    private final List<String> postureNames = new ArrayList<>();

    private record ExprKey(boolean any, boolean danger, List<Integer> tokens, List<Integer> required) {}

    /** Ports of some protocols; no protocol means all that need none named. */
    record PortGroup(List<Integer> protocols, List<Rule.Ports> ports) {}

    /**
     * @param destinations without {@code autogroup:self}
     * @param app capability to JSON text
     * @param via tags
     * @param postures numbers of postures
     */
    record GrantForm(
            List<Selector> sources,
            List<Selector> destinations,
            boolean self,
            List<PortGroup> ports,
            SortedMap<String, String> app,
            List<Selector> via,
            List<Integer> postures) {}

    private int newToken(String name) {
        identities.add(name);
        return Tokens.ofIdentity(identities.size() - 1);
    }

    Selector login(String login) {
        return logins(login, Set.of(login));
    }

    /** The owners with one of the logins, under a name. */
    Selector logins(String name, Collection<String> logins) {
        return selectors.computeIfAbsent(name, absent -> {
            int token = newToken(absent);
            principals.addLogins(token, logins);
            return Selector.identity(token);
        });
    }

    Selector domain(String domain) {
        return selectors.computeIfAbsent("user:*@" + domain, absent -> {
            int token = newToken(absent);
            principals.addDomain(token, domain);
            return Selector.identity(token);
        });
    }

    Selector tag(String tag) {
        return selectors.computeIfAbsent(tag, absent -> {
            int token = newToken(absent);
            principals.addTag(token, tag);
            return Selector.identity(token);
        });
    }

    Selector members() {
        return selectors.computeIfAbsent("autogroup:member", absent -> {
            int token = newToken(absent);
            principals.addMembers(token);
            return Selector.identity(token);
        });
    }

    Selector tagged() {
        return selectors.computeIfAbsent("autogroup:tagged", absent -> {
            int token = newToken(absent);
            principals.addTagged(token);
            return Selector.identity(token);
        });
    }

    /** @param roles names of the roles whose holders are meant */
    Selector roles(String name, Collection<String> roles) {
        return selectors.computeIfAbsent(name, absent -> {
            int token = newToken(absent);
            principals.addRoles(token, roles);
            return Selector.identity(token);
        });
    }

    /** Addresses, prefixes and ranges as they are printed, in their order. */
    Selector literal(List<String> texts) {
        return Selector.literal(texts.stream().mapToInt(this::atom).toArray());
    }

    private int atom(String text) {
        return atomTokens.computeIfAbsent(text, absent -> {
            atoms.add(new Atom(text, Span.parse(text)));
            return Tokens.ofAtom(atoms.size() - 1);
        });
    }

    /** The number of a posture. */
    int posture(String name, Posture posture) {
        return postureNumbers.computeIfAbsent(name, absent -> {
            postures.add(posture);
            postureNames.add(absent);
            return postures.size() - 1;
        });
    }

    void options(PolicyOptions newOptions) {
        this.options = newOptions;
    }

    /** Those of the tailnet, by name. */
    void services(Collection<VipService> all) {
        services.addAll(all);
    }

    private SourceExpr sources(Collection<Selector> of, Collection<Integer> conditions) {
        boolean any = false;
        boolean danger = false;
        TreeSet<Integer> tokens = new TreeSet<>();
        for (Selector selector : of) {
            switch (selector.kind()) {
                case ANY -> any = true;
                case DANGER_ALL -> danger = true;
                case INTERNET -> Program.INTERNET.forEach(text -> tokens.add(atom(text)));
                case IDENTITY, LITERAL -> tokens.addAll(selector.tokens());
            }
        }
        List<Integer> required = List.copyOf(new TreeSet<>(conditions));
        if (danger && !required.isEmpty()) {
            // With a condition it is the list of all addresses.
            danger = false;
            tokens.add(atom("0.0.0.0/0"));
            tokens.add(atom("::/0"));
        }
        ExprKey key = new ExprKey(any, danger, List.copyOf(tokens), required);
        SourceExpr known = exprsByKey.get(key);
        if (known == null) {
            known = new SourceExpr(exprs.size(), name(key), any, danger, key.tokens(), required);
            exprs.add(known);
            exprsByKey.put(key, known);
        }
        return known;
    }

    /** Depends on what the policy names, not on how many aliases it has. */
    private String name(ExprKey key) {
        TreeSet<String> words = new TreeSet<>();
        for (int token : key.tokens()) {
            int index = Tokens.indexOf(token);
            words.add(Tokens.isAtom(token) ? atoms.get(index).text() : identities.get(index));
        }
        key.required().forEach(number -> words.add(postureNames.get(number)));
        Fingerprint hash = Hash128.of((key.any() ? "*" : "") + (key.danger() ? "!" : "") + String.join(" ", words));
        HexFormat hex = HexFormat.of();
        return "s" + hex.toHexDigits(hash.high()) + hex.toHexDigits((int) (hash.low() >>> 32));
    }

    void grant(GrantForm grant) {
        if (grant.sources().isEmpty()) {
            return;
        }
        SourceExpr source = sources(grant.sources(), grant.postures());
        if (!grant.via().isEmpty()) {
            via(grant, source);
            return;
        }
        if (!grant.destinations().isEmpty()) {
            for (PortGroup group : grant.ports()) {
                rules.add(new Rule.Packets(rules.size(), source, group.protocols(), parts(grant, group)));
            }
            if (!grant.app().isEmpty()) {
                rules.add(new Rule.App(rules.size(), source, grant.destinations(), grant.app()));
                noteRecorders(grant.app());
                SourceExpr reversed = sources(grant.destinations(), List.of());
                companionsOf(grant.app())
                        .forEach(told -> rules.add(new Rule.Companion(rules.size(), reversed, source, told)));
            }
        }
        if (grant.self()) {
            for (PortGroup group : grant.ports()) {
                rules.add(new Rule.SelfPackets(rules.size(), source, group.protocols(), group.ports()));
            }
            if (!grant.app().isEmpty()) {
                rules.add(new Rule.SelfApp(rules.size(), source, grant.app()));
                noteRecorders(grant.app());
                companionsOf(grant.app())
                        .forEach(told -> rules.add(new Rule.SelfCompanion(rules.size(), source, told)));
            }
        }
    }

    /** Of the rule that was added last. */
    private void noteRecorders(SortedMap<String, String> app) {
        List<List<String>> tags = SessionRecorders.tagsOf(app);
        if (!tags.isEmpty()) {
            recorders.put(
                    rules.size() - 1,
                    tags.stream()
                            .map(named -> named.stream()
                                    .flatMap(tag -> tag(tag).tokens().stream())
                                    .toList())
                            .toList());
        }
    }

    private static List<SortedMap<String, String>> companionsOf(SortedMap<String, String> app) {
        List<SortedMap<String, String>> told = new ArrayList<>();
        COMPANIONS.forEach((capability, companion) -> {
            if (app.containsKey(capability)) {
                told.add(new TreeMap<>(Map.of(companion, "null")));
            }
        });
        return told;
    }

    private static List<Rule.Part> parts(GrantForm grant, PortGroup group) {
        return grant.destinations().stream()
                .map(to -> new Rule.Part(to, group.ports()))
                .toList();
    }

    private void via(GrantForm grant, SourceExpr source) {
        List<Integer> tags =
                grant.via().stream().flatMap(tag -> tag.tokens().stream()).toList();
        for (PortGroup group : grant.ports()) {
            rules.add(new Rule.Via(rules.size(), source, group.protocols(), parts(grant, group), tags));
        }
        viaGrants.add(new ViaGrant(
                source,
                tags,
                grant.destinations().stream()
                        .flatMap(to -> to.tokens().stream())
                        .filter(Tokens::isAtom)
                        .toList(),
                grant.destinations().stream().anyMatch(to -> to.kind() == Selector.Kind.INTERNET)));
    }

    /** @param words the users of the entry, trimmed */
    void ssh(
            boolean check,
            Duration checkPeriod,
            List<Selector> sources,
            List<Selector> destinations,
            boolean self,
            List<String> words,
            List<String> acceptEnv,
            List<Selector> recorders,
            boolean enforceRecorder,
            List<Integer> conditions) {
        SortedMap<String, String> users = new TreeMap<>();
        users.put("root", "");
        List<String> domains = new ArrayList<>();
        for (String word : words) {
            if (word.equals("autogroup:nonroot")) {
                users.put("*", "=");
            } else if (word.startsWith(LOCAL_PART) && word.length() > LOCAL_PART.length()) {
                domains.add(word.substring(LOCAL_PART.length()).toLowerCase(Locale.ROOT));
            } else {
                users.put(word, word);
            }
        }
        ssh.add(new SshEntry(
                ssh.size(),
                check,
                checkPeriod,
                tokens(sources),
                tokens(destinations),
                self,
                users,
                domains,
                acceptEnv,
                tokens(recorders),
                enforceRecorder ? ON_FAILURE : null,
                List.copyOf(new TreeSet<>(conditions))));
    }

    private static List<Integer> tokens(List<Selector> selectors) {
        TreeSet<Integer> tokens = new TreeSet<>();
        selectors.forEach(selector -> tokens.addAll(selector.tokens()));
        return List.copyOf(tokens);
    }

    void attributes(List<Selector> targets, List<String> names, SortedMap<String, List<String>> app) {
        attributes.add(new AttributeEntry(targets, names, app));
    }

    /** What a tailnet without acls and grants has. Source: policy 1.3. */
    void allowAll() {
        grant(new GrantForm(
                List.of(Selector.ANY),
                List.of(Selector.ANY),
                false,
                List.of(new PortGroup(List.of(), List.of(new Rule.Ports(0, 65535)))),
                new TreeMap<>(),
                List.of(),
                List.of()));
    }

    Program build() {
        return new Program(
                principals,
                atoms,
                identities.size(),
                exprs,
                rules,
                viaGrants,
                ssh,
                attributes,
                postures,
                services,
                recorders,
                options);
    }
}
