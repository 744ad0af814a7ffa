package io.fleetscale.loadtest.differential;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetscale.control.policy.direct.DirectPolicy;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.wire.ip.IpAddress;
import io.fleetscale.wire.ip.IpPrefix;
import io.fleetscale.wire.tailcfg.FilterRule;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What filters let through is what the policy says, packet by packet. Source: policy 11.12, point 5. */
class PlainReadingTest {
    private static final int CASES = 300;
    private static final int PACKETS = 200;
    private static final List<String> STRANGERS = List.of(
            "8.8.8.8",
            "203.0.113.9",
            "10.33.1.7",
            "10.44.2.2",
            "192.168.1.5",
            "100.64.0.77",
            "100.115.92.5",
            "2001:db8::7",
            "fd00:1:0:2::9",
            "fd7a:115c:a1e0::ff");
    private static final List<Integer> PORTS = List.of(7, 22, 53, 80, 443, 1500, 8080, 65000);

    @Test
    void filtersAllowWhatThePolicyAllows() {
        // the same cases in each run, unless another beginning is asked for
        long first = Long.getLong("fleetscale.differential.seed", 20_261_125L);
        System.out.println("PlainReadingTest: first seed " + first);
        int allowed = 0;
        for (int i = 0; i < CASES; i++) {
            PolicyCase sample = PolicyCase.of(first + i);
            DirectPolicy policy = DirectPolicy.of(sample.image(), new BareEnvironment());
            PlainReading reading = new PlainReading(sample.policy(), sample.image());
            Draw draw = new Draw(sample.seed());
            for (int j = 0; j < PACKETS; j++) {
                PlainReading.Packet packet = packet(draw, sample);
                boolean expected = reading.allows(packet);
                assertThat(passes(policy.filterOf(packet.at()), packet))
                        .as("%s, packet %s\n%s", sample, packet, sample.policy())
                        .isEqualTo(expected);
                allowed += expected ? 1 : 0;
            }
        }
        assertThat(allowed).isBetween(CASES, CASES * PACKETS - CASES);
    }

    private static PlainReading.Packet packet(Draw draw, PolicyCase sample) {
        List<Node> nodes = List.copyOf(sample.image().nodes().values());
        Node at = draw.one(nodes);
        List<IpAddress> from = new ArrayList<>();
        draw.one(nodes).addresses().forEach(from::add);
        from.add(IpAddress.parse(draw.one(STRANGERS)));
        List<IpAddress> to = new ArrayList<>(at.addresses());
        for (IpPrefix route : PlainReading.subnetRoutes(at)) {
            to.add(route.masked().address().next());
        }
        at.servedAddresses().forEach(service -> to.add(service.address()));
        if (PlainReading.isExit(at)) {
            to.add(IpAddress.parse("203.0.113.9"));
            to.add(IpAddress.parse("8.8.8.8"));
            to.add(IpAddress.parse("2001:db8::7"));
        }
        return new PlainReading.Packet(
                draw.one(from), at, draw.one(to), draw.one(List.of(6, 17, 132)), draw.one(PORTS));
    }

    /** As a client reads rules; absent protocols are TCP, UDP and ICMP. Source: policy 3.11. */
    static boolean passes(List<FilterRule> rules, PlainReading.Packet packet) {
        return rules.stream()
                .anyMatch(rule -> (rule.protocols().isEmpty()
                                ? packet.protocol() != 132
                                : rule.protocols().contains(packet.protocol()))
                        && rule.sources().stream().anyMatch(source -> holds(source, packet.from()))
                        && rule.destinations().stream()
                                .anyMatch(to -> holds(to.address(), packet.to())
                                        && to.firstPort() <= packet.port()
                                        && packet.port() <= to.lastPort()));
    }

    private static boolean holds(String text, IpAddress address) {
        if (text.equals("*")) {
            return true;
        }
        int dash = text.indexOf('-');
        if (dash > 0) {
            IpAddress first = IpAddress.parse(text.substring(0, dash));
            return first.isV6() == address.isV6()
                    && first.compareTo(address) <= 0
                    && address.compareTo(IpAddress.parse(text.substring(dash + 1))) <= 0;
        }
        return text.contains("/")
                ? IpPrefix.parse(text).contains(address)
                : IpAddress.parse(text).equals(address);
    }
}
