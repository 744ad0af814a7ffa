package io.fleetscale.control.policy.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetscale.control.policy.language.PolicyDocument;
import io.fleetscale.control.policy.language.PolicyException;
import io.fleetscale.control.policy.language.PolicyReader;
import io.fleetscale.control.policy.testing.PlainEnvironment;
import io.fleetscale.control.tailnet.Change;
import io.fleetscale.control.tailnet.TailnetDelta;
import io.fleetscale.control.tailnet.TailnetImage;
import io.fleetscale.control.vipservice.VipService;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** When a policy must be put together anew. */
class ProgramsTest {
    private TailnetImage image = TailnetImage.EMPTY;

    private TailnetImage after(Change change) {
        image = image.apply(new TailnetDelta(image.version() + 1, List.of(change)));
        return image;
    }

    private static Change service(String comment, String address) {
        return VipService.KIND.put(
                "svc:web",
                new VipService(
                        "svc:web",
                        "",
                        List.of(address),
                        comment,
                        List.of("tcp:443"),
                        List.of(),
                        Map.of("owner", comment),
                        List.of(comment),
                        List.of()));
    }

    @Test
    void onlyWhatAPolicyIsToldOfAServiceMatters() throws PolicyException {
        PolicyDocument document =
                PolicyReader.read("{\"grants\": [{\"src\": [\"*\"], \"dst\": [\"svc:web\"], \"ip\": [\"*\"]}]}");
        Programs programs = new Programs(any -> document, new PlainEnvironment());
        Program without = programs.apply(image);
        Program first = programs.apply(after(service("one", "100.99.0.1")));
        assertThat(first).isNotSameAs(without);
        assertThat(programs.apply(after(service("two", "100.99.0.1")))).isSameAs(first);
        assertThat(programs.apply(after(service("two", "100.99.0.2")))).isNotSameAs(first);
    }
}
