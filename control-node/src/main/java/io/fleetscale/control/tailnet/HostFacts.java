package io.fleetscale.control.tailnet;

/** The part of a client's host info that policies may look at, and that is therefore hard state. */
public record HostFacts(
        String os,
        String osVersion,
        String clientVersion,
        String distro,
        String deviceModel,
        boolean stateEncrypted,
        boolean autoUpdate) {
    public static final HostFacts NONE = new HostFacts("", "", "", "", "", false, false);

    /** Facts of a client that does not update itself. */
    public HostFacts(
            String os,
            String osVersion,
            String clientVersion,
            String distro,
            String deviceModel,
            boolean stateEncrypted) {
        this(os, osVersion, clientVersion, distro, deviceModel, stateEncrypted, false);
    }
}
