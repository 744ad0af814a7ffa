package io.fleetscale.control.logstream;

import io.fleetscale.control.tailnet.ResourceKind;
import java.util.List;
import java.util.Set;

/**
 * Where one kind of log is sent.
 *
 * @param sealedToken and {@code sealedS3Secret}: open with the server's key; empty: none
 * @param gcsCredentials JSON in canonical form; empty: none
 * @param since number of the log: only later entries are sent
 */
public record LogStream(
        String destinationType,
        String url,
        String user,
        String sealedToken,
        int uploadPeriodMinutes,
        String compressionFormat,
        String s3Bucket,
        String s3Region,
        String s3KeyPrefix,
        String s3AuthenticationType,
        String s3AccessKeyId,
        String sealedS3Secret,
        String s3RoleArn,
        String s3ExternalId,
        String gcsBucket,
        String gcsKeyPrefix,
        List<String> gcsScopes,
        String gcsCredentials,
        long since) {
    /** By the kind of log: {@code configuration} or {@code network}. */
    public static final ResourceKind<LogStream> KIND = ResourceKind.of("log-stream", LogStream.class);

    public static final Set<String> DESTINATIONS =
            Set.of("splunk", "elastic", "panther", "cribl", "datadog", "axiom", "s3", "gcs", "crowdstrike");

    /** The audit log. */
    public static final String CONFIGURATION = "configuration";
    /** Flow logs. */
    public static final String NETWORK = "network";

    public static final Set<String> LOG_TYPES = Set.of(CONFIGURATION, NETWORK);

    public LogStream {
        gcsScopes = List.copyOf(gcsScopes);
    }

    @Override
    public String toString() {
        return "LogStream[" + destinationType + "]";
    }
}
