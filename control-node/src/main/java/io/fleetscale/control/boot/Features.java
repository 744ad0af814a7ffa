package io.fleetscale.control.boot;

import io.fleetscale.config.TuningConfig;
import io.fleetscale.control.access.Policies;
import io.fleetscale.control.access.PolicyInForce;
import io.fleetscale.control.access.PolicyIpPools;
import io.fleetscale.control.access.PolicyQuestions;
import io.fleetscale.control.access.PolicyTagOwners;
import io.fleetscale.control.address.IpPools;
import io.fleetscale.control.api.credential.CredentialCheck;
import io.fleetscale.control.api.credential.FailedAttempts;
import io.fleetscale.control.api.headscale.AdministrationService;
import io.fleetscale.control.api.headscale.HeadscaleService;
import io.fleetscale.control.api.headscale.NodePresenceView;
import io.fleetscale.control.api.headscale.UserRoleService;
import io.fleetscale.control.api.policy.PolicyService;
import io.fleetscale.control.apikey.ApiKeys;
import io.fleetscale.control.changelog.Changelog;
import io.fleetscale.control.login.GridLoginSignals;
import io.fleetscale.control.login.JdbcPendingLogins;
import io.fleetscale.control.login.LoginSignals;
import io.fleetscale.control.login.PendingLogins;
import io.fleetscale.control.netmap.Netmaps;
import io.fleetscale.control.node.Nodes;
import io.fleetscale.control.node.TagOwners;
import io.fleetscale.control.preauthkey.PreAuthKeys;
import io.fleetscale.control.registration.LoginApprovals;
import io.fleetscale.control.registration.Registration;
import io.fleetscale.control.secret.SecretMac;
import io.fleetscale.control.ssh.JdbcSshApprovals;
import io.fleetscale.control.ssh.SshChecks;
import io.fleetscale.control.user.Users;
import io.grpc.BindableService;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.ExecutorService;

/** What people and nodes can ask for, each feature over the log. */
record Features(
        Users users,
        Nodes nodes,
        PreAuthKeys preAuthKeys,
        ApiKeys apiKeys,
        Registration registration,
        PendingLogins logins,
        LoginSignals signals,
        LoginApprovals approvals,
        CredentialCheck credentials,
        Policies policies,
        TagOwners tagOwners,
        FailedAttempts failedAttempts) {

    /** @param changelog takes along what writes mean for routes */
    static Features over(
            Storage storage,
            Changelog changelog,
            PolicyInForce policy,
            Policies policies,
            String serverUrl,
            TuningConfig tuning,
            ExecutorService blocking,
            InstantSource clock,
            SecureRandom random) {
        TagOwners tagOwners = new PolicyTagOwners(policy);
        IpPools pools = new PolicyIpPools(policy);
        FailedAttempts failedAttempts = new FailedAttempts(System::nanoTime);
        SecretMac mac = storage.credentialMacs();
        PendingLogins logins = new JdbcPendingLogins(storage.database(), clock, JdbcPendingLogins.Limits.of(tuning));
        LoginSignals signals = GridLoginSignals.over(storage.grid().cache(InstanceGrid.PENDING), blocking);
        return new Features(
                new Users(changelog),
                new Nodes(changelog, tagOwners),
                new PreAuthKeys(changelog, mac),
                new ApiKeys(changelog, mac),
                new Registration(
                        changelog,
                        mac,
                        pools,
                        logins,
                        signals,
                        (node, hostinfo) -> {},
                        serverUrl,
                        clock,
                        System::nanoTime,
                        random),
                logins,
                signals,
                new LoginApprovals(
                        changelog, tagOwners, pools, logins, signals, (node, hostinfo) -> {}, blocking, clock, random),
                new CredentialCheck(changelog, mac, failedAttempts, clock),
                policies,
                tagOwners,
                failedAttempts);
    }

    /** The answers to nodes that hold a session over SSH. */
    SshChecks sshChecks(
            Storage storage,
            Netmaps netmaps,
            String serverUrl,
            String noiseUrl,
            InstantSource clock,
            SecureRandom random) {
        return new SshChecks(
                () -> storage.changelog()
                        .current()
                        .thenCompose(image -> netmaps.reach(image.version()))
                        .thenApply(state -> new SshChecks.Ground(state.image(), state.policy())),
                logins,
                signals,
                new JdbcSshApprovals(storage.database()),
                serverUrl,
                noiseUrl,
                clock,
                System::nanoTime,
                random);
    }

    /** The services of the administration API over these features. */
    List<BindableService> administration(Storage storage, NodePresenceView presence, PolicyQuestions policyQuestions) {
        return List.of(
                new HeadscaleService(
                        storage.changelog(), users, nodes, preAuthKeys, apiKeys, approvals, policies, presence),
                new AdministrationService(storage.changelog(), nodes, approvals, presence),
                new PolicyService(policyQuestions),
                new UserRoleService(storage.changelog(), users));
    }
}
