package io.fleetscale.control.access;

import io.fleetscale.control.policy.language.Alias;
import io.fleetscale.control.tailnet.Node;
import io.fleetscale.control.tailnet.TailnetImage;
import io.fleetscale.control.vipservice.ServiceApprovers;
import io.fleetscale.control.vipservice.VipService;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** The {@code autoApprovers.services} of the policy in force: entries of the service, or of one of its tags. Source: policy 9.4. */
public record PolicyServiceApprovers(PolicyInForce policy) implements ServiceApprovers {
    @Override
    public boolean approves(TailnetImage image, Node node, VipService service) {
        Map<String, List<Alias>> approvers = policy.of(image).autoApprovers().services();
        return Stream.concat(Stream.of(service.name()), service.tags().stream())
                .anyMatch(key -> Principals.anyDenotes(approvers.getOrDefault(key, List.of()), image, node));
    }
}
