package io.fleetscale.control.policy.language;

import io.fleetscale.control.policy.hujson.Json;
import io.fleetscale.control.policy.hujson.Position;
import io.fleetscale.wire.ip.IpPrefix;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Reads {@code nodeAttrs}. Source: policy 1.6 V30-V33, 6.1, 9.5, 9.8. */
final class AttributeReader {
    private static final Set<String> ENTRY = Set.of("target", "attr", "app", "ipPool");
    private static final IpPrefix CGNAT = IpPrefix.parse("100.64.0.0/10");
    private static final List<IpPrefix> RESERVED = List.of(
            IpPrefix.parse("100.100.0.0/24"), IpPrefix.parse("100.100.100.0/24"), IpPrefix.parse("100.115.92.0/23"));

    private final PolicyReader policy;

    AttributeReader(PolicyReader policy) {
        this.policy = policy;
    }

    List<PolicyDocument.NodeAttribute> attributes(List<Json> entries) throws PolicyException {
        List<PolicyDocument.NodeAttribute> attributes = new ArrayList<>(entries.size());
        for (Json element : entries) {
            Fields entry = Fields.of(element, "nodeAttrs", ENTRY);
            attributes.add(new PolicyDocument.NodeAttribute(
                    entry.line(), targets(entry), entry.strings("attr"), entry.jsonLists("app"), pool(entry)));
        }
        return attributes;
    }

    private List<Alias> targets(Fields entry) throws PolicyException {
        List<Alias> targets = new ArrayList<>();
        for (Json element : entry.list("target")) {
            Position at = element.at();
            String text = entry.stringOf(element, "target");
            boolean plainWord = Words.literal(text) == null
                    && !text.equals("*")
                    && text.indexOf(':') < 0
                    && text.indexOf('@') < 0
                    && !policy.words().isHost(text);
            if (plainWord) {
                throw new PolicyException(at, "\"" + text + "\": invalid address");
            }
            Alias target = policy.words().alias(at, text);
            switch (target) {
                case Alias.Tag tag
                when !policy.words().isTagDefined(tag.text()) ->
                    throw new PolicyException(at, "tag not found: \"" + tag.text() + "\"");
                case Alias.Self self -> throw new PolicyException(at, "internal server error");
                case Alias.Internet a -> throw notATarget(at, a);
                case Alias.DangerAll a -> throw notATarget(at, a);
                case Alias.Service a -> throw notATarget(at, a);
                case Alias.Shared a -> throw notATarget(at, a);
                default -> targets.add(target);
            }
        }
        return targets;
    }

    private static PolicyException notATarget(Position at, Alias alias) {
        return new PolicyException(at, "\"" + alias.text() + "\" cannot be the target of node attributes");
    }

    private static List<IpPrefix> pool(Fields entry) throws PolicyException {
        List<IpPrefix> pool = new ArrayList<>();
        for (Json element : entry.list("ipPool")) {
            Position at = element.at();
            String text = entry.stringOf(element, "ipPool");
            IpPrefix prefix;
            try {
                prefix = IpPrefix.parse(text).masked();
            } catch (IllegalArgumentException e) {
                throw new PolicyException(at, "IPPool(" + text + "): write ADDRESS/LENGTH");
            }
            if (RESERVED.stream().anyMatch(prefix::overlaps)) {
                throw new PolicyException(at, "IPPool(" + text + "): network within reserved range");
            }
            if (!CGNAT.contains(prefix)) {
                throw new PolicyException(at, "IPPool(" + text + "): network must lie within " + CGNAT);
            }
            pool.add(prefix);
        }
        return pool;
    }
}
