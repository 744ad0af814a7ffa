package io.fleetscale.control.api.policy;

import io.fleetscale.control.access.PolicyQuestions;
import io.fleetscale.control.policy.explain.Difference;
import io.fleetscale.control.policy.explain.Explainer;
import io.fleetscale.control.policy.explain.Explanation;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.proto.policy.v1.Change;
import io.fleetscale.proto.policy.v1.DiffPolicyResponse;
import io.fleetscale.proto.policy.v1.Direction;
import io.fleetscale.proto.policy.v1.ExaminePolicyResponse;
import io.fleetscale.proto.policy.v1.ExplainPolicyResponse;
import io.fleetscale.proto.policy.v1.Members;
import io.fleetscale.proto.policy.v1.Party;
import io.fleetscale.proto.policy.v1.Rule;
import io.fleetscale.proto.policy.v1.SshAccess;
import io.fleetscale.proto.policy.v1.SshLogin;
import io.fleetscale.proto.policy.v1.TestFailure;
import java.util.Locale;

/** Answers as messages. */
final class PolicyMessages {
    private PolicyMessages() {}

    static ExplainPolicyResponse explanation(Explainer.Answer answer) {
        return ExplainPolicyResponse.newBuilder()
                .addAllPairs(answer.pairs().stream().map(PolicyMessages::pair).toList())
                .setOmitted(answer.omitted())
                .build();
    }

    private static io.fleetscale.proto.policy.v1.Explanation pair(Explanation pair) {
        io.fleetscale.proto.policy.v1.Explanation.Builder message =
                io.fleetscale.proto.policy.v1.Explanation.newBuilder()
                        .setSource(party(pair.source()))
                        .setDestination(party(pair.destination()))
                        .setTraffic(pair.traffic())
                        .setVisible(pair.visible())
                        .setForward(direction(pair.forward()));
        if (pair.reverse() != null) {
            message.setReverse(direction(pair.reverse()));
        }
        if (pair.ssh() != null) {
            message.setSsh(ssh(pair.ssh()));
        }
        return message.build();
    }

    private static Party party(io.fleetscale.control.policy.explain.Party party) {
        Node node = party.node();
        return Party.newBuilder()
                .setName(party.name())
                .setIdentity(party.identity())
                .setNodeId(node == null ? 0 : node.id().value())
                .addAllAddresses(
                        party.addresses().stream().map(Object::toString).toList())
                .setAlike(party.alike())
                .build();
    }

    private static Direction direction(Explanation.Direction direction) {
        return Direction.newBuilder()
                .setAllowed(direction.allowed())
                .setPath(direction.path())
                .addAllRules(
                        direction.rules().stream().map(PolicyMessages::rule).toList())
                .addAllNearest(
                        direction.nearest().stream().map(PolicyMessages::rule).toList())
                .build();
    }

    private static Rule rule(Explanation.Rule rule) {
        return Rule.newBuilder()
                .setSection(rule.section())
                .setIndex(rule.index())
                .setLine(rule.line())
                .setText(rule.text())
                .addAllLacks(rule.lacks())
                .build();
    }

    private static SshAccess ssh(Explanation.SshAnswer ssh) {
        return SshAccess.newBuilder()
                .addAllLogins(ssh.logins().stream()
                        .map(login -> SshLogin.newBuilder()
                                .setRequested(login.requested())
                                .setLocal(login.local())
                                .setCheck(login.check())
                                .build())
                        .toList())
                .addAllRules(ssh.rules().stream().map(PolicyMessages::rule).toList())
                .addAllNearest(ssh.nearest().stream().map(PolicyMessages::rule).toList())
                .setPortOpen(ssh.portOpen())
                .build();
    }

    static DiffPolicyResponse difference(Difference difference) {
        return DiffPolicyResponse.newBuilder()
                .setNodes(difference.nodes())
                .setKinds(difference.kinds())
                .setNodesTouched(difference.nodesTouched())
                .setSeenGained(difference.seenGained())
                .setSeenLost(difference.seenLost())
                .addAllChanges(difference.changes().stream()
                        .map(PolicyMessages::change)
                        .toList())
                .setOmitted(difference.omitted())
                .build();
    }

    private static Change change(Difference.Change change) {
        return Change.newBuilder()
                .setKind(change.kind().name().toLowerCase(Locale.ROOT))
                .setGained(change.gained())
                .setSources(members(change.sources()))
                .setOwnOnly(change.ownOnly())
                .addAllOutside(change.outside())
                .setDestinations(members(change.destinations()))
                .addAllPlaces(change.places())
                .setWhat(change.what())
                .setPairs(change.pairs())
                .build();
    }

    private static Members members(Difference.Members members) {
        return Members.newBuilder()
                .setCount(members.count())
                .addAllIdentities(members.identities())
                .setMoreIdentities(members.moreIdentities())
                .addAllExamples(members.examples())
                .build();
    }

    static ExaminePolicyResponse examined(PolicyQuestions.Examined examined) {
        return ExaminePolicyResponse.newBuilder()
                .setValid(examined.isValid())
                .setMessage(examined.message())
                .setLine(examined.line())
                .setColumn(examined.column())
                .addAllWarnings(examined.warnings())
                .addAllFailures(examined.failures().stream()
                        .map(failure -> TestFailure.newBuilder()
                                .setSection(failure.section())
                                .setLine(failure.line())
                                .setSource(failure.source())
                                .addAllErrors(failure.errors())
                                .build())
                        .toList())
                .build();
    }
}
