package io.fleetscale.control.testing;

import io.fleetscale.control.database.DatabaseConfig;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The way of one instance to the database; while it is cut, bytes vanish and nothing is closed. Where no database listens,
 * connections are closed at once. Thread-safe.
 */
public final class CutLink implements AutoCloseable {
    private static final int BUFFER_BYTES = 8192;

    private final DatabaseConfig target;
    private volatile URI address;
    private final ServerSocket listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition healed = lock.newCondition();
    private boolean isCut;

    public CutLink(DatabaseConfig target) throws IOException {
        this.target = target;
        this.address = addressOf(target);
        threads.execute(this::accept);
    }

    private static URI addressOf(DatabaseConfig target) {
        return URI.create(target.url().substring("jdbc:".length()));
    }

    /** Leads elsewhere from the next connection on. */
    public void leadTo(DatabaseConfig other) {
        address = addressOf(other);
    }

    /** The target by this way. */
    public DatabaseConfig config() {
        return new DatabaseConfig(
                target.url().replace(":" + addressOf(target).getPort() + "/", ":" + listener.getLocalPort() + "/"),
                target.user(),
                target.password(),
                target.writeConnections(),
                target.readConnections(),
                target.connectTimeout(),
                target.idleTimeout(),
                target.timeouts());
    }

    public void cut() {
        lock.lock();
        try {
            isCut = true;
        } finally {
            lock.unlock();
        }
    }

    /** Connections that were cut are gone; new ones work. */
    public void heal() {
        sockets.forEach(CutLink::close);
        sockets.clear();
        lock.lock();
        try {
            isCut = false;
            healed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void accept() {
        while (!listener.isClosed()) {
            try {
                connect(listener.accept());
            } catch (IOException e) {
                // the next one, or the end
            }
        }
    }

    private void connect(Socket client) {
        sockets.add(client);
        try {
            Socket server = new Socket(address.getHost(), address.getPort());
            sockets.add(server);
            threads.execute(() -> pass(client, server));
            threads.execute(() -> pass(server, client));
        } catch (IOException e) {
            close(client);
        }
    }

    private void pass(Socket from, Socket to) {
        byte[] buffer = new byte[BUFFER_BYTES];
        try {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            for (int bytes = in.read(buffer); bytes >= 0; bytes = in.read(buffer)) {
                awaitHealed();
                out.write(buffer, 0, bytes);
            }
        } catch (IOException e) {
            // one side has gone
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            close(from);
            close(to);
        }
    }

    private void awaitHealed() throws InterruptedException {
        lock.lock();
        try {
            while (isCut) {
                healed.await();
            }
        } finally {
            lock.unlock();
        }
    }

    private static void close(Socket socket) {
        try {
            socket.close();
        } catch (IOException e) {
            // it is of no use any more
        }
    }

    @Override
    public void close() throws IOException {
        listener.close();
        sockets.forEach(CutLink::close);
        threads.shutdownNow();
    }
}
