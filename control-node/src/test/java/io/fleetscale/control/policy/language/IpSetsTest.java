package io.fleetscale.control.policy.language;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Each rule of IP sets. Source: policy 9.2. */
class IpSetsTest {
    private static String policy(String set) {
        return ("{'hosts':{'db':'192.0.2.9','net':'10.1.0.0/16'},'ipsets':{'ipset:other':['198.51.100.0/24'],"
                        + "'ipset:it':[" + set + "]}}")
                .replace('\'', '"');
    }

    private static List<String> printed(String set) throws PolicyException {
        List<String> ranges = PolicyReader.read(policy(set)).ipSets().get("ipset:it");
        return ranges == null ? List.of() : ranges;
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
            '192.0.2.1','192.0.2.0'                                     | 192.0.2.0/31
            '192.0.2.0/24'                                              | 192.0.2.0/24
            'add 192.0.2.50-192.0.2.100'                                | 192.0.2.50-192.0.2.100
            'add 192.0.2.7-192.0.2.7'                                   | 192.0.2.7
            'add 192.0.2.0/30','remove 192.0.2.1'                       | 192.0.2.0, 192.0.2.2/31
            'remove 192.0.2.1','add 192.0.2.0/30'                       | 192.0.2.0/30
            'add 192.0.2.0/30','remove 192.0.2.0/29'                    | ""
            'add host:db'                                               | 192.0.2.9
            'add host:net','remove 10.1.128.0/17'                       | 10.1.0.0/17
            'add ipset:other','remove 198.51.100.128/25'                | 198.51.100.0/25
            'add 198.51.0.0/16','remove ipset:other','add 198.51.100.7' | 198.51.0.0-198.51.99.255, 198.51.100.7, 198.51.101.0-198.51.255.255
            'add fd00::/64','remove fd00::1'                            | fd00::, fd00::2-fd00::ffff:ffff:ffff:ffff
            'add fd00::1','add 192.0.2.1'                               | 192.0.2.1, fd00::1
            """)
    void operationsRunInTheirOrder(String set, String expected) throws PolicyException {
        assertThat(String.join(", ", printed(set))).isEqualTo(expected);
    }

    @Test
    void theUntouchedInternetPrintsAsItsSevenStrings() throws PolicyException {
        assertThat(printed("'add autogroup:internet'")).isEqualTo(Words.INTERNET);
        assertThat(printed("'autogroup:internet'")).isEqualTo(Words.INTERNET);
        assertThat(printed("'add autogroup:internet','remove 8.8.8.8'")).contains("8.8.8.9-9.255.255.255");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "'add tag:a'",
                "'add group:a'",
                "'add ann@example.com'",
                "'add autogroup:member'",
                "'add svc:web'",
                "'add db'",
                "'add host:none'",
                "'add ipset:none'",
                "'add ipset:it'",
                "'add *'",
                "'add 192.0.2.9-192.0.2.1'",
                "'add 192.0.2.9-fd00::1'",
                "'192.0.2.0/24','remove 192.0.2.1'",
                "'add 192.0.2.0/24','192.0.3.0/24'",
                "'subtract 192.0.2.1'",
                "''",
                "7"
            })
    void refuses(String set) {
        assertThatThrownBy(() -> printed(set)).isInstanceOf(PolicyException.class);
    }

    @Test
    void mayBeSourceAndDestination() throws PolicyException {
        PolicyDocument document = PolicyReader.read("""
                {"ipsets": {"ipset:a": ["192.0.2.0/24"]},
                 "acls": [{"action": "accept", "src": ["ipset:a"], "dst": ["ipset:a:*"]}],
                 "grants": [{"src": ["ipset:a"], "dst": ["ipset:a"], "ip": ["*"]}]}""");
        assertThat(document.acls().getFirst().destinations().getFirst().alias())
                .isEqualTo(document.grants().getFirst().destinations().getFirst());
    }
}
