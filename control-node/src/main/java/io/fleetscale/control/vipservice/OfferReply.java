package io.fleetscale.control.vipservice;

import com.google.protobuf.ByteString;
import io.fleetscale.control.name.NodeNames;
import io.fleetscale.control.tailnet.OfferedService;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * What a client answers about its services: the active ones, by name, and its mark of the list. Source: tailscale
 * tailcfg/c2ntypes.go.
 */
record OfferReply(String hash, List<OfferedService> offers) {
    static final int MAX_BYTES = 1 << 20;
    static final int MAX_SERVICES = 256;
    private static final int MAX_PORTS = 1024;
    private static final int MAX_PORT_CHARS = 64;
    private static final int MAX_HASH_CHARS = 256;
    private static final String HEAD_END = "\r\n\r\n";
    private static final JsonMapper JSON = JsonMapper.shared();

    OfferReply {
        offers = List.copyOf(offers);
    }

    /**
     * Reads a raw HTTP/1.1 response. Offers without a proper name are left out.
     *
     * @throws IllegalArgumentException saying what is wrong with it
     */
    static OfferReply parse(ByteString response) {
        if (response.size() > MAX_BYTES) {
            throw new IllegalArgumentException("an answer of " + response.size() + " bytes: more than " + MAX_BYTES);
        }
        String text = response.toString(StandardCharsets.UTF_8);
        int head = text.indexOf(HEAD_END);
        String[] status = text.split(" ", 3);
        if (head < 0 || status.length < 2 || !status[0].startsWith("HTTP/1.")) {
            throw new IllegalArgumentException("an answer that is no HTTP response");
        }
        if (!status[1].equals("200")) {
            throw new IllegalArgumentException("an answer of status " + status[1]);
        }
        String body = text.substring(head + HEAD_END.length());
        if (text.substring(0, head).toLowerCase(Locale.ROOT).contains("transfer-encoding: chunked")) {
            body = unchunked(body);
        }
        try {
            return of(JSON.readTree(body));
        } catch (JacksonException e) {
            throw new IllegalArgumentException("an answer that is no JSON: " + e.getOriginalMessage(), e);
        }
    }

    private static OfferReply of(JsonNode root) {
        List<OfferedService> offers = new ArrayList<>();
        Set<String> names = new HashSet<>();
        for (JsonNode service : root.path("VIPServices")) {
            String name = service.path("Name").asString("");
            boolean proper = name.startsWith(VipService.PREFIX)
                    && NodeNames.labelProblem(name.substring(VipService.PREFIX.length()))
                            .isEmpty();
            if (proper && service.path("Active").asBoolean(false) && names.add(name)) {
                offers.add(OfferedService.of(name, ports(service.path("Ports"))));
            }
            if (offers.size() > MAX_SERVICES) {
                throw new IllegalArgumentException("more than " + MAX_SERVICES + " services");
            }
        }
        offers.sort(Comparator.comparing(OfferedService::name));
        String hash = root.path("ServicesHash").asString("");
        return new OfferReply(hash.length() > MAX_HASH_CHARS ? "" : hash, offers);
    }

    private static List<String> ports(JsonNode list) {
        List<String> ports = new ArrayList<>();
        for (JsonNode port : list) {
            String text = port.asString("");
            if (ports.size() < MAX_PORTS && text.length() <= MAX_PORT_CHARS) {
                ports.add(text);
            }
        }
        return ports;
    }

    /** The content of a body in chunks; sizes count bytes, and what clients send here is ASCII. */
    private static String unchunked(String body) {
        StringBuilder content = new StringBuilder();
        int at = 0;
        while (true) {
            int line = body.indexOf("\r\n", at);
            String size =
                    line < 0 ? "" : body.substring(at, line).split(";", 2)[0].strip();
            if (!size.matches("[0-9a-fA-F]{1,6}")) {
                throw new IllegalArgumentException("an answer in broken chunks");
            }
            int count = Integer.parseInt(size, 16);
            int end = line + 2 + count;
            if (count == 0) {
                return content.toString();
            }
            if (end + 2 > body.length()) {
                throw new IllegalArgumentException("an answer in broken chunks");
            }
            content.append(body, line + 2, end);
            at = end + 2;
        }
    }
}
