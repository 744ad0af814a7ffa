package io.fleetscale.control.policy;

import io.fleetscale.control.tailnet.TailnetImage;
import io.fleetscale.control.tailnet.User;
import io.fleetscale.control.tailnet.UserId;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Words by which a policy could mean more than one user, such as an e-mail address that two identities carry. They mean nobody:
 * access must not go to whoever came second. Immutable. Source: field case F058.
 *
 * @param users by word in lower case, the users that it could mean
 */
public record SharedLogins(Map<String, List<UserId>> users) {
    public static final SharedLogins NONE = new SharedLogins(Map.of());

    public SharedLogins {
        users = Collections.unmodifiableMap(new TreeMap<>(users));
    }

    public static SharedLogins of(TailnetImage image) {
        Map<String, UserId> first = new HashMap<>();
        Map<String, List<UserId>> shared = new TreeMap<>();
        for (User user : image.users().values()) {
            for (String word : wordsOf(user)) {
                UserId other = first.putIfAbsent(word, user.id());
                if (other != null) {
                    shared.computeIfAbsent(word, absent -> new ArrayList<>(List.of(other)))
                            .add(user.id());
                }
            }
        }
        return shared.isEmpty() ? NONE : new SharedLogins(shared);
    }

    private static Set<String> wordsOf(User user) {
        Set<String> words = new HashSet<>();
        if (!user.email().isEmpty()) {
            words.add(user.email().toLowerCase(Locale.ROOT));
        }
        if (!user.name().isEmpty()) {
            words.add(user.name().toLowerCase(Locale.ROOT));
            words.add(user.name().toLowerCase(Locale.ROOT) + "@");
        }
        return words;
    }

    /** Whether a word of a policy could mean more than one user. */
    public boolean has(String word) {
        return !users.isEmpty() && users.containsKey(word.toLowerCase(Locale.ROOT));
    }
}
