package io.fleetscale.control.flowlog;

import org.jspecify.annotations.Nullable;

/**
 * What a node counted during some seconds.
 *
 * @param node stable id of the node that uploaded it
 * @param process and {@code sequence}: the same for an upload that comes again; absent: the client does not say
 * @param isSpoofed it speaks for another node; it is kept only to be counted
 * @param json an object as the API shows it, without the time of its arrival
 */
record FlowRecord(
        String node, @Nullable Long process, @Nullable Long sequence, boolean isSpoofed, String json) {}
