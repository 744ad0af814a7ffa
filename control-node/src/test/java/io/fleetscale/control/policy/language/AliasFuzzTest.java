package io.fleetscale.control.policy.language;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.fleetscale.control.policy.hujson.Json;
import io.fleetscale.control.policy.hujson.Position;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Any word of a policy denotes something or is refused with its place, wherever it stands. */
class AliasFuzzTest {
    private static final List<String> PLACES = List.of(
            "{\"acls\": [{\"action\": \"accept\", \"src\": [%1$s], \"dst\": [\"*:*\"]}]}",
            "{\"acls\": [{\"action\": \"accept\", \"src\": [\"*\"], \"dst\": [%1$s]}]}",
            "{\"grants\": [{\"src\": [%1$s], \"dst\": [%1$s], \"ip\": [\"*\"]}]}",
            "{\"grants\": [{\"src\": [\"*\"], \"dst\": [\"*\"], \"ip\": [%1$s]}]}",
            "{\"ssh\": [{\"action\": \"check\", \"src\": [\"a@b.c\"], \"dst\": [%1$s], \"users\": [%1$s], \"checkPeriod\": %1$s}]}",
            "{\"nodeAttrs\": [{\"target\": [%1$s], \"attr\": [%1$s], \"ipPool\": [%1$s]}]}",
            "{\"ipsets\": {\"ipset:a\": [%1$s]}, \"hosts\": {%1$s: %1$s}}",
            "{\"postures\": {\"posture:a\": [%1$s]}, \"tagOwners\": {%1$s: [%1$s]}}",
            "{\"autoApprovers\": {\"routes\": {%1$s: [%1$s]}}, \"groups\": {%1$s: [%1$s]}}",
            "{\"tests\": [{\"src\": %1$s, \"proto\": %1$s, \"accept\": [%1$s]}]}",
            "{\"sshTests\": [{\"src\": %1$s, \"dst\": [%1$s], \"accept\": [%1$s]}]}");

    @FuzzTest(maxDuration = "60s")
    void denotesOrIsRefused(byte[] data) {
        String word =
                new Json.JsonString(new Position(1, 1), new String(data, StandardCharsets.UTF_8)).toStandardJson();
        for (String place : PLACES) {
            try {
                PolicyDocument unused = PolicyReader.read(place.replace("%1$s", word));
            } catch (PolicyException e) {
                if (e.located().isEmpty()) {
                    throw new AssertionError("no reason", e);
                }
            }
        }
    }
}
