/**
 * Tailscale's Terraform provider against a server: {@link io.fleetscale.loadtest.terraform.TerraformCommand} runs it for whoever
 * has its binary and records what it says over HTTP; {@link io.fleetscale.loadtest.terraform.Replay} says the same to another
 * server without it.
 */
@NullMarked
package io.fleetscale.loadtest.terraform;

import org.jspecify.annotations.NullMarked;
