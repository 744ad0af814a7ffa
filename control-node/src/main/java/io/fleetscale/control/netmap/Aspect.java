package io.fleetscale.control.netmap;

/** What a notice says about its subject: bits, joined when several notices are merged. */
final class Aspect {
    /** For viewers other than the subject: a whole node must be sent. */
    static final int UPSERT = 1;
    /** The node is not visible any more, or was not at some time in between. */
    static final int REMOVED = 1 << 1;

    static final int ENDPOINTS = 1 << 2;
    static final int DERP = 1 << 3;
    static final int ONLINE = 1 << 4;
    static final int DISCO = 1 << 5;
    static final int KEY = 1 << 6;
    static final int EXPIRY = 1 << 7;
    static final int CAP = 1 << 8;
    static final int CAP_MAP = 1 << 9;
    /** The profile of the node's owner may be unknown to the viewers. */
    static final int PROFILE = 1 << 10;

    /** For the subject itself: its own entry. */
    static final int OWN_NODE = 1 << 16;

    static final int OWN_FILTER = 1 << 17;
    static final int OWN_SSH = 1 << 18;
    static final int OWN_DNS = 1 << 19;
    /** It belongs to another class now: a full map is due. */
    static final int OWN_CLASS = 1 << 20;
    /** It was removed: its session ends. */
    static final int OWN_END = 1 << 21;

    /** For all viewers of the class. */
    static final int ALL_DERP_MAP = 1 << 24;

    static final int ALL_DNS = 1 << 25;
    static final int ALL_FILTER = 1 << 26;
    static final int ALL_SSH = 1 << 27;
    static final int ALL_NODE = 1 << 28;

    static final int PEER_BITS = (1 << 16) - 1;
    static final int OWN_BITS = OWN_NODE | OWN_FILTER | OWN_SSH | OWN_DNS | OWN_CLASS | OWN_END;

    private Aspect() {}
}
