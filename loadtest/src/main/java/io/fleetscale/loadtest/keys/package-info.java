/** One-time pre-auth keys that several nodes want at once. Starting points: {@code KeyRace}, {@code KeysCommand}. */
@NullMarked
package io.fleetscale.loadtest.keys;

import org.jspecify.annotations.NullMarked;
