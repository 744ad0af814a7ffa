package io.fleetscale.control.nodecert;

import io.fleetscale.control.changelog.Changelog;
import io.fleetscale.control.dns.DnsSettings;
import io.fleetscale.control.frontdoor.noise.NoiseRequest;
import io.fleetscale.control.frontdoor.noise.NoiseResponse;
import io.fleetscale.control.setting.TailnetSettings;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.TailnetImage;
import io.fleetscale.wire.tailcfg.SmallRequests;
import io.fleetscale.wire.tailcfg.TailcfgException;
import java.io.IOException;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code POST /machine/set-dns}: the record that shows an authority that a node has its name. Thread-safe; handlers wait for the
 * DNS server. Source: tailscale tailcfg/tailcfg.go, SetDNSRequest; control-protocol 3.4.
 */
public final class SetDnsCall {
    private static final Logger LOG = LoggerFactory.getLogger(SetDnsCall.class);
    private static final String CHALLENGE = "_acme-challenge.";
    /** The digest of a key authorization, base64url. Source: RFC 8555 8.4. */
    private static final Pattern VALUE = Pattern.compile("[A-Za-z0-9_-]{43}");

    private final Changelog changelog;
    private final @Nullable DnsUpdater updater;

    /** @param updater absent: this server sets no records */
    public SetDnsCall(Changelog changelog, @Nullable DnsUpdater updater) {
        this.changelog = changelog;
        this.updater = updater;
    }

    public void handle(NoiseRequest request, NoiseResponse response) {
        DnsUpdater dns = updater;
        if (dns == null) {
            response.answerText(501, "this server publishes no DNS records: get certificates another way\n");
            return;
        }
        SmallRequests.SetDns asked;
        try {
            asked = SmallRequests.SetDns.parse(request.body());
        } catch (TailcfgException e) {
            response.answerText(400, e.getMessage() + "\n");
            return;
        }
        TailnetImage image = changelog.image();
        Node node = image.nodeByKey(asked.nodeKey());
        if (node == null || !node.machineKey().equals(request.peer())) {
            response.answerText(403, "the node key is not that of this machine\n");
            return;
        }
        if (!TailnetSettings.of(image).httpsEnabled()) {
            response.answerText(403, "certificates for nodes are switched off (httpsEnabled)\n");
            return;
        }
        String name = CHALLENGE + nameOf(image, node);
        if (!asked.name().equals(name) || !dns.holds(name)) {
            response.answerText(403, "the name is not that of this node, " + name + "\n");
            return;
        }
        if (!asked.type().equals("TXT") || !VALUE.matcher(asked.value()).matches()) {
            response.answerText(400, "only the TXT record of a challenge can be set\n");
            return;
        }
        try {
            dns.replaceTxt(name, asked.value());
            response.answerJson(200, new byte[] {'{', '}'});
        } catch (IOException | IllegalArgumentException e) {
            LOG.atWarn()
                    .addKeyValue("node", node.id())
                    .addKeyValue("reason", e.getMessage())
                    .log("the record for a node's certificate was not set");
            response.answerText(502, "the record was not set, see the log of the server\n");
        }
    }

    private static String nameOf(TailnetImage image, Node node) {
        String name = DnsSettings.of(image).nameOf(node.givenName());
        return name.substring(0, name.length() - 1);
    }
}
