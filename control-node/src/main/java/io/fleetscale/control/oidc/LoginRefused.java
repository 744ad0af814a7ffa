package io.fleetscale.control.oidc;

import org.jspecify.annotations.Nullable;

/** A step of a login that did not succeed: ends it with an error page. */
final class LoginRefused extends Exception {
    private static final long serialVersionUID = 1L;

    private final int status;
    private final @Nullable String hint;

    private LoginRefused(int status, String reason, @Nullable String hint, @Nullable Throwable cause) {
        super(reason, cause);
        this.status = status;
        this.hint = hint;
    }

    /** @param reason for the log only */
    static LoginRefused because(int status, String reason) {
        return new LoginRefused(status, reason, null, null);
    }

    static LoginRefused because(int status, String reason, Throwable cause) {
        return new LoginRefused(status, reason, null, cause);
    }

    /** @param hint for the page: what the person can do; holds nothing that a stranger sent */
    static LoginRefused withHint(int status, String reason, String hint) {
        return new LoginRefused(status, reason, hint, null);
    }

    static LoginRefused withHint(int status, String reason, String hint, Throwable cause) {
        return new LoginRefused(status, reason, hint, cause);
    }

    int status() {
        return status;
    }

    String reason() {
        return String.valueOf(getMessage());
    }

    @Nullable
    String hint() {
        return hint;
    }
}
