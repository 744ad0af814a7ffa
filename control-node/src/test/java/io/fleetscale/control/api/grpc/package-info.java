@NullMarked
package io.fleetscale.control.api.grpc;

import org.jspecify.annotations.NullMarked;
