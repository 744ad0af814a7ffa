package io.fleetscale.control.derpmap;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetscale.wire.tailcfg.DerpMap;
import org.junit.jupiter.api.Test;

class DerpMapOverlayTest {
    private static final DerpMap BASE = DerpMapSettings.fromJson("""
                    {"Regions": {
                      "1": {"RegionID": 1, "RegionCode": "one", "Nodes": [{"Name": "1a", "RegionID": 1, "HostName": "one.test"}]},
                      "2": {"RegionID": 2, "RegionCode": "two", "Nodes": [{"Name": "2a", "RegionID": 2, "HostName": "two.test"}]}}}""").map();
    private static final String OWN =
            "\"900\": {\"RegionID\": 900, \"RegionCode\": \"own\", \"Nodes\": [{\"Name\": \"900a\", \"RegionID\": 900, \"HostName\": \"own.test\"}]}";

    private static DerpMap merged(String overlay) {
        return DerpMapOverlay.parse(overlay).over(BASE);
    }

    @Test
    void addsAndTakesAwayRegions() {
        assertThat(merged("{\"Regions\": {" + OWN + ", \"1\": null}}").regions())
                .containsOnlyKeys(2, 900);
        assertThat(merged("{\"Regions\": {" + OWN + "}}").regions()).containsOnlyKeys(1, 2, 900);
    }

    @Test
    void leavesOnlyItsOwnWhenAsked() {
        assertThat(merged("{\"OmitDefaultRegions\": true, \"Regions\": {" + OWN + "}}")
                        .regions())
                .containsOnlyKeys(900);
    }

    @Test
    void nothingChangesNothing() {
        assertThat(merged("")).isEqualTo(BASE);
    }
}
