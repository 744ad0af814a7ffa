package io.fleetscale.loadtest.balancer;

import io.fleetscale.runtime.net.HostPort;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.util.concurrent.GlobalEventExecutor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One instance behind the balancer, and the connections that go to it. Thread-safe. */
final class Backend {
    private static final Logger LOG = LoggerFactory.getLogger(Backend.class);

    /** What an instance may be given. */
    enum State {
        UP,
        /** No new connections, those that are there go on. */
        DRAINING,
        /** Nothing; its connections were reset. */
        DOWN
    }

    private final String name;
    private final HostPort control;
    private final HostPort metrics;
    private final ChannelGroup clients = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);
    private volatile State state = State.DOWN;

    Backend(String name, HostPort control, HostPort metrics) {
        this.name = name;
        this.control = control;
        this.metrics = metrics;
    }

    /**
     * @param text {@code NAME=CONTROL,METRICS}, both as host:port
     * @throws IllegalArgumentException when it is not so
     */
    static Backend parse(String text) {
        int equals = text.indexOf('=');
        int comma = text.indexOf(',', equals + 1);
        if (equals < 1 || comma < 0) {
            throw new IllegalArgumentException("--backend " + text + ": write NAME=HOST:PORT,METRICS-HOST:PORT");
        }
        return new Backend(
                text.substring(0, equals),
                HostPort.parse(text.substring(equals + 1, comma)),
                HostPort.parse(text.substring(comma + 1)));
    }

    String name() {
        return name;
    }

    HostPort control() {
        return control;
    }

    HostPort metrics() {
        return metrics;
    }

    State state() {
        return state;
    }

    int connections() {
        return clients.size();
    }

    void add(Channel client) {
        clients.add(client);
    }

    synchronized void become(State next) {
        if (state == next) {
            return;
        }
        LOG.atInfo()
                .addKeyValue("backend", name)
                .addKeyValue("from", state)
                .addKeyValue("to", next)
                .addKeyValue("connections", clients.size())
                .log("backend");
        state = next;
        if (next == State.DOWN) {
            // a client whose instance is in a black hole would wait two minutes; a reset sends it elsewhere at once
            for (Channel client : clients) {
                reset(client);
            }
        }
    }

    static void reset(Channel channel) {
        if (channel.isActive()) {
            channel.config().setOption(ChannelOption.SO_LINGER, 0);
        }
        var unused = channel.close();
    }
}
