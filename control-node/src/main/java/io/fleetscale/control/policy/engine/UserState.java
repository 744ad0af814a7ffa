package io.fleetscale.control.policy.engine;

import io.fleetscale.control.tailnet.User;
import org.jspecify.annotations.Nullable;

/**
 * A user and its untagged nodes. Immutable.
 *
 * @param user absent while only nodes name it
 * @param identity tokens that hold for its nodes
 * @param login by which SSH knows it, empty if unknown
 * @param stamp raised whenever its nodes or their addresses change
 */
record UserState(@Nullable User user, Ints identity, String login, IdSet nodes, long stamp) {}
