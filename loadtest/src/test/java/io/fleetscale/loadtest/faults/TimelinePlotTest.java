package io.fleetscale.loadtest.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetscale.loadtest.faults.Timeline.Mark;
import io.fleetscale.loadtest.faults.Timeline.Sample;
import java.io.StringReader;
import java.util.List;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;
import org.xml.sax.InputSource;

class TimelinePlotTest {
    @Test
    void drawsBothCurvesAndAllMarks() throws Exception {
        String svg = new TimelinePlot(
                        List.of(new Sample(0, 100, 0), new Sample(1, 60, 20), new Sample(2, 100, 45)),
                        List.of(new Mark(0.5, "kill <1>"), new Mark(1.5, "mended")))
                .svg();
        Document document = DocumentBuilderFactory.newDefaultInstance()
                .newDocumentBuilder()
                .parse(new InputSource(new StringReader(svg)));
        assertThat(document.getElementsByTagName("polyline").getLength()).isEqualTo(2);
        assertThat(document.getElementsByTagName("line").getLength()).isEqualTo(2);
        assertThat(svg).contains("kill &lt;1&gt;");
    }

    @Test
    void drawsAnEmptyTimeline() {
        assertThat(new TimelinePlot(List.of(), List.of()).svg())
                .startsWith("<svg")
                .endsWith("</svg>\n");
    }
}
