package io.fleetscale.control.user;

/** What an administrator gives for a new local user; every text may be empty. */
public record NewUser(String name, String displayName, String email, String profilePicUrl) {}
