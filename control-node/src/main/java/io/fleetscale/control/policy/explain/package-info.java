/**
 * Why a policy lets traffic through or does not, and what another policy would change. Pure: works on a document, an image and
 * the rules that the server compiled of them. Starting points: {@code Explainer}, {@code PolicyDiff}.
 */
@NullMarked
package io.fleetscale.control.policy.explain;

import org.jspecify.annotations.NullMarked;
