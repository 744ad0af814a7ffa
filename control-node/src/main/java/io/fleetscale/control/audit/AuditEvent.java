package io.fleetscale.control.audit;

/**
 * What a write did, in the words of the audit log.
 *
 * @param property empty: the whole target
 * @param before and {@code after} what can be shown of the change; empty: nothing
 */
record AuditEvent(
        String targetType,
        String targetId,
        String targetName,
        String action,
        String property,
        String before,
        String after) {
    static AuditEvent of(String type, String id, String name, String action) {
        return new AuditEvent(type, id, name, action, "", "", "");
    }

    AuditEvent withProperty(String name, String old, String now) {
        return new AuditEvent(targetType, targetId, targetName, action, name, old, now);
    }
}
