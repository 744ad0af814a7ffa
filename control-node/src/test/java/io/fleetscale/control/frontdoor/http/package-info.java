/** Tests of HTTP/1.1 without sockets. */
@NullMarked
package io.fleetscale.control.frontdoor.http;

import org.jspecify.annotations.NullMarked;
