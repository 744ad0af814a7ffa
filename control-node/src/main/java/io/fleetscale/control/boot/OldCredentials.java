package io.fleetscale.control.boot;

import io.fleetscale.control.tailnet.ApiKey;
import io.fleetscale.control.tailnet.PreAuthKey;
import io.fleetscale.control.tailnet.TailnetCodec;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;

/** Credentials in use whose secrets were made before a moment: their masked names. */
record OldCredentials(List<String> apiKeys, int preAuthKeys, int clients) {
    private static final int MOST_NAMES = 10;

    OldCredentials {
        apiKeys = List.copyOf(apiKeys);
    }

    static OldCredentials before(Connection connection, Instant made, Instant now) throws SQLException {
        List<String> apiKeys = new ArrayList<>();
        for (byte[] record : records(connection, "api_keys")) {
            ApiKey key = TailnetCodec.decodeApiKey(record);
            if (key.createdAt().isBefore(made) && !key.isExpired(now)) {
                apiKeys.add(key.masked());
            }
        }
        int preAuthKeys = 0;
        for (byte[] record : records(connection, "pre_auth_keys")) {
            PreAuthKey key = TailnetCodec.decodePreAuthKey(record);
            if (key.createdAt().isBefore(made) && !key.isExpired(now) && (key.reusable() || !key.used())) {
                preAuthKeys++;
            }
        }
        return new OldCredentials(apiKeys, preAuthKeys, clients(connection, made));
    }

    private static List<byte[]> records(Connection connection, String table) throws SQLException {
        List<byte[]> records = new ArrayList<>();
        try (PreparedStatement select = connection.prepareStatement("SELECT record FROM " + table + " ORDER BY id");
                ResultSet row = select.executeQuery()) {
            while (row.next()) {
                records.add(row.getBytes(1));
            }
        }
        return records;
    }

    /** OAuth clients and apps; the tokens that they trade for live an hour. */
    private static int clients(Connection connection, Instant made) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement("SELECT count(*) FROM resources WHERE kind IN"
                + " ('credential', 'oauth-app') AND coalesce(json::jsonb->>'mac', '') <> ''"
                + " AND (json::jsonb->>'created')::timestamptz < ?")) {
            select.setObject(1, OffsetDateTime.ofInstant(made, ZoneOffset.UTC));
            try (ResultSet row = select.executeQuery()) {
                row.next();
                return row.getInt(1);
            }
        }
    }

    boolean isEmpty() {
        return apiKeys.isEmpty() && preAuthKeys == 0 && clients == 0;
    }

    @Override
    public String toString() {
        String names = String.join(", ", apiKeys.subList(0, Math.min(MOST_NAMES, apiKeys.size())));
        return apiKeys.size() + " API keys" + (names.isEmpty() ? "" : " (" + names + ")") + ", " + preAuthKeys
                + " pre-auth keys, " + clients + " OAuth clients";
    }
}
