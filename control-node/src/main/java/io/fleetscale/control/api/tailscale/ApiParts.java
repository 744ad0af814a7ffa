package io.fleetscale.control.api.tailscale;

import io.fleetscale.control.access.Policies;
import io.fleetscale.control.api.credential.CredentialCheck;
import io.fleetscale.control.api.credential.FailedAttempts;
import io.fleetscale.control.audit.AuditLog;
import io.fleetscale.control.changelog.Changelog;
import io.fleetscale.control.device.Devices;
import io.fleetscale.control.device.PostureAttributes;
import io.fleetscale.control.flowlog.FlowLog;
import io.fleetscale.control.logstream.LogStreamStates;
import io.fleetscale.control.node.TagOwners;
import io.fleetscale.control.oauthapp.OAuthApps;
import io.fleetscale.control.outbound.OutboundHttp;
import io.fleetscale.control.policy.engine.PolicyEnvironment;
import io.fleetscale.control.preauthkey.PreAuthKeys;
import io.fleetscale.control.presence.Presence;
import io.fleetscale.control.secret.Sealer;
import io.fleetscale.control.tailnet.NodeId;
import io.fleetscale.control.trust.Credentials;
import io.fleetscale.control.trust.WorkloadIdentity;
import io.fleetscale.control.user.Users;
import io.fleetscale.control.vipservice.VipServices;
import io.fleetscale.control.webhook.Webhooks;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The features that the API stands on.
 *
 * @param flowLog absent: this server takes no flow logs
 * @param configuredAutoUpdate whether clients update themselves until the settings say something else
 * @param sealer for secrets of other systems
 * @param tailnetId the name of the tailnet that never changes
 */
public record ApiParts(
        Changelog changelog,
        Users users,
        Devices devices,
        PostureAttributes attributes,
        PreAuthKeys authKeys,
        Credentials credentials,
        WorkloadIdentity workloads,
        OAuthApps apps,
        VipServices services,
        Webhooks webhooks,
        AuditLog audit,
        @Nullable FlowLog flowLog,
        LogStreamStates logStreams,
        Policies policies,
        PolicyEnvironment environment,
        boolean configuredAutoUpdate,
        TagOwners tagOwners,
        CredentialCheck headscaleKeys,
        FailedAttempts failedAttempts,
        Function<NodeId, Presence> presences,
        OutboundHttp http,
        Sealer sealer,
        String tailnetId,
        InstantSource clock,
        LongSupplier nanoTime) {

    /** The API over these. */
    public TailscaleApi api() {
        List<Operation> operations = new ArrayList<>();
        operations.addAll(new DeviceRoutes(devices, attributes, tagOwners, presences).operations());
        operations.addAll(new LogRoutes(changelog, audit, flowLog, logStreams, sealer, http).operations());
        operations.addAll(new DnsRoutes(changelog).operations());
        operations.addAll(new KeyRoutes(authKeys, credentials, tagOwners).operations());
        operations.addAll(new TokenRoutes(
                        credentials,
                        workloads::accepts,
                        (client, secret, code, redirect, verifier) ->
                                ApiCall.await(apps.redeem(client, secret, code, redirect, verifier)))
                .operations());
        operations.addAll(new PolicyRoutes(policies, environment).operations());
        operations.addAll(new PostureRoutes(changelog, sealer).operations());
        operations.addAll(new UserRoutes(users, presences, tailnetId).operations());
        operations.addAll(new ContactRoutes(changelog).operations());
        operations.addAll(new WebhookRoutes(webhooks).operations());
        operations.addAll(new SettingsRoutes(changelog, configuredAutoUpdate).operations());
        operations.addAll(new ServiceRoutes(services, tagOwners).operations());
        operations.addAll(new AppRoutes(apps).operations());
        operations.addAll(OtherRoutes.operations());
        return new TailscaleApi(
                changelog,
                new CallerCheck(credentials, headscaleKeys, failedAttempts),
                new RequestBudget(nanoTime),
                operations,
                tailnetId,
                clock);
    }
}
