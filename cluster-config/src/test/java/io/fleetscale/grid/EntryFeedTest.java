package io.fleetscale.grid;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class EntryFeedTest {
    private final Map<String, byte[]> copy = new ConcurrentHashMap<>();
    private final List<String> heard = new CopyOnWriteArrayList<>();
    private final CountDownLatch gate = new CountDownLatch(1);
    private final EntryFeed<String> feed = new EntryFeed<>("test", 10, new Target(), new Copy());

    @AfterEach
    void close() {
        gate.countDown();
        feed.close();
    }

    @Test
    void tellsTheStateAtDeliveryAndEachKeyOnce() {
        feed.start(false);
        put("slow");
        feed.connected();
        await().until(() -> heard.contains("begin slow"));
        put("a");
        put("b");
        put("a");
        copy.remove("b");
        feed.changed("b");
        assertThat(feed.waitingKeys()).isEqualTo(2);
        gate.countDown();
        await().until(() -> heard.contains("b gone"));
        assertThat(heard).containsExactly("begin slow", "slow", "a", "b gone");
    }

    @Test
    void slowListenerIsToldEverythingAnew() {
        feed.start(false);
        put("slow");
        feed.connected();
        await().until(() -> heard.contains("begin slow"));
        for (int i = 0; i < 100; i++) {
            put("key " + i);
        }
        assertThat(feed.waitingKeys()).isLessThanOrEqualTo(10);
        assertThat(feed.overflows()).isPositive();
        gate.countDown();
        await().until(() -> heard.contains("resynchronised"));
        int from = heard.indexOf("resynchronise");
        assertThat(heard.subList(from, heard.indexOf("resynchronised"))).hasSize(102);
    }

    @Test
    void waitsWhileTheGridIsStopped() {
        gate.countDown();
        feed.start(true);
        feed.connected();
        await().until(() -> heard.contains("resynchronised"));
        feed.disconnected();
        put("a");
        assertThat(heard).doesNotContain("a");
        feed.rescan();
        feed.connected();
        await().until(() -> heard.contains("a"));
        assertThat(heard).containsExactly("resynchronise", "resynchronised", "resynchronise", "a", "resynchronised");
    }

    private void put(String key) {
        copy.put(key, new byte[] {1});
        feed.changed(key);
    }

    private final class Copy implements EntryFeed.Copy<String> {
        @Override
        public byte @Nullable [] value(String key) {
            return copy.get(key);
        }

        @Override
        public void scan(EntryFeed.Sink<String> sink) {
            copy.forEach(sink::tell);
        }
    }

    private final class Target implements EntryFeed.Target<String> {
        @Override
        public void tell(String key, byte @Nullable [] value) {
            if (key.equals("slow") && gate.getCount() > 0) {
                heard.add("begin slow");
                try {
                    gate.await();
                } catch (InterruptedException e) {
                    throw new AssertionError(e);
                }
            }
            heard.add(value == null ? key + " gone" : key);
        }

        @Override
        public void resynchronise() {
            heard.add("resynchronise");
        }

        @Override
        public void resynchronised() {
            heard.add("resynchronised");
        }
    }
}
