/**
 * Configuration that reaches clients (prefixes, DNS, the DERP map, defaults of nodes) is tailnet state: one instance imports
 * it into the log when it changed, all others follow the log. Starting point: {@link
 * io.fleetscale.control.setting.SettingImport}.
 */
@NullMarked
package io.fleetscale.control.setting;

import org.jspecify.annotations.NullMarked;
