package io.fleetscale.wire.tailcfg;

/** Where a node stands, as its operator says. Source: control-protocol 6.13. */
public record Location(
        String country,
        String countryCode,
        String city,
        String cityCode,
        double latitude,
        double longitude,
        int priority) {}
