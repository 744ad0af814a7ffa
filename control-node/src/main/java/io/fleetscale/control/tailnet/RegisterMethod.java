package io.fleetscale.control.tailnet;

/** How a node came into the tailnet. The numbers are those of headscale's API and of the stored form. */
public enum RegisterMethod {
    UNSPECIFIED(0),
    AUTH_KEY(1),
    CLI(2),
    OIDC(3);

    private final int number;

    RegisterMethod(int number) {
        this.number = number;
    }

    public int number() {
        return number;
    }

    public static RegisterMethod ofNumber(int number) {
        for (RegisterMethod method : values()) {
            if (method.number == number) {
                return method;
            }
        }
        return UNSPECIFIED;
    }
}
