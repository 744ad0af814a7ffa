package io.fleetscale.control.tailnet;

/** The part of a client's host info that policies may look at, and that is therefore hard state. */
public record HostFacts(
        String os, String osVersion, String clientVersion, String distro, String deviceModel, boolean stateEncrypted) {
    public static final HostFacts NONE = new HostFacts("", "", "", "", "", false);
}
