/** Logins that wait for a person: durable, answered by any instance. Starting point: {@code PendingLogins}. */
@NullMarked
package io.fleetscale.control.login;

import org.jspecify.annotations.NullMarked;
