package io.fleetscale.control.registration;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class RegisterRpcTest {
    private final Desk desk = new Desk();
    private final RegisterRpc rpc = new RegisterRpc(desk.registration);

    @AfterEach
    void close() {
        desk.close();
    }

    private RegisterRpc.Answer call(String body) {
        return rpc.handle(Desk.machineKey(1), "192.0.2.1", body.getBytes(StandardCharsets.UTF_8));
    }

    private static String text(RegisterRpc.Answer answer) {
        return new String(answer.body(), StandardCharsets.UTF_8);
    }

    @Test
    void answersJson() {
        RegisterRpc.Answer answer = call("{\"NodeKey\":\"" + Desk.nodeKey(1) + "\"}");
        assertThat(answer.status()).isEqualTo(200);
        assertThat(text(answer)).contains("\"AuthURL\":\"https://control.example.com/register/hskey-authreq-");
    }

    @Test
    void malformedRequestsAre400AndNotRepeated() {
        RegisterRpc.Answer answer = call("{\"NodeKey\":\"evil\"}");
        assertThat(answer.status()).isEqualTo(400);
        assertThat(text(answer)).isEqualTo("RegisterRequest.NodeKey: must be nodekey:<64 hex digits>\n");
        assertThat(call("{\"NodeKey\":\"" + Desk.nodeKey(1) + "\",\"Followup\":\"https://x/evil\"}"))
                .satisfies(bad -> assertThat(bad.status()).isEqualTo(400))
                .satisfies(bad -> assertThat(text(bad)).isEqualTo("invalid followup URL\n"));
        assertThat(call("{\"NodeKey\":\"" + Desk.nodeKey(1) + "\",\"Followup\":\"https://x/register/evil\"}"))
                .satisfies(bad -> assertThat(text(bad)).isEqualTo("invalid registration ID\n"));
    }

    @Test
    void withoutDatabaseClientsAreToldToComeBack() {
        desk.tailnet.setAway(true);
        RegisterRpc.Answer answer = call("{\"NodeKey\":\"" + Desk.nodeKey(1) + "\"}");
        assertThat(answer.status()).isEqualTo(503);
        assertThat(answer.headers()).containsEntry("retry-after", "5");
    }
}
