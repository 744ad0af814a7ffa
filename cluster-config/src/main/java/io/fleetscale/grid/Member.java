package io.fleetscale.grid;

import java.util.UUID;

/**
 * One instance as the grid sees it.
 *
 * @param id of this start of the instance's grid; a restart in place has a new one
 * @param instance the configured name of the instance, the same over restarts
 * @param programVersion as it announced it
 * @param order by which members joined, lowest first; unique within a grid
 * @param self whether it is the instance that asks
 */
public record Member(UUID id, String instance, String programVersion, long order, boolean self) {}
