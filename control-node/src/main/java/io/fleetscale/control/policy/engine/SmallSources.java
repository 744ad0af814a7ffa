package io.fleetscale.control.policy.engine;

import io.fleetscale.control.policy.FilterSources;
import io.fleetscale.control.policy.Fingerprint;
import io.fleetscale.control.policy.SharedJson;
import java.util.Collection;
import java.util.List;
import java.util.TreeSet;

/** Sources that are few. Immutable and thread-safe. */
final class SmallSources implements FilterSources {
    private final List<String> list;
    private final Fingerprint fingerprint;
    private final SharedJson json;

    SmallSources(Collection<String> texts) {
        this.list = List.copyOf(new TreeSet<>(texts));
        Fingerprint sum = Hash128.ZERO;
        for (String text : list) {
            sum = Hash128.plus(sum, Hash128.ofSource(text));
        }
        this.fingerprint = sum;
        this.json = SourceList.json(list.toArray(String[]::new));
    }

    @Override
    public List<String> list() {
        return list;
    }

    @Override
    public SharedJson json() {
        return json;
    }

    @Override
    public Fingerprint fingerprint() {
        return fingerprint;
    }
}
