/**
 * A tailnet in one file, and back: all tables of the database as they were at one moment, and the key files of an instance.
 * Starting points: {@link io.fleetscale.control.backup.DatabaseBackup}, {@link io.fleetscale.control.backup.DatabaseRestore}, and
 * {@link io.fleetscale.control.backup.BackupManifest} for the file's form.
 */
@NullMarked
package io.fleetscale.control.backup;

import org.jspecify.annotations.NullMarked;
