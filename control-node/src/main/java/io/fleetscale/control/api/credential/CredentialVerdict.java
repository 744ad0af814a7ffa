package io.fleetscale.control.api.credential;

/** What a shown credential is worth. Each transport words the refusals in its own form. */
public sealed interface CredentialVerdict {
    record Accepted(Principal principal) implements CredentialVerdict {}

    /** Nothing was shown. */
    record Missing() implements CredentialVerdict {}

    /** An Authorization value that does not start with {@code Bearer } and one space, case-sensitively. */
    record WrongScheme() implements CredentialVerdict {}

    /** Malformed, of a kind that this API does not take, unknown, or with a wrong secret: callers are not told which. */
    record Rejected() implements CredentialVerdict {}

    /** The right secret of a key whose time is over. */
    record Expired() implements CredentialVerdict {}

    /** Rejected, and the caller's address has used up its failed attempts. */
    record Throttled() implements CredentialVerdict {}
}
