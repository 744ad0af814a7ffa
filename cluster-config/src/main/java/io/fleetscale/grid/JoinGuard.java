package io.fleetscale.grid;

import java.io.Serializable;
import java.util.Objects;
import java.util.UUID;
import org.apache.ignite.cluster.ClusterNode;
import org.apache.ignite.plugin.CachePluginContext;
import org.apache.ignite.plugin.CachePluginProvider;
import org.apache.ignite.plugin.ExtensionRegistry;
import org.apache.ignite.plugin.IgnitePlugin;
import org.apache.ignite.plugin.PluginConfiguration;
import org.apache.ignite.plugin.PluginContext;
import org.apache.ignite.plugin.PluginProvider;
import org.apache.ignite.plugin.PluginValidationException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Lets an instance into the grid only if its program runs beside that of this one. Ignite asks the oldest member. */
final class JoinGuard implements PluginProvider<PluginConfiguration> {
    /** Attributes that every member announces. */
    static final String INSTANCE = "fleetscale.instance";

    static final String PROGRAM_VERSION = "fleetscale.program.version";

    private static final Logger LOG = LoggerFactory.getLogger(JoinGuard.class);

    private final ProgramVersion own;

    JoinGuard(ProgramVersion own) {
        this.own = own;
    }

    @Override
    @SuppressWarnings("deprecation") // the form that also takes plugin data is called only for plugins that send some
    public void validateNewNode(ClusterNode node) {
        String instance = Objects.toString(node.attribute(INSTANCE));
        String announced = node.attribute(PROGRAM_VERSION);
        String problem = problem(announced);
        if (problem == null) {
            return;
        }
        LOG.atWarn()
                .addKeyValue("instance", instance)
                .addKeyValue("version", String.valueOf(announced))
                .addKeyValue("ownVersion", own)
                .log("refused an instance that wanted to join the grid");
        String text = "instance '" + instance + "' may not join the grid: " + problem;
        throw new PluginValidationException(text, text, node.id());
    }

    private @Nullable String problem(@Nullable String announced) {
        if (announced == null) {
            return "it announces no program version";
        }
        try {
            ProgramVersion version = ProgramVersion.parse(announced);
            return own.runsBeside(version)
                    ? null
                    : "its program version is " + version + " and the grid runs " + own
                            + "; they must be at most one minor release apart";
        } catch (IllegalArgumentException e) {
            return e.getMessage();
        }
    }

    @Override
    public String name() {
        return "fleetscale-join-guard";
    }

    @Override
    public String version() {
        return "1";
    }

    @Override
    public String copyright() {
        return "";
    }

    @Override
    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"}) // Ignite's signature
    public <T extends IgnitePlugin> T plugin() {
        return (T) new IgnitePlugin() {};
    }

    @Override
    public void initExtensions(PluginContext context, ExtensionRegistry registry) {}

    @Override
    public <T> @Nullable T createComponent(PluginContext context, Class<T> type) {
        return null;
    }

    @Override
    @SuppressWarnings("rawtypes") // Ignite's signature
    public @Nullable CachePluginProvider<?> createCacheProvider(CachePluginContext context) {
        return null;
    }

    @Override
    public void start(PluginContext context) {}

    @Override
    public void stop(boolean cancel) {}

    @Override
    public void onIgniteStart() {}

    @Override
    public void onIgniteStop(boolean cancel) {}

    @Override
    public @Nullable Serializable provideDiscoveryData(UUID nodeId) {
        return null;
    }

    @Override
    public void receiveDiscoveryData(UUID nodeId, @Nullable Serializable data) {}
}
