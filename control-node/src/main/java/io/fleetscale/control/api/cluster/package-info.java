/** The instances of the cluster over the API. Starting point: {@link io.fleetscale.control.api.cluster.ClusterService}. */
@NullMarked
package io.fleetscale.control.api.cluster;

import org.jspecify.annotations.NullMarked;
