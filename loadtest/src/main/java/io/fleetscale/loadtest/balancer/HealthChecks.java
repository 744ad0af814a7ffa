package io.fleetscale.loadtest.balancer;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** Asks each backend's {@code /readyz} every second: 200 is up, 404 draining, twice anything else is down. Thread-safe. */
final class HealthChecks implements AutoCloseable {
    private static final Duration INTERVAL = Duration.ofSeconds(1);
    private static final int FALL = 2;
    private static final int READY = 200;
    private static final int DRAINING = 404;

    private final List<Backend> backends;
    private final HttpClient http =
            HttpClient.newBuilder().connectTimeout(INTERVAL).build();
    private final ScheduledExecutorService timer;

    HealthChecks(List<Backend> backends) {
        this.backends = backends;
        this.timer = Executors.newScheduledThreadPool(
                Math.max(1, backends.size()),
                Thread.ofVirtual().name("health-", 0).factory());
    }

    void start() {
        for (Backend backend : backends) {
            Check check = new Check(backend);
            Future<?> unused = timer.scheduleAtFixedRate(check, 0, INTERVAL.toMillis(), TimeUnit.MILLISECONDS);
        }
    }

    private final class Check implements Runnable {
        private final Backend backend;
        private int failures;

        Check(Backend backend) {
            this.backend = backend;
        }

        @Override
        public void run() {
            int status = status();
            if (status == READY || status == DRAINING) {
                failures = 0;
                backend.become(status == READY ? Backend.State.UP : Backend.State.DRAINING);
            } else if (++failures >= FALL) {
                backend.become(Backend.State.DOWN);
            }
        }

        private int status() {
            HttpRequest request = HttpRequest.newBuilder(URI.create("http://" + backend.metrics() + "/readyz"))
                    .timeout(INTERVAL)
                    .build();
            try {
                return http.send(request, HttpResponse.BodyHandlers.discarding())
                        .statusCode();
            } catch (IOException e) {
                return 0;
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return 0;
            }
        }
    }

    @Override
    public void close() {
        timer.shutdownNow();
        http.shutdownNow();
    }
}
