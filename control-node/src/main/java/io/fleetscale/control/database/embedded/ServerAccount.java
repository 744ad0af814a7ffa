package io.fleetscale.control.database.embedded;

import io.fleetscale.control.database.DatabaseException;
import io.fleetscale.control.database.DatabaseException.Fault;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Under which unix user the server's programs run, and the words in front of their command lines. PostgreSQL refuses to run
 * as root, so a process of root switches to the account {@code postgres}, or {@code nobody} where there is none; an existing
 * cluster keeps its owner.
 *
 * <p>A data directory below a directory that only root may enter (the default is in root's home) is out of that account's
 * reach. There the programs get the one capability to pass file permissions, DAC_OVERRIDE, and no other; that is less than
 * root has, and it needs util-linux's {@code setpriv}. The secure bit keeps the kernel from ignoring the capability in
 * access(2), with which PostgreSQL looks at its own program file.
 */
final class ServerAccount {
    private final @Nullable UnixUser user;
    private final List<String> prefix;

    private ServerAccount(@Nullable UnixUser user, List<String> prefix) {
        this.user = user;
        this.prefix = prefix;
    }

    /**
     * @param home an existing directory under which all that the server needs lies
     * @param cluster its data directory, which need not exist
     */
    static ServerAccount choose(Path home, Path cluster) throws IOException {
        if (!UnixUser.runningAsRoot()) {
            return new ServerAccount(null, List.of());
        }
        UnixUser user = ownerOf(cluster);
        boolean reachable = user.canReach(home);
        if (findProgram("setpriv") != null) {
            List<String> prefix = new ArrayList<>(
                    List.of("setpriv", "--reuid=" + user.uid(), "--regid=" + user.gid(), "--clear-groups"));
            if (reachable) {
                prefix.add("--inh-caps=-all");
            } else {
                prefix.addAll(List.of(
                        "--securebits=+no_setuid_fixup",
                        "--inh-caps=-all,+dac_override",
                        "--ambient-caps=+dac_override",
                        "--bounding-set=-all,+dac_override"));
            }
            return new ServerAccount(user, prefix);
        }
        if (!reachable) {
            throw new DatabaseException(
                    Fault.EMBEDDED_SERVER,
                    "PostgreSQL cannot run as root, and user " + user.name() + " cannot enter " + home,
                    "choose a directory that others may enter (--data /var/lib/fleetscale), install util-linux "
                            + "(setpriv), or do not start as root");
        }
        if (findProgram("runuser") != null) {
            return new ServerAccount(user, List.of("runuser", "-u", user.name(), "--"));
        }
        throw new DatabaseException(
                Fault.EMBEDDED_SERVER,
                "PostgreSQL cannot run as root, and neither setpriv nor runuser is here to switch to user "
                        + user.name(),
                "install util-linux, or do not start as root");
    }

    /** {@code program} with its arguments, as that user. */
    List<String> command(List<String> program) {
        List<String> command = new ArrayList<>(prefix);
        command.addAll(program);
        return command;
    }

    /** Gives {@code path} to that user. */
    void own(Path path) throws IOException {
        if (user != null) {
            user.own(path);
        }
    }

    private static UnixUser ownerOf(Path cluster) throws IOException {
        if (Files.exists(cluster)) {
            int uid = UnixUser.uidOf(cluster);
            if (uid != 0) {
                return UnixUser.ofUid(uid)
                        .orElseThrow(() -> new DatabaseException(
                                Fault.EMBEDDED_SERVER,
                                cluster + " belongs to user number " + uid + ", which this machine does not know",
                                "create that account or give the directory to an existing one with chown -R"));
            }
        }
        return UnixUser.ofName("postgres")
                .or(() -> {
                    try {
                        return UnixUser.ofName("nobody");
                    } catch (IOException e) {
                        throw new java.io.UncheckedIOException(e);
                    }
                })
                .orElseThrow(() -> new DatabaseException(
                        Fault.EMBEDDED_SERVER,
                        "PostgreSQL cannot run as root, and there is neither a user postgres nor nobody",
                        "create one (useradd --system postgres), or do not start as root"));
    }

    static @Nullable Path findProgram(String name) {
        String path = System.getenv().getOrDefault("PATH", "") + File.pathSeparator + "/usr/sbin:/usr/bin:/sbin:/bin";
        for (String directory : path.split(File.pathSeparator, -1)) {
            Path candidate = Path.of(directory.isEmpty() ? "/nonexistent" : directory, name);
            if (Files.isExecutable(candidate)) {
                return candidate;
            }
        }
        return null;
    }
}
