package io.fleetscale.control.policy.engine;

import io.fleetscale.control.policy.Fingerprint;
import io.fleetscale.control.tailnet.TailnetImage;
import io.fleetscale.wire.ip.IpPrefix;
import java.util.List;
import org.pcollections.HashPMap;
import org.pcollections.TreePMap;

/**
 * Everything that a policy says at one image. Immutable; the next tables share all that did not change. The arrays are by
 * number of class, source expression or SSH entry and must not be changed.
 *
 * @param shared what outlives single tables
 * @param stamp raised with each change
 * @param filterStamps by class, when the packet filter of its members last changed
 * @param mergeStamp when it last changed which sources print the same
 * @param routers who has which subnet route approved, by creation, then number
 * @param sameSources source expressions by what they print, where rules are merged by that
 * @param primaries the routes that each node is elected for
 */
@SuppressWarnings("ArrayRecordComponent") // never compared; the arrays are shared with the next tables
record PolicyTables(
        Shared shared,
        TailnetImage image,
        long stamp,
        LongTable<NodeState> nodes,
        LongTable<UserState> users,
        ClassState[] classes,
        long[] filterStamps,
        long mergeStamp,
        SourceSet[] sources,
        SshSources[] ssh,
        TreePMap<IpPrefix, List<NodeState>> routers,
        HashPMap<Fingerprint, Ints> sameSources,
        LongTable<List<IpPrefix>> primaries) {

    /**
     * What all policies have in common that follow each other without a change of the program.
     *
     * @param bucketTexts source sets with more texts are cut up, and rules are merged only if they name the same sources; 0:
     *     nothing is cut, and rules are merged if their sources print the same
     */
    record Shared(
            Program program,
            ClassTable table,
            Numbering numbering,
            SourceList.Lineage lineage,
            TemplateCache templates,
            PolicyEnvironment environment,
            int bucketTexts) {
        boolean inBuckets() {
            return bucketTexts > 0;
        }
    }
}
