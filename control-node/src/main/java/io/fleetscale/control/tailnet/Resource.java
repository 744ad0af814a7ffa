package io.fleetscale.control.tailnet;

/**
 * Something that the tailnet holds for a feature of the API: a trust credential, a webhook, a service. Only its feature reads
 * the content, through a {@link ResourceKind}.
 *
 * @param id unique within the kind
 * @param json in the form that the kind defines; secrets in it are MACs or sealed
 */
public record Resource(String kind, String id, String json) {
    @Override
    public String toString() {
        return "Resource[" + kind + " " + id + "]";
    }
}
