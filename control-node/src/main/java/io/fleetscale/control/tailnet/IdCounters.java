package io.fleetscale.control.tailnet;

/** The next number of each kind. Part of the image, so that deciders allocate without I/O and every instance agrees. */
public record IdCounters(long nextUser, long nextNode, long nextPreAuthKey, long nextApiKey, long nextPolicy) {
    public static final IdCounters FIRST = new IdCounters(1, 1, 1, 1, 1);

    IdCounters seen(Change change) {
        return switch (change) {
            case Change.UserPut put
            when put.user().id().value() >= nextUser ->
                new IdCounters(put.user().id().value() + 1, nextNode, nextPreAuthKey, nextApiKey, nextPolicy);
            case Change.NodePut put
            when put.node().id().value() >= nextNode ->
                new IdCounters(nextUser, put.node().id().value() + 1, nextPreAuthKey, nextApiKey, nextPolicy);
            case Change.PreAuthKeyPut put
            when put.key().id().value() >= nextPreAuthKey ->
                new IdCounters(nextUser, nextNode, put.key().id().value() + 1, nextApiKey, nextPolicy);
            case Change.ApiKeyPut put
            when put.key().id().value() >= nextApiKey ->
                new IdCounters(
                        nextUser, nextNode, nextPreAuthKey, put.key().id().value() + 1, nextPolicy);
            case Change.PolicyPut put
            when put.policy().id() >= nextPolicy ->
                new IdCounters(
                        nextUser,
                        nextNode,
                        nextPreAuthKey,
                        nextApiKey,
                        put.policy().id() + 1);
            default -> this;
        };
    }
}
