package io.fleetscale.control.frontdoor.page;

import io.fleetscale.control.frontdoor.http.HttpCall;
import io.fleetscale.control.frontdoor.http.HttpReply;
import java.net.URI;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/** How Apple and Windows devices are pointed at this server. */
final class InstructionPages {
    private static final Map<String, String> PROFILE_TYPES = Map.of(
            "ios", "io.tailscale.ipn.ios",
            "macos-app-store", "io.tailscale.ipn.macos",
            "macos-standalone", "io.tailscale.ipn.macsys");

    private final String serverUrl;

    InstructionPages(String serverUrl) {
        this.serverUrl = serverUrl;
    }

    HttpReply apple(HttpCall call) {
        String url = Html.escape(serverUrl);
        return Html.reply(200, "Apple devices", """
                <h1>Apple devices</h1>
                <p>On a Mac, run in a terminal:</p>
                <pre>tailscale login --login-server %s</pre>
                <p>On iPhone, iPad and Apple TV: open the Tailscale app, choose to log in, then &ldquo;Use a custom
                coordination server&rdquo;, and enter <code>%s</code>.</p>
                <p>Or install a profile that sets this server for good:
                <a href="/apple/ios">iOS</a>, <a href="/apple/macos-app-store">macOS (App Store)</a>,
                <a href="/apple/macos-standalone">macOS (standalone)</a>.</p>
                """.formatted(url, url));
    }

    HttpReply windows(HttpCall call) {
        return Html.reply(200, "Windows", """
                <h1>Windows</h1>
                <p>Install Tailscale, then run in a command prompt:</p>
                <pre>tailscale login --login-server %s</pre>
                """.formatted(Html.escape(serverUrl)));
    }

    HttpReply profile(HttpCall call) {
        Optional<String> type = Optional.ofNullable(PROFILE_TYPES.get(call.variable("platform")));
        if (type.isEmpty()) {
            return HttpReply.text(400, "platform must be ios, macos-app-store or macos-standalone\n");
        }
        String host = Optional.ofNullable(URI.create(serverUrl).getHost()).orElse(serverUrl);
        String xml = """
                <?xml version="1.0" encoding="UTF-8"?>
                <!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
                <plist version="1.0">
                <dict>
                  <key>PayloadUUID</key><string>%s</string>
                  <key>PayloadDisplayName</key><string>Tailscale at %s</string>
                  <key>PayloadDescription</key><string>Sets %s as the server of Tailscale</string>
                  <key>PayloadIdentifier</key><string>com.github.juanfont.headscale</string>
                  <key>PayloadType</key><string>Configuration</string>
                  <key>PayloadVersion</key><integer>1</integer>
                  <key>PayloadRemovalDisallowed</key><false/>
                  <key>PayloadContent</key>
                  <array>
                    <dict>
                      <key>PayloadType</key><string>%s</string>
                      <key>PayloadUUID</key><string>%s</string>
                      <key>PayloadIdentifier</key><string>com.github.juanfont.headscale.server</string>
                      <key>PayloadVersion</key><integer>1</integer>
                      <key>PayloadEnabled</key><true/>
                      <key>ControlURL</key><string>%s</string>
                    </dict>
                  </array>
                </dict>
                </plist>
                """.formatted(
                        UUID.randomUUID(),
                        Html.escape(host),
                        Html.escape(serverUrl),
                        type.get(),
                        UUID.randomUUID(),
                        Html.escape(serverUrl));
        return HttpReply.of(
                200,
                "application/x-apple-aspen-config; charset=utf-8",
                xml.getBytes(java.nio.charset.StandardCharsets.UTF_8));
    }
}
