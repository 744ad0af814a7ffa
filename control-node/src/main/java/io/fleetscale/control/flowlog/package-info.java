/**
 * Network flow logs: who spoke with whom, as nodes count it. Clients upload them as they upload all their logs; the server keeps
 * them for a while, shows them and streams them on.
 *
 * <p>Starting points: {@link io.fleetscale.control.flowlog.FlowLogUploads} takes them, {@link
 * io.fleetscale.control.flowlog.FlowLog} keeps them, {@link io.fleetscale.control.flowlog.FlowLogIds} are the names under which
 * nodes upload. Source: tailscale wgengine/netlog, logtail/api.md; tailscale-api-v2 8.10.
 */
@NullMarked
package io.fleetscale.control.flowlog;

import org.jspecify.annotations.NullMarked;
