/**
 * Sessions over SSH that a rule with {@code check} holds: the node that is called asks this server, a person approves, the
 * approval counts for a while. Any instance answers. Source: policy 5.4; headscale-surface 7.6.
 *
 * <p>Starting points: {@link io.fleetscale.control.ssh.SshChecks}, {@link io.fleetscale.control.ssh.SshActionRpc}.
 */
@NullMarked
package io.fleetscale.control.ssh;

import org.jspecify.annotations.NullMarked;
