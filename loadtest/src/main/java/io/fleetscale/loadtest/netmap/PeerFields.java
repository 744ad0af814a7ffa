package io.fleetscale.loadtest.netmap;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a message says about one node: as {@code Node} or as {@code PeerChange}. One object is filled again and again; what
 * was absent is null, -1 or false. Texts are read only if {@code detailed}.
 */
final class PeerFields {
    /** Never a member of a message. */
    static final int ABSENT = -1;

    final boolean detailed;

    long id;

    @Nullable
    String key;

    @Nullable
    String name;

    @Nullable
    List<String> addresses;

    @Nullable
    List<String> tags;

    boolean hasEndpoints;

    @Nullable
    List<String> endpoints;
    /** Port of the first endpoint. */
    int port;

    int homeDerp;

    @Nullable
    Boolean online;

    PeerFields(boolean detailed) {
        this.detailed = detailed;
    }

    void clear() {
        id = ABSENT;
        key = null;
        name = null;
        addresses = null;
        tags = null;
        hasEndpoints = false;
        endpoints = null;
        port = ABSENT;
        homeDerp = ABSENT;
        online = null;
    }

    /** Reads a list of texts. */
    static List<String> texts(JsonScan scan) {
        List<String> list = new ArrayList<>(4);
        scan.enterArray();
        while (scan.nextElement()) {
            list.add(scan.text());
        }
        return list;
    }
}
