package io.fleetscale.control.testing;

import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import org.jspecify.annotations.Nullable;

/**
 * A pooler before PostgreSQL in transaction mode: each client logs in at a server session of its own, and from then on each
 * transaction runs in whichever session has been idle longest. Source: PostgreSQL documentation, "Message Formats".
 */
public final class TransactionPooler implements AutoCloseable {
    private static final int SSL_REQUEST = 80_877_103;
    private static final int GSS_REQUEST = 80_877_104;
    /** Kinds of authentication that the client must answer. */
    private static final Set<Integer> CHALLENGES = Set.of(3, 5, 10, 11);

    private final InetSocketAddress server;
    private final ServerSocket listener;
    private final BlockingQueue<Session> idle = new LinkedBlockingQueue<>();
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();

    private record Session(DataInputStream in, DataOutputStream out) {
        static Session of(Socket socket) throws IOException {
            return new Session(
                    new DataInputStream(socket.getInputStream()),
                    new DataOutputStream(new BufferedOutputStream(socket.getOutputStream())));
        }
    }

    /** A message; the length on the wire counts itself and not the type. */
    @SuppressWarnings("ArrayRecordComponent") // passed on, never compared
    private record Message(byte type, byte[] body) {
        static Message read(DataInputStream in) throws IOException {
            byte type = in.readByte();
            return new Message(type, in.readNBytes(in.readInt() - Integer.BYTES));
        }

        void write(DataOutputStream out) throws IOException {
            out.writeByte(type);
            out.writeInt(body.length + Integer.BYTES);
            out.write(body);
        }
    }

    /** Listens on a free port of 127.0.0.1. */
    public TransactionPooler(InetSocketAddress server) {
        this.server = server;
        try {
            this.listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Thread unused = Thread.ofVirtual().start(this::accept);
    }

    public int port() {
        return listener.getLocalPort();
    }

    private void accept() {
        while (!listener.isClosed()) {
            try {
                Socket client = listener.accept();
                sockets.add(client);
                Thread unused = Thread.ofVirtual().start(() -> serve(client));
            } catch (IOException e) {
                return; // closed
            }
        }
    }

    private void serve(Socket socket) {
        try (socket) {
            Session client = Session.of(socket);
            idle.add(logIn(client));
            @Nullable Session session = null;
            while (true) {
                Message message = Message.read(client.in());
                if (message.type() == 'X') {
                    return;
                }
                if (session == null) {
                    session = idle.take();
                }
                message.write(session.out());
                if (message.type() == 'Q' || message.type() == 'S') {
                    session.out().flush();
                    if (answer(session, client) == 'I') {
                        idle.add(session);
                        session = null;
                    }
                }
            }
        } catch (EOFException e) {
            // the client has gone
        } catch (IOException e) {
            // closed
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private Session logIn(Session client) throws IOException {
        Socket socket = new Socket();
        sockets.add(socket);
        socket.connect(server);
        Session session = Session.of(socket);
        while (true) {
            byte[] start = client.in().readNBytes(client.in().readInt() - Integer.BYTES);
            int code = new DataInputStream(new java.io.ByteArrayInputStream(start)).readInt();
            if (code == SSL_REQUEST || code == GSS_REQUEST) {
                client.out().writeByte('N');
                client.out().flush();
                continue;
            }
            session.out().writeInt(start.length + Integer.BYTES);
            session.out().write(start);
            session.out().flush();
            break;
        }
        while (true) {
            Message message = Message.read(session.in());
            message.write(client.out());
            client.out().flush();
            if (message.type() == 'Z') {
                return session;
            }
            if (message.type() == 'R' && CHALLENGES.contains((int) message.body()[3])) {
                Message.read(client.in()).write(session.out());
                session.out().flush();
            }
        }
    }

    /** Passes on all up to ReadyForQuery; its transaction status. */
    private static byte answer(Session session, Session client) throws IOException {
        while (true) {
            Message message = Message.read(session.in());
            message.write(client.out());
            if (message.type() == 'Z') {
                client.out().flush();
                return message.body()[0];
            }
        }
    }

    @Override
    public void close() throws IOException {
        listener.close();
        for (Socket socket : sockets) {
            socket.close();
        }
    }
}
