package io.fleetscale.control.changelog;

/**
 * What the log of this instance has done since it started.
 *
 * @param version of the image
 * @param queued writes that wait for a transaction
 * @param commits transactions
 * @param writes records that they appended
 * @param largestGroup most records in one transaction
 * @param headReads looks at the head for read-your-writes
 * @param staleReads reads that were answered without the head, and said so
 * @param repairs times that missing records were read from the database
 * @param reloads times that a whole image was loaded after the first
 * @param following whether notifications arrive at present
 */
public record LogFigures(
        long version,
        int queued,
        long commits,
        long writes,
        long largestGroup,
        long headReads,
        long staleReads,
        long repairs,
        long reloads,
        boolean following) {}
