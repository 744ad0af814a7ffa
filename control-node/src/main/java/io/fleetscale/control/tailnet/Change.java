package io.fleetscale.control.tailnet;

import io.fleetscale.wire.ip.IpPrefix;

/** One changed row. A put carries the whole new value; what is put again unchanged is allowed. */
public sealed interface Change {
    record UserPut(User user) implements Change {}

    record UserRemoved(UserId id) implements Change {}

    record NodePut(Node node) implements Change {}

    record NodeRemoved(NodeId id) implements Change {}

    record PreAuthKeyPut(PreAuthKey key) implements Change {}

    record PreAuthKeyRemoved(PreAuthKeyId id) implements Change {}

    record ApiKeyPut(ApiKey key) implements Change {}

    record ApiKeyRemoved(ApiKeyId id) implements Change {}

    record PolicyPut(Policy policy) implements Change {}

    record SettingPut(Setting setting) implements Change {}

    record PrimaryPut(IpPrefix route, NodeId node) implements Change {}

    record PrimaryRemoved(IpPrefix route) implements Change {}

    record ResourcePut(Resource resource) implements Change {}

    record ResourceRemoved(String kind, String id) implements Change {}
}
