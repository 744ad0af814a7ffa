package io.fleetscale.control.access;

import java.nio.file.Path;

/** Who owns the policy. */
public sealed interface PolicySource {
    /** The database; the API changes it. */
    record InDatabase() implements PolicySource {}

    /** A file; the API refuses to change it. */
    record InFile(Path path) implements PolicySource {}

    /** No file is named: everything is allowed, and the API refuses to change that. */
    record Nowhere() implements PolicySource {}
}
