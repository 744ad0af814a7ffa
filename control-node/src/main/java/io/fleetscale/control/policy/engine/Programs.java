package io.fleetscale.control.policy.engine;

import io.fleetscale.control.policy.SharedLogins;
import io.fleetscale.control.policy.language.PolicyDocument;
import io.fleetscale.control.tailnet.Resource;
import io.fleetscale.control.tailnet.TailnetImage;
import io.fleetscale.control.tailnet.User;
import io.fleetscale.control.tailnet.UserId;
import io.fleetscale.control.vipservice.VipService;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
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
            SortedMap<String, Told> told,
            Set<String> domains,
            SharedLogins shared,
            Program program) {}

    /** What a policy is told of a service; owners and comments of it change often and mean nothing here. */
    private record Told(String displayName, List<String> addresses, List<String> ports) {
        static SortedMap<String, Told> of(SortedMap<String, VipService> services) {
            SortedMap<String, Told> told = new TreeMap<>();
            services.forEach((name, service) ->
                    told.put(name, new Told(service.displayName(), service.addrs(), service.ports())));
            return told;
        }
    }

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
        SortedMap<String, VipService> offered = environment.services(image);
        SortedMap<String, Told> told = Told.of(offered);
        Set<String> domains = environment.domains(image);
        SharedLogins shared = SharedLogins.of(image);
        Program program = known != null
                        && known.told().equals(told)
                        && known.document() == document
                        && known.domains().equals(domains)
                        && known.shared().equals(shared)
                ? known.program()
                : DocumentProgram.of(document, domains, shared, offered, environment);
        last = new Made(document, image.users(), services, told, domains, shared, program);
        return program;
    }
}
