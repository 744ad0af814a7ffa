package io.fleetscale.loadtest.faults;

import io.fleetscale.loadtest.faults.Timeline.Mark;
import io.fleetscale.loadtest.faults.Timeline.Sample;
import java.util.List;
import java.util.Locale;

/** A timeline as SVG: sessions above, acknowledged writes per second below, a line where something happened. */
final class TimelinePlot {
    private static final int WIDTH = 1200;
    private static final int LEFT = 60;
    private static final int RIGHT = 20;
    private static final int BAND = 220;
    private static final int TOP = 110;
    private static final int GAP = 50;
    private static final int HEIGHT = TOP + 2 * BAND + GAP + 40;
    private static final int TICKS = 10;

    private final List<Sample> samples;
    private final List<Mark> marks;
    private final double end;

    TimelinePlot(List<Sample> samples, List<Mark> marks) {
        this.samples = samples;
        this.marks = marks;
        this.end = samples.isEmpty() ? 1 : Math.max(1, samples.getLast().seconds());
    }

    String svg() {
        StringBuilder out = new StringBuilder(1 << 16);
        out.append(String.format(
                Locale.ROOT,
                "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" font-family=\"sans-serif\""
                        + " font-size=\"11\">%n<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>%n",
                WIDTH,
                HEIGHT));
        band(
                out,
                TOP,
                "sessions",
                samples.stream().mapToDouble(Sample::sessions).toArray(),
                "#1f77b4");
        band(out, TOP + BAND + GAP, "acknowledged writes per second", writesPerSecond(), "#2ca02c");
        for (int i = 0; i <= TICKS; i++) {
            double seconds = end * i / TICKS;
            text(out, x(seconds), HEIGHT - 12, "middle", String.format(Locale.ROOT, "%.0f s", seconds));
        }
        for (Mark mark : marks) {
            out.append(String.format(
                    Locale.ROOT,
                    "<line x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\" stroke=\"#d62728\" stroke-dasharray=\"3,3\"/>%n"
                            + "<text transform=\"translate(%.1f,%d) rotate(-50)\">%s</text>%n",
                    x(mark.seconds()),
                    x(mark.seconds()),
                    TOP,
                    TOP + 2 * BAND + GAP,
                    x(mark.seconds()),
                    TOP - 4,
                    escape(mark.text())));
        }
        return out.append("</svg>\n").toString();
    }

    private double[] writesPerSecond() {
        double[] rates = new double[samples.size()];
        for (int i = 0; i < rates.length; i++) {
            int before = Math.max(0, i - Timeline.PER_SECOND);
            double seconds = samples.get(i).seconds() - samples.get(before).seconds();
            rates[i] = seconds <= 0
                    ? 0
                    : (samples.get(i).writes() - samples.get(before).writes()) / seconds;
        }
        return rates;
    }

    private void band(StringBuilder out, int top, String title, double[] values, String colour) {
        double most = 1;
        for (double value : values) {
            most = Math.max(most, value);
        }
        text(out, LEFT, top + BAND + 16, "start", title);
        text(out, LEFT - 6, top + 10, "end", String.format(Locale.ROOT, "%.0f", most));
        text(out, LEFT - 6, top + BAND, "end", "0");
        out.append(String.format(
                Locale.ROOT,
                "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" fill=\"none\" stroke=\"#999\"/>%n"
                        + "<polyline fill=\"none\" stroke=\"%s\" points=\"",
                LEFT,
                top,
                WIDTH - LEFT - RIGHT,
                BAND,
                colour));
        for (int i = 0; i < values.length; i++) {
            out.append(String.format(
                    Locale.ROOT, "%.1f,%.1f ", x(samples.get(i).seconds()), top + BAND * (1 - values[i] / most)));
        }
        out.append("\"/>\n");
    }

    private double x(double seconds) {
        return LEFT + (WIDTH - LEFT - RIGHT) * seconds / end;
    }

    private static void text(StringBuilder out, double x, double y, String anchor, String text) {
        out.append(String.format(
                Locale.ROOT, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">%s</text>%n", x, y, anchor, escape(text)));
    }

    private static String escape(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
    }
}
