package io.fleetscale.control.database.embedded;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** An account of this machine. */
record UnixUser(String name, int uid, int gid) {
    private static final Path PASSWD = Path.of("/etc/passwd");
    private static final int FIELDS = 7;

    /** Whether this process runs as root, which PostgreSQL refuses to do. */
    static boolean runningAsRoot() throws IOException {
        return uidOf(Path.of("/proc/self")) == 0;
    }

    static int uidOf(Path path) throws IOException {
        return (Integer) Files.getAttribute(path, "unix:uid");
    }

    static Optional<UnixUser> ofUid(int uid) throws IOException {
        return all().stream().filter(user -> user.uid == uid).findFirst();
    }

    static Optional<UnixUser> ofName(String name) throws IOException {
        return all().stream().filter(user -> user.name.equals(name)).findFirst();
    }

    /** Gives a file or directory to this user. */
    void own(Path path) throws IOException {
        Files.setAttribute(path, "unix:uid", uid, LinkOption.NOFOLLOW_LINKS);
        Files.setAttribute(path, "unix:gid", gid, LinkOption.NOFOLLOW_LINKS);
    }

    /** Whether this user can reach {@code path} by the permissions of the directories above it. */
    boolean canReach(Path path) throws IOException {
        for (Path at = path.toRealPath(); at != null; at = at.getParent()) {
            int mode = (Integer) Files.getAttribute(at, "unix:mode");
            int owner = (Integer) Files.getAttribute(at, "unix:uid");
            int group = (Integer) Files.getAttribute(at, "unix:gid");
            int bit = owner == uid ? 0b001_000_000 : group == gid ? 0b001_000 : 0b001;
            if ((mode & bit) == 0) {
                return false;
            }
        }
        return true;
    }

    private static List<UnixUser> all() throws IOException {
        return Files.readAllLines(PASSWD, java.nio.charset.StandardCharsets.ISO_8859_1).stream()
                .map(line -> line.split(":", -1))
                .filter(fields -> fields.length == FIELDS && isNumber(fields[2]) && isNumber(fields[3]))
                .map(fields ->
                        new UnixUser(fields[0], (int) Long.parseLong(fields[2]), (int) Long.parseLong(fields[3])))
                .toList();
    }

    private static boolean isNumber(String text) {
        return !text.isEmpty() && text.length() <= 10 && text.chars().allMatch(Character::isDigit);
    }
}
