package io.fleetscale.control.policy.language;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a policy is refused for, in the words of the service that clients know. */
class RefusalTest {
    private static final String SELF = "autogroup:self can only be used with users, groups, or supported autogroups";
    private static final String TAGS =
            "'tagOwners':{'tag:web':['autogroup:admin'],'tag:db':[]},'hosts':{'one':'10.0.0.1','net':'10.1.0.0/16'},";

    static Stream<Arguments> refusals() {
        return Stream.of(
                refused(
                        "'tagOwners':{'tag:1web':[]}",
                        "tagOwners[\"tag:1web\"]: tag names must start with a letter, after 'tag:'"),
                refused(
                        "'groups':{'group:a':['u@x.com'],'group:b':['group:a']}",
                        "groups[\"group:b\"]: \"group:a\": group members cannot be recursive"),
                refused("'acls':[{'action':'drop','src':['*'],'dst':['*:*']}]", "action=\"drop\" is not supported"),
                refused(
                        acl("'*'", "'tag:web:https'"),
                        "dst=\"tag:web:https\": port range \"https\": invalid first integer"),
                refused(
                        acl("'*'", "'autogroup:self'"),
                        "dst=\"autogroup:self\": port range \"self\": invalid first integer"),
                refused(acl("'autogroup:self'", "'*:*'"), "\"autogroup:self\" not valid on the src side of a rule"),
                refused(grant("'autogroup:self'", "'*'"), "\"autogroup:self\" not valid on the src side of a rule"),
                refused(acl("'tag:none'", "'*:*'"), "src=tag not found: \"tag:none\""),
                refused(acl("'*'", "'tag:none:80'"), "dst=\"tag:none\": tag not found: \"tag:none\""),
                refused(
                        acl("'tag:web'", "'autogroup:self:*'"),
                        "autogroup:self can only be used with users, groups, or supported autogroups"),
                refused(
                        grant("'*'", "'autogroup:self'"),
                        "autogroup:self can only be used with users, groups, or supported autogroups"),
                refused("'grants':[{'src':['*'],'dst':['*']}]", "ip and app can not both be empty"),
                refused(grantIp("udp"), "port range \"udp\": invalid first integer"),
                refused(grantIp("0"), "port range \"0\": first port must be >0, or use '*' for wildcard"),
                refused(grantIp("80-x"), "port range \"80-x\": invalid last integer"),
                refused(grantIp("443-80"), "port range \"443-80\": first port must be >= last port"),
                refused(grantIp("1-2-3"), "port range \"1-2-3\": too many dashes(-)"),
                refused(grantIp("xyz:80"), "proto name \"xyz\" not known; use protocol number 0-255"),
                refused(
                        grantIp("icmp:80"),
                        "protocol does not support specific ports: \"icmp\", only \"*\" is allowed"),
                refused(grantApp("https://x.com/a"), "capability name must have the form {domain}/{path}"),
                refused(
                        grantApp("tailscale.com/cap/funnel"),
                        "capability name must not be in the tailscale.com domain"),
                refused(grantMore("'via':['one']"), "via can only be a tag"),
                refused(grantMore("'via':['tag:none']"), "tag \"tag:none\" not found"),
                refused(grant("'*'", "'autogroup:danger-all'"), "cannot use autogroup:danger-all as a dst"),
                refused(
                        "'grants':[{'src':['*'],'dst':['autogroup:internet'],'app':{'x.com/a':[]}}]",
                        "cannot use app grants with autogroup:internet"),
                refused(
                        grant("'*'", "'10.0.0.1','::/0'"),
                        "dst \"::/0\": to allow all IP addresses, use \"*\" or \"autogroup:internet\""),
                refused(ssh("'action':null,'users':['root']"), "action must be specified"),
                refused(ssh("'action':'Accept','users':['root']"), "\"Accept\" is not a valid action"),
                refused(ssh("'action':'accept','users':[]"), "users must be specified"),
                refused(ssh("'action':'accept','users':[' ']"), "user \"\" is not valid"),
                refused(ssh("'action':'accept','users':['root'],'acceptEnv':['']"), "acceptEnv values cannot be empty"),
                refused(ssh("'action':'check','users':['root'],'checkPeriod':'1x'"), "time: invalid duration \"1x\""),
                refused(
                        ssh("'action':'check','users':['root'],'checkPeriod':'-90s'"),
                        "checkPeriod -1m30s must be a positive duration"),
                refused(
                        ssh("'action':'check','users':['root'],'checkPeriod':'200h'"),
                        "checkPeriod 200h0m0s is above the max (168h)"),
                refused(
                        "'ssh':[{'action':'accept','users':['root'],'src':['u@x.com'],'dst':['one']}]",
                        "invalid dst \"one\""),
                refused("'nodeAttrs':[{'target':['no such'],'attr':['a']}]", "\"no such\": invalid address"),
                refused("'nodeAttrs':[{'target':['tag:none'],'attr':['a']}]", "tag not found: \"tag:none\""),
                refused(
                        "'nodeAttrs':[{'target':['*'],'ipPool':['100.100.0.0/16']}]",
                        "IPPool(100.100.0.0/16): network within reserved range"),
                refused(sshTest("'tag:web:22'"), "SSH tests dst contains unknown tag \"tag:web:22\""),
                refused(sshTest("'net'"), "SSH tests dst contains disallowed element \"net\""),
                refused(grantIp("80,443"), "port range \"80,443\": invalid first integer"),
                refused(grantIp("tcp:"), "invalid port list: \"\""),
                refused(grantIp(":80"), "empty protocol"),
                refused(grantIp("65536"), "port range \"65536\": invalid first integer"),
                refused(grantIp("1-65536"), "port range \"1-65536\": invalid last integer"),
                refused(grantIp("-1"), "port range \"-1\": invalid first integer"),
                refused(acl("'*'", "'tag:web:'"), "dst=\"tag:web:\": invalid port list: \"\""),
                refused(acl("'*'", "'tag:web'"), "dst=\"tag:web\": port range \"web\": invalid first integer"),
                refused(acl("'*'", "'one'"), "dst=\"one\": hostport must contain a colon (\":\")"),
                refused(acl("'10.0.0.1'", "'autogroup:self:*'"), SELF),
                refused(acl("'one'", "'autogroup:self:*'"), SELF),
                refused(acl("'autogroup:tagged'", "'autogroup:self:*'"), SELF),
                refused(acl("'u@x.com','tag:web'", "'*:1','autogroup:self:*'"), SELF),
                refused(grant("'autogroup:member','*'", "'autogroup:self'"), SELF),
                refused(grant("'net'", "'autogroup:self'"), SELF),
                refused(grantApp("no-slash"), "capability name must have the form {domain}/{path}"),
                refused(
                        grantApp("tailscale.com/cap/relay-target"),
                        "capability name must not be in the tailscale.com domain"),
                refused(
                        grantApp("tailscale.com/cap/drive-sharer"),
                        "capability name must not be in the tailscale.com domain"),
                refused(
                        grantApp("tailscale.com/cap/ingress"),
                        "capability name must not be in the tailscale.com domain"),
                refused(
                        grantApp("tailscale.com/cap/file-sharing-target"),
                        "capability name must not be in the tailscale.com domain"),
                refused(grant("'*'", "'tag:none'"), "dst=\"tag:none\": tag not found: \"tag:none\""),
                refused(grant("'tag:none'", "'*'"), "src=tag not found: \"tag:none\""),
                refused(
                        acl("'autogroup:internet'", "'*:*'"),
                        "autogroup:internet can only be used in ACL destinations"),
                refused(acl("'autogroup:nobody'", "'*:*'"), null),
                refused(acl("'svc:web'", "'*:*'"), "\"svc:web\" not valid on the src side of a rule"),
                refused(sshDst("group:none"), "group not defined in policy: \"group:none\""),
                refused(sshDst("user:*@x.com"), "invalid dst \"user:*@x.com\""),
                refused(sshDst("10.0.0.1"), "invalid dst \"10.0.0.1\""),
                refused(sshDst("autogroup:internet"), "invalid dst \"autogroup:internet\""),
                refused(sshDst("svc:web"), "invalid dst \"svc:web\""),
                refused(sshDst("*"), null),
                refused(sshDst("other@x.com"), null),
                refused(
                        "'ssh':[{'action':'accept','users':['root'],'src':['tag:web'],'dst':['autogroup:self']}]",
                        "tags in SSH source cannot access user-owned devices (\"autogroup:self\")"),
                refused(
                        "'ssh':[{'action':'accept','users':['root'],'src':['autogroup:tagged'],'dst':['u@x.com']}]",
                        "tags in SSH source cannot access user-owned devices (\"u@x.com\")"),
                refused(
                        "'ssh':[{'action':'accept','users':['root'],'src':['10.0.0.1'],'dst':['tag:web']}]",
                        "invalid src \"10.0.0.1\""),
                refused(ssh("'users':['root']"), "action must be specified"),
                refused(ssh("'action':'','users':['root']"), "action must be specified"),
                refused(ssh("'action':'deny','users':['root']"), "\"deny\" is not a valid action"),
                refused(ssh("'action':'accept'"), "users must be specified"),
                refused(ssh("'action':'accept','users':null"), "users must be specified"),
                refused(ssh("'action':'accept','users':['*']"), "user \"*\" is not valid"),
                refused(
                        ssh("'action':'accept','users':['root'],'checkPeriod':'1h'"),
                        "checkPeriod is only valid with action \"check\""),
                refused(
                        ssh("'action':'check','users':['root'],'checkPeriod':'168h0m1s'"),
                        "checkPeriod 168h0m1s is above the max (168h)"),
                refused("'nodeAttrs':[{'target':['autogroup:self'],'attr':['a']}]", "internal server error"),
                refused(
                        "'nodeAttrs':[{'target':['*'],'ipPool':['100.100.100.0/24']}]",
                        "IPPool(100.100.100.0/24): network within reserved range"),
                refused(
                        "'nodeAttrs':[{'target':['*'],'ipPool':['100.115.93.0/24']}]",
                        "IPPool(100.115.93.0/24): network within reserved range"),
                refused("'nodeAttrs':[{'target':['*'],'ipPool':['10.0.0.0/8']}]", null),
                refused(
                        sshTest("'autogroup:internet'"),
                        "SSH tests dst contains disallowed element \"autogroup:internet\""),
                refused(sshTest("'10.0.0.0/24'"), "SSH tests dst contains disallowed element \"10.0.0.0/24\""),
                refused("'tagOwners':{'tag:a':['tag:b']}", "tag \"tag:a\" references undefined tag \"tag:b\""),
                refused("'tagOwners':{'tag:\u0441\u0435\u0440\u0432\u0435\u0440':[]}", null),
                refused(acl("'nobody'", "'*:*'"), "host not defined in policy: \"nobody\""),
                refused(acl("'group:none'", "'*:*'"), "group not defined in policy: \"group:none\""),
                refused("'aclz':[]", "unknown field: \"aclz\", did you mean \"acls\"?"),
                refused("'postures':{'posture:a':['node:os < \\'linux\\'']}", null),
                refused("'ipsets':{'ipset:a':['add ipset:b'],'ipset:b':['add ipset:a']}", null),
                refused("'acls':[{'action':'accept','src':['a\\u0000@x.com'],'dst':['*:*']}]", null));
    }

    /** What looks wrong but is taken as it is. Source: policy 1.6. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "'ssh':[{'action':'accept','src':['u@x.com'],'dst':['tag:web'],'users':['autogroup:internet',"
                        + "'autogroup:member','autogroup:self','autogroup:tagged','group:foo','tag:foo','localpart:',"
                        + "'localpart:foo','localpart:*@','localpart:foo@example.com','\ud83d\ude80']}]",
                "'ssh':[{'action':'accept','src':['u@x.com'],'dst':['tag:web'],'users':['root'],'acceptEnv':['**','*X*']}]",
                "'ssh':[{'action':'accept','src':['u@x.com'],'dst':['tag:web'],'users':['root'],'acceptEnv':null}]",
                "'ssh':[{'action':' accept','src':['u@x.com '],'dst':[' tag:web'],'users':['\\troot']}]",
                "'ssh':[{'action':'check','src':['u@x.com'],'dst':['tag:web'],'users':['root'],'checkPeriod':'0s'}]",
                "'ssh':[{'action':'check','src':['u@x.com'],'dst':['tag:web'],'users':['root'],'checkPeriod':'168h'}]",
                "'ssh':[{'action':'check','src':['u@x.com'],'dst':['tag:web'],'users':['root'],'checkPeriod':null}]",
                "'ssh':[{'action':'accept','src':[],'dst':['tag:web'],'users':['root']},"
                        + "{'action':'accept','dst':['tag:web'],'users':['root']},"
                        + "{'action':'accept','src':['u@x.com'],'users':['root']}]",
                "'ssh':[{'action':'accept','src':['u@x.com'],'dst':['u@x.com'],'users':['root']}]",
                "'acls':[{'action':'accept','dst':['*:*']},{'action':'accept','src':['*']}]",
                "'acls':[{'action':'accept','users':['*'],'ports':['*:*'],'#ha-meta':{'name':'x'}}]",
                "'acls':[{'action':'accept','proto':'TCP','src':['*'],'dst':['[fd7a::1]:22','one:*']}]",
                "'acls':[{'action':'accept','src':['*','u@x.com'],'dst':['autogroup:self:*']}]",
                "'grants':[{'src':['*'],'dst':['*'],'ip':['*:80','tcp:*','47','6:22']}]",
                "'grants':[{'src':['group:e'],'dst':['tag:db'],'ip':['*']}],'groups':{'group:e':[]}",
                "'nodeAttrs':[{'target':[],'attr':['a']},{'target':['*']},"
                        + "{'target':['one'],'attr':['custom:x','https://x.com/cap?a=b','nextdns:a','nextdns:b']}]",
                "'tests':[{'src':'u@x.com','accept':['tag:web:1']},{'src':'u@x.com','accept':['tag:web:1']}]"
            })
    void isTaken(String policy) throws PolicyException {
        assertThat(PolicyReader.read("{" + (TAGS + policy).replace('\'', '"') + "}"))
                .isNotNull();
    }

    private static String sshDst(String destination) {
        return "'ssh':[{'action':'accept','users':['root'],'src':['u@x.com'],'dst':['" + destination + "']}]";
    }

    private static Arguments refused(String policy, @Nullable String message) {
        String known = policy.startsWith("'tagOwners'") ? "" : TAGS;
        return Arguments.of("{" + (known + policy).replace('\'', '"').replace("\\\"", "'") + "}", message);
    }

    private static String acl(String sources, String destinations) {
        return "'acls':[{'action':'accept','src':[" + sources + "],'dst':[" + destinations + "]}]";
    }

    private static String grant(String sources, String destinations) {
        return "'grants':[{'src':[" + sources + "],'dst':[" + destinations + "],'ip':['*']}]";
    }

    private static String grantIp(String ip) {
        return "'grants':[{'src':['*'],'dst':['*'],'ip':['" + ip + "']}]";
    }

    private static String grantApp(String capability) {
        return "'grants':[{'src':['*'],'dst':['*'],'app':{'" + capability + "':[]}}]";
    }

    private static String grantMore(String more) {
        return "'grants':[{'src':['*'],'dst':['net'],'ip':['*']," + more + "}]";
    }

    private static String ssh(String rule) {
        return "'ssh':[{'src':['autogroup:member'],'dst':['autogroup:self']," + rule + "}]";
    }

    private static String sshTest(String destination) {
        return "'sshTests':[{'src':'u@x.com','dst':[" + destination + "],'accept':['root']}]";
    }

    @ParameterizedTest(name = "{1}")
    @MethodSource("refusals")
    void isRefused(String policy, @Nullable String message) {
        assertThatThrownBy(() -> PolicyReader.read(policy))
                .isInstanceOf(PolicyException.class)
                .satisfies(thrown -> {
                    if (message != null) {
                        assertThat(thrown.getMessage()).isEqualTo(message);
                    }
                    assertThat(((PolicyException) thrown).line()).isLessThanOrEqualTo(1);
                });
    }

    @Test
    void syntaxErrorsNameTheirPlace() {
        assertThatThrownBy(() -> PolicyReader.read("{\n  \"acls\": [\n    oops\n  ]\n}"))
                .isInstanceOf(PolicyException.class)
                .hasMessageStartingWith("line 3, column 5: ");
        assertThatThrownBy(() -> PolicyReader.read("{\"acls\":[], \"acls\":[]}"))
                .hasMessage("line 1, column 13: duplicate key \"acls\"");
    }

    @Test
    void rulesKnowTheirLines() throws PolicyException {
        PolicyDocument document = PolicyReader.read("""
                // who may do what
                {
                  "acls": [
                    {"action": "accept", "src": ["*"], "dst": ["*:*"]},

                    {"action": "accept", "src": ["a@x.com"], "dst": ["b@x.com:22,80-90",],}, /* last */
                  ],
                }
                """);
        assertThat(document.allowAll()).isFalse();
        assertThat(document.acls()).extracting(PolicyDocument.Acl::line).containsExactly(4, 6);
        assertThat(document.acls().get(1).destinations().getFirst().ports())
                .containsExactly(new PortRange(22, 22), new PortRange(80, 90));
    }

    @Test
    void withoutRulesEverythingIsAllowed() throws PolicyException {
        assertThat(PolicyReader.read("").allowAll()).isTrue();
        assertThat(PolicyReader.read("{\"acls\": null}").allowAll()).isTrue();
        assertThat(PolicyReader.read("{\"grants\": []}").allowAll()).isFalse();
    }
}
