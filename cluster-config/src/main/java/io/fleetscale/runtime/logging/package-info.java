/**
 * The log of a process: SLF4J events through logback, set up in code from {@link io.fleetscale.config.LogConfig}. Text
 * for people goes to standard error, JSON lines go to standard output; both pass a filter that masks key material, as a
 * second line of defence behind the rule that secrets are never logged.
 *
 * <p>Starting points: {@link io.fleetscale.runtime.logging.Logging} starts and ends it; {@link
 * io.fleetscale.runtime.logging.StartupConfigurator} holds until then.
 */
@NullMarked
package io.fleetscale.runtime.logging;

import org.jspecify.annotations.NullMarked;
