/**
 * Asks a server from outside what its clients ask, and says what a reverse proxy in between does to them. Starting point: {@link
 * io.fleetscale.control.doctor.Doctor}.
 */
@NullMarked
package io.fleetscale.control.doctor;

import org.jspecify.annotations.NullMarked;
