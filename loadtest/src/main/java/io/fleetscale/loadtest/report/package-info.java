/** Figures and the file that they are kept in: JSON for programs, a Markdown table for people. */
@NullMarked
package io.fleetscale.loadtest.report;

import org.jspecify.annotations.NullMarked;
