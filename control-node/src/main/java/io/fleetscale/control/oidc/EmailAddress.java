package io.fleetscale.control.oidc;

import java.util.Locale;
import java.util.Optional;

/** An e-mail address of the plain form {@code local@domain}. */
record EmailAddress(String local, String domain) {
    private static final int MAX_LENGTH = 254;

    /** Empty for everything else, such as two {@code @}, blanks or an empty part. */
    static Optional<EmailAddress> parse(String text) {
        int at = text.indexOf('@');
        boolean plain = at > 0
                && at < text.length() - 1
                && text.indexOf('@', at + 1) < 0
                && text.length() <= MAX_LENGTH
                && text.codePoints()
                        .noneMatch(c -> Character.isWhitespace(c) || Character.isISOControl(c) || isSpecial(c));
        return plain ? Optional.of(new EmailAddress(text.substring(0, at), text.substring(at + 1))) : Optional.empty();
    }

    private static boolean isSpecial(int c) {
        return "<>()[],;:\\\"".indexOf(c) >= 0;
    }

    /** Domains compare without case. */
    boolean isIn(String otherDomain) {
        return domain.toLowerCase(Locale.ROOT).equals(otherDomain.toLowerCase(Locale.ROOT));
    }

    @Override
    public String toString() {
        return local + "@" + domain;
    }
}
