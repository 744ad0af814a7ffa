package io.fleetscale.control.policy;

import io.fleetscale.wire.tailcfg.SshPolicy;
import java.time.Duration;

/**
 * How a node that asks about a session over SSH is answered. Source: policy 5.4.
 *
 * @param period how long an approval lasts; zero: each session needs one
 * @param accept what lets the session in, with its recorders
 */
public record SshCheck(Duration period, SshPolicy.Action accept) {}
