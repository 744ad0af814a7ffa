package io.fleetscale.control.instance;

/**
 * What an instance writes of itself each second.
 *
 * @param reason why it is not simply ready; empty when it is
 * @param lastFenced why it fenced itself last; empty if it never did since its start
 * @param sessions map sessions that it holds
 * @param applied number of the last log record that it has applied
 */
public record InstanceReport(InstanceState state, String reason, String lastFenced, int sessions, long applied) {}
