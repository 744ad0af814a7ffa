package io.fleetscale.control.tailnet;

/** Whether a user may take part. Source: tailscale-api-v2 8.4. */
public enum UserStatus {
    ACTIVE(0),
    /** Shut out by an administrator: its nodes see nobody and its tokens are refused. */
    SUSPENDED(1),
    /** Logged in for the first time in a tailnet that approves its users. */
    NEEDS_APPROVAL(2);

    private final int number;

    UserStatus(int number) {
        this.number = number;
    }

    /** As it is stored. */
    public int number() {
        return number;
    }

    /** A number of a newer release shuts the user out: whatever it means, it is not "active". */
    public static UserStatus ofNumber(int number) {
        for (UserStatus status : values()) {
            if (status.number == number) {
                return status;
            }
        }
        return SUSPENDED;
    }
}
