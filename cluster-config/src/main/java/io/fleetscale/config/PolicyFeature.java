package io.fleetscale.config;

/** What a policy may use beyond rules; each can be switched off under {@code policy.features}, and a policy that uses it is refused then. */
public enum PolicyFeature {
    POSTURES("postures", "postures, srcPosture and defaultSrcPosture"),
    IP_SETS("ip_sets", "ipsets"),
    ROLES("roles", "autogroups of roles, such as autogroup:admin"),
    SERVICES("services", "services (svc:) and their approvers"),
    APP_CONNECTORS("app_connectors", "app in nodeAttrs, as for app connectors"),
    FUNNEL("funnel", "the node attribute funnel"),
    IP_POOLS("ip_pools", "ipPool in nodeAttrs"),
    DERP_MAP("derp_map", "derpMap"),
    TAILNET_OPTIONS("tailnet_options", "disableIPv4 and OneCGNATRoute"),
    SSH_RECORDING("ssh_recording", "recorder and enforceRecorder of ssh rules");

    private final String word;
    private final String meaning;

    PolicyFeature(String word, String meaning) {
        this.word = word;
        this.meaning = meaning;
    }

    /** Its key in the configuration. */
    public String key() {
        return "policy.features." + word;
    }

    /** What of a policy it is, for people. */
    public String meaning() {
        return meaning;
    }
}
