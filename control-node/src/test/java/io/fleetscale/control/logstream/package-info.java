/** Tests of the streams of the audit log: their forms, and their delivery. */
@NullMarked
package io.fleetscale.control.logstream;

import org.jspecify.annotations.NullMarked;
