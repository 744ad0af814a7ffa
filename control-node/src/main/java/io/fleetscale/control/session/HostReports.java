package io.fleetscale.control.session;

import io.fleetscale.control.node.HostReport;
import io.fleetscale.control.node.Nodes;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.TailnetImage;
import io.fleetscale.wire.tailcfg.Hostinfo;
import java.util.concurrent.CompletableFuture;

/** Takes the part of a client's host info that is hard state. */
@FunctionalInterface
public interface HostReports {
    /** Writes what changed of the node's hard state; completes at once when nothing did. */
    CompletableFuture<?> report(TailnetImage image, Node node, Hostinfo hostinfo);

    /** Writes only what differs, so that the usual update costs no transaction. */
    static HostReports of(Nodes nodes) {
        return (image, node, hostinfo) ->
                HostReport.apply(image, node, hostinfo).equals(node)
                        ? CompletableFuture.completedFuture(node)
                        : nodes.reportHost(node.id(), node.nodeKey(), hostinfo);
    }
}
