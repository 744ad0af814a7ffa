package io.fleetscale.grid;

import java.util.function.Predicate;
import org.apache.ignite.spi.IgniteSpiAdapter;
import org.apache.ignite.spi.IgniteSpiMultipleInstancesSupport;
import org.apache.ignite.spi.systemview.ReadOnlySystemViewRegistry;
import org.apache.ignite.spi.systemview.SystemViewExporterSpi;
import org.apache.ignite.spi.systemview.view.SystemView;
import org.jspecify.annotations.Nullable;

/** Keeps Ignite from publishing its insides as management beans, several of them per cache and pool. */
@IgniteSpiMultipleInstancesSupport(true)
final class NoSystemViews extends IgniteSpiAdapter implements SystemViewExporterSpi {
    @Override
    public void setSystemViewRegistry(ReadOnlySystemViewRegistry registry) {}

    @Override
    public void setExportFilter(@Nullable Predicate<SystemView<?>> filter) {}

    @Override
    public void spiStart(@Nullable String startName) {}

    @Override
    public void spiStop() {}
}
