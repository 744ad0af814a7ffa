/**
 * What the real Tailscale service answered for a policy, compared with what an engine of ours says. Starting points:
 * {@code PolicyCorpusCommand}, {@code Comparison}. Source: policy 10.
 */
@NullMarked
package io.fleetscale.loadtest.corpus;

import org.jspecify.annotations.NullMarked;
