/** Tests of the issuer that lets everybody in. */
@NullMarked
package io.fleetscale.control.mockissuer;

import org.jspecify.annotations.NullMarked;
