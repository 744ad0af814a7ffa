package io.fleetscale.control.cli;

import io.fleetscale.proto.policy.v1.Change;
import io.fleetscale.proto.policy.v1.DiffPolicyResponse;
import io.fleetscale.proto.policy.v1.Direction;
import io.fleetscale.proto.policy.v1.ExplainPolicyResponse;
import io.fleetscale.proto.policy.v1.Explanation;
import io.fleetscale.proto.policy.v1.Members;
import io.fleetscale.proto.policy.v1.Party;
import io.fleetscale.proto.policy.v1.Rule;
import io.fleetscale.proto.policy.v1.SshAccess;
import java.util.List;
import java.util.stream.Collectors;

/** Answers about policies, for people. */
final class PolicyReports {
    private static final int MAX_PLACES = 4;

    private final StringBuilder out = new StringBuilder();

    private PolicyReports() {}

    static String of(ExplainPolicyResponse answer) {
        PolicyReports report = new PolicyReports();
        answer.getPairsList().forEach(report::pair);
        if (answer.getOmitted() > 0) {
            report.line("... and " + answer.getOmitted() + " more pairs: ask about fewer nodes");
        }
        return report.out.toString().stripTrailing();
    }

    /** Names come from clients: control characters must not reach the terminal. */
    private void line(String text) {
        text.codePoints().forEach(c -> out.appendCodePoint(Character.isISOControl(c) ? '\ufffd' : c));
        out.append('\n');
    }

    private void pair(Explanation pair) {
        String forward = text(pair.getSource()) + " -> " + text(pair.getDestination()) + ", " + pair.getTraffic();
        direction(forward, pair.getForward());
        if (!pair.getVisible()) {
            line("  the two do not see each other");
        }
        if (pair.hasReverse()) {
            direction(
                    "back: " + pair.getDestination().getName() + " -> "
                            + pair.getSource().getName() + ", " + pair.getTraffic(),
                    pair.getReverse());
        }
        if (pair.hasSsh()) {
            ssh(pair.getSsh());
        }
        out.append('\n');
    }

    private static String text(Party party) {
        String alike = party.getAlike() > 1 ? ", one of " + party.getAlike() + " alike" : "";
        return party.getName() + " (" + party.getIdentity() + alike + ")";
    }

    private void direction(String subject, Direction direction) {
        line(subject + ": " + (direction.getAllowed() ? "allowed" : "NOT allowed"));
        line("  " + direction.getPath());
        rules("", direction.getRulesList());
        rules("nearest: ", direction.getNearestList());
    }

    private void rules(String prefix, List<Rule> rules) {
        for (Rule rule : rules) {
            String place = rule.getSection().isEmpty()
                    ? ""
                    : rule.getSection() + "[" + rule.getIndex() + "], line " + rule.getLine() + ": ";
            line("  " + prefix + place + rule.getText());
            rule.getLacksList().forEach(lack -> line("    but " + lack));
        }
    }

    private void ssh(SshAccess ssh) {
        if (ssh.getLoginsList().isEmpty()) {
            line("ssh: nobody may log in");
        } else {
            line("ssh: "
                    + ssh.getLoginsList().stream()
                            .map(login ->
                                    (login.getRequested().equals("*") ? "every user but root" : login.getRequested())
                                            + (login.getCheck() ? " after a check" : ""))
                            .collect(Collectors.joining(", "))
                    + (ssh.getPortOpen() ? "" : "; but TCP port 22 is not let through"));
        }
        rules("", ssh.getRulesList());
        rules("nearest: ", ssh.getNearestList());
    }

    static String of(DiffPolicyResponse answer) {
        PolicyReports report = new PolicyReports();
        if (answer.getChangesList().isEmpty() && answer.getSeenGained() + answer.getSeenLost() == 0) {
            return "Nothing changes for the " + answer.getNodes() + " nodes of the tailnet.";
        }
        report.line(answer.getNodesTouched() + " of " + answer.getNodes() + " nodes are touched; "
                + answer.getSeenGained() + " pairs of nodes begin to see each other, " + answer.getSeenLost()
                + " no longer do");
        answer.getChangesList().forEach(report::change);
        if (answer.getOmitted() > 0) {
            report.line("... and " + answer.getOmitted() + " smaller changes");
        }
        return report.out.toString().stripTrailing();
    }

    private void change(Change change) {
        StringBuilder text = new StringBuilder(change.getGained() ? "+ " : "- ");
        if (change.getKind().equals("attribute")) {
            line(text.append(members(change.getDestinations()))
                    .append(": attribute ")
                    .append(change.getWhat())
                    .toString());
            return;
        }
        text.append(
                change.getOwnOnly() ? "own nodes of " + members(change.getSources()) : members(change.getSources()));
        if (change.getOutsideCount() > 0) {
            text.append(change.getSources().getCount() > 0 ? " and " : "").append(places(change.getOutsideList()));
        }
        text.append(" -> ");
        text.append(
                change.getPlacesCount() > 0
                        ? places(change.getPlacesList()) + " behind " + members(change.getDestinations())
                        : change.getOwnOnly() ? "each other" : members(change.getDestinations()));
        text.append(": ")
                .append(
                        switch (change.getKind()) {
                            case "ssh" -> "ssh ";
                            case "application" -> "capability ";
                            default -> "";
                        })
                .append(change.getWhat());
        line(text.append(" (").append(change.getPairs()).append(" pairs)").toString());
    }

    private static String places(List<String> places) {
        String first = String.join(", ", places.subList(0, Math.min(MAX_PLACES, places.size())));
        return places.size() > MAX_PLACES ? first + " and " + (places.size() - MAX_PLACES) + " more" : first;
    }

    private static String members(Members members) {
        if (members.getCount() == 0) {
            return "";
        }
        String more = members.getMoreIdentities() > 0 ? " and " + members.getMoreIdentities() + " more" : "";
        String names = String.join(", ", members.getExamplesList());
        return String.join(", ", members.getIdentitiesList()) + more + " (" + names
                + (members.getCount() > members.getExamplesCount() ? ", ... " + members.getCount() + " nodes" : "")
                + ")";
    }
}
