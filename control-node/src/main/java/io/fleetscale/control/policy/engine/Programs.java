package io.fleetscale.control.policy.engine;

import io.fleetscale.control.policy.SharedLogins;
import io.fleetscale.control.policy.language.PolicyDocument;
import io.fleetscale.control.tailnet.Resource;
import io.fleetscale.control.tailnet.TailnetImage;
import io.fleetscale.control.tailnet.User;
import io.fleetscale.control.tailnet.UserId;
import io.fleetscale.control.vipservice.VipService;
import java.util.Set;
import java.util.SortedMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Keeps the program of the policy in force. Thread-safe. */
final class Programs implements Function<TailnetImage, Program> {
    private final Function<TailnetImage, PolicyDocument> documents;
    private final PolicyEnvironment environment;
    private volatile @Nullable Made last;

    Programs(Function<TailnetImage, PolicyDocument> documents, PolicyEnvironment environment) {
        this.documents = documents;
        this.environment = environment;
    }

    private record Made(
            PolicyDocument document,
            SortedMap<UserId, User> users,
            SortedMap<String, Resource> services,
            Set<String> domains,
            SharedLogins shared,
            Program program) {}

    @Override
    @SuppressWarnings(
            "ReferenceEquality") // the same document object is the same policy; tables that did not change are one
    public Program apply(TailnetImage image) {
        PolicyDocument document = documents.apply(image);
        Made known = last;
        SortedMap<String, Resource> services = image.resources(VipService.KIND.name());
        boolean sameServices = known != null
                && (known.services() == services || known.services().equals(services));
        if (known != null && sameServices && known.document() == document && known.users() == image.users()) {
            return known.program();
        }
        Set<String> domains = environment.domains(image);
        SharedLogins shared = SharedLogins.of(image);
        Program program = known != null
                        && sameServices
                        && known.document() == document
                        && known.domains().equals(domains)
                        && known.shared().equals(shared)
                ? known.program()
                : DocumentProgram.of(document, domains, shared, environment.services(image), environment);
        last = new Made(document, image.users(), services, domains, shared, program);
        return program;
    }
}
