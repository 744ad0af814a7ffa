package io.fleetscale.control.ssh;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetscale.control.database.Database;
import io.fleetscale.control.tailnet.NodeId;
import io.fleetscale.control.testing.TestDatabase;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class JdbcSshApprovalsIT {
    private static final Instant START = Instant.parse("2026-03-01T12:00:00Z");

    @Test
    void theLastApprovalOfAPairCounts() {
        try (Database database = TestDatabase.open()) {
            SshApprovals here = new JdbcSshApprovals(database);
            SshApprovals there = new JdbcSshApprovals(database);
            SshApprovals.Approval first = approval(1, 2, START);
            here.add(first);
            assertThat(there.find(new NodeId(1), new NodeId(2))).contains(first);
            assertThat(there.find(new NodeId(2), new NodeId(1))).isEmpty();
            SshApprovals.Approval second = approval(1, 2, START.plusSeconds(5));
            there.add(second);
            here.add(first); // comes late
            assertThat(here.find(new NodeId(1), new NodeId(2))).contains(second);

            here.add(approval(3, 4, START.plus(Duration.ofDays(9))));
            assertThat(here.find(new NodeId(1), new NodeId(2))).isEmpty();
        }
    }

    private static SshApprovals.Approval approval(long source, long destination, Instant at) {
        return new SshApprovals.Approval(new NodeId(source), new NodeId(destination), 7, 9, at);
    }
}
