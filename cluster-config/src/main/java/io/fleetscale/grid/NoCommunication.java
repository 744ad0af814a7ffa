package io.fleetscale.grid;

import java.io.Serializable;
import org.apache.ignite.cluster.ClusterNode;
import org.apache.ignite.spi.IgniteSpiAdapter;
import org.apache.ignite.spi.IgniteSpiException;
import org.apache.ignite.spi.IgniteSpiMultipleInstancesSupport;
import org.apache.ignite.spi.communication.CommunicationListener;
import org.apache.ignite.spi.communication.CommunicationSpi;
import org.jspecify.annotations.Nullable;

/** What an instance that is alone talks over: nothing. It has no port and no threads. */
@IgniteSpiMultipleInstancesSupport(true)
final class NoCommunication extends IgniteSpiAdapter implements CommunicationSpi<Serializable> {
    @Override
    public void spiStart(String startName) {}

    @Override
    public void spiStop() {}

    @Override
    public void sendMessage(ClusterNode node, Serializable message) {
        throw new IgniteSpiException("a message to " + node.id() + ": this grid has one instance only");
    }

    @Override
    public void setListener(@Nullable CommunicationListener<Serializable> listener) {}

    @Override
    public int getSentMessagesCount() {
        return 0;
    }

    @Override
    public long getSentBytesCount() {
        return 0;
    }

    @Override
    public int getReceivedMessagesCount() {
        return 0;
    }

    @Override
    public long getReceivedBytesCount() {
        return 0;
    }

    @Override
    public int getOutboundMessagesQueueSize() {
        return 0;
    }

    @Override
    public void resetMetrics() {}
}
