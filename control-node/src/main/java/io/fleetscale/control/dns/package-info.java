/** How nodes resolve names: the setting {@code dns} and what each node is told of it. Starting point: {@code DnsSettings}. */
@NullMarked
package io.fleetscale.control.dns;

import org.jspecify.annotations.NullMarked;
