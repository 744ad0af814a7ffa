package io.fleetscale.relay.metrics;

/** What the relay can be asked about its present state. Thread-safe. */
public interface RelayGauges {
    /** Admitted connections. */
    int connections();

    /** Connections that call this region their home. */
    int homeConnections();

    /** Connections that would rather be at another relay of the region. */
    int notIdealConnections();

    /** Distinct keys that are connected here. */
    int localPeers();

    /** Distinct keys that are connected here or to another relay of the region. */
    int regionPeers();

    /** Connections of other relays that hear who comes and goes. */
    int watchers();

    /** Keys with more than one connection. */
    int duplicateKeys();

    /** Connections of those keys. */
    int duplicateConnections();

    /** Bytes of packets that wait in send queues. */
    long queuedBytes();
}
