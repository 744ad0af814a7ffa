package io.fleetscale.control.policy.hujson;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.charset.StandardCharsets;

/** Any text is read or refused with its place; what was read means the same when it is written as standard JSON. */
class HujsonReaderFuzzTest {
    @FuzzTest(maxDuration = "60s")
    void readsOrRefuses(byte[] data) throws HujsonException {
        Json value;
        try {
            value = HujsonReader.read(new String(data, StandardCharsets.UTF_8));
        } catch (HujsonException e) {
            if (e.at().line() < 1 || e.at().column() < 1) {
                throw new AssertionError("no place: " + e.getMessage());
            }
            return;
        }
        String text = value.toStandardJson();
        if (!HujsonReader.read(text).toStandardJson().equals(text)) {
            throw new AssertionError("written as " + text);
        }
    }
}
