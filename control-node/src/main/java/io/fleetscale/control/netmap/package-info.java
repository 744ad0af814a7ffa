/**
 * From a change to the bytes that clients get: one writer keeps a view of each visibility class, numbers the changes, and
 * publishes immutable states; messages are rendered from a state, compressed once and shared. Starting points:
 * {@code Netmaps}, {@code NetmapState}, {@code MapMessages}.
 */
@NullMarked
package io.fleetscale.control.netmap;

import org.jspecify.annotations.NullMarked;
