package io.fleetscale.control.netmap;

import io.fleetscale.control.derpmap.DerpMapOverlay;
import io.fleetscale.control.derpmap.DerpMapSettings;
import io.fleetscale.control.tailnet.Setting;
import io.fleetscale.control.tailnet.TailnetImage;
import io.fleetscale.wire.tailcfg.DerpMap;
import io.fleetscale.wire.tailcfg.JsonWriter;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** The DERP map of clients: the tailnet's, and what the policy merges over it. Confined to the thread of {@link Netmaps}. */
final class DerpMapDraft {
    private DerpMap ofTailnet = DerpMap.EMPTY;
    private SharedText text = new SharedText("{\"Regions\":{}}".getBytes(StandardCharsets.US_ASCII));

    SharedText text() {
        return text;
    }

    /**
     * Takes what an image and its policy say; whether clients have to be told.
     *
     * @param ofPolicy standard JSON; empty: nothing
     */
    boolean take(TailnetImage image, String ofPolicy) {
        DerpMap next = DerpMapSettings.effective(image);
        boolean beforeTheFirstImport = next.isEmpty() && image.setting(Setting.DERP_MAP) == null;
        if (!beforeTheFirstImport) {
            ofTailnet = next;
        } else if (ofTailnet.isEmpty() && ofPolicy.isEmpty()) {
            return false;
        }
        JsonWriter json = new JsonWriter(4096);
        DerpMapOverlay.parse(ofPolicy).over(ofTailnet).write(json);
        byte[] written = json.toBytes();
        if (Arrays.equals(written, text.text())) {
            return false;
        }
        text = new SharedText(written);
        return true;
    }
}
