package io.fleetscale.control.boot;

import io.fleetscale.config.ApiConfig;
import io.fleetscale.config.ListenAddress;
import io.fleetscale.config.ListenConfig;
import io.fleetscale.control.api.credential.CredentialCheck;
import io.fleetscale.control.api.description.DescriptionPages;
import io.fleetscale.control.api.grpc.GrpcListeners;
import io.fleetscale.control.api.grpc.InProcessEndpoint;
import io.fleetscale.control.api.origin.AllowedOrigins;
import io.fleetscale.control.api.rest.RestRequest;
import io.fleetscale.control.api.rest.RestResponse;
import io.fleetscale.control.api.rest.RestTranscoder;
import io.fleetscale.control.api.tailscale.TailscaleApi;
import io.fleetscale.control.cli.BuildInfo;
import io.fleetscale.control.frontdoor.http.HttpCall;
import io.fleetscale.control.frontdoor.http.HttpReply;
import io.fleetscale.control.frontdoor.http.PathTable;
import io.fleetscale.control.frontdoor.http.RouteHandler;
import io.fleetscale.control.frontdoor.http.RouteTable;
import io.fleetscale.runtime.net.Transport;
import io.grpc.BindableService;
import io.netty.handler.ssl.SslContext;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;

/** The administration API on all its ways: unix socket, gRPC over TCP, REST on the main listener. */
final class AdminApi implements AutoCloseable {
    private static final String ROOT = "/api/{path...}";

    private final ListenConfig listen;
    private final RouteHandler localV2;
    private final @Nullable SslContext grpcTls;
    private final ExecutorService calls = Executors.newVirtualThreadPerTaskExecutor();
    private final GrpcListeners grpc;
    private final InProcessEndpoint inProcess;
    private final RestTranscoder rest;
    private final AllowedOrigins origins;
    private boolean overTcp;

    /**
     * @param localV2 answers {@code /api/v2} for the administrator of this machine
     * @param grpcTls must offer h2; null: gRPC over TCP only when the configuration allows plaintext
     */
    AdminApi(
            List<BindableService> services,
            CredentialCheck credentials,
            ListenConfig listen,
            ApiConfig api,
            RouteHandler localV2,
            @Nullable SslContext grpcTls,
            Transport transport) {
        this.listen = listen;
        this.localV2 = localV2;
        this.grpcTls = grpcTls;
        this.grpc =
                new GrpcListeners(services, credentials, api.v1Errors(), transport.loops(), transport.loops(), calls);
        this.inProcess = new InProcessEndpoint(services);
        this.origins = new AllowedOrigins(api.allowedOrigins());
        this.rest = new RestTranscoder(
                inProcess.channel(),
                services.stream()
                        .map(service -> service.bindService().getServiceDescriptor())
                        .toList(),
                credentials,
                api.v1Errors());
    }

    /** Puts REST on the main listener: credentials are asked before anything is looked up but the descriptions. */
    void register(RouteTable.Builder routes) {
        new DescriptionPages(rest.operations(), BuildInfo.ofProgram().version()).register(routes);
        routes.route(PathTable.ANY_METHOD, ROOT, origins.around(this::answer));
    }

    void start() throws IOException {
        inProcess.start();
        grpc.startUnix(listen.unixSocket(), listen.unixSocketPermission(), this::answerLocally);
        if (grpcTls != null || listen.grpcAllowInsecure()) {
            for (ListenAddress address : listen.grpc()) {
                grpc.startTcp(address.toSocketAddress(), grpcTls);
                overTcp = true;
            }
        }
        grpc.setServing(true);
    }

    /** The port of gRPC over TCP; 0 when it is off. */
    int grpcPort() {
        return overTcp ? grpc.tcpPort() : 0;
    }

    /** What comes through the unix socket is the administrator's of this machine. */
    private HttpReply answerLocally(HttpCall call) throws Exception {
        return call.path().startsWith(TailscaleApi.ROOT + "/") ? localV2.handle(call) : answer(call, true);
    }

    private HttpReply answer(HttpCall call) {
        return answer(call, false);
    }

    private HttpReply answer(HttpCall call, boolean local) {
        Map<String, List<String>> headers = new TreeMap<>();
        for (String name : call.headers().names()) {
            headers.put(name.toLowerCase(Locale.ROOT), call.headers().getAll(name));
        }
        RestResponse response = rest.handle(new RestRequest(
                call.method(),
                call.path(),
                call.rawQuery(),
                headers,
                call.body(),
                call.source().toString(),
                local));
        HttpReply reply = new HttpReply(response.status(), List.of(), response.body());
        for (Map.Entry<String, String> header : response.headers().entrySet()) {
            reply = reply.withHeader(header.getKey(), header.getValue());
        }
        return reply;
    }

    @Override
    public void close() {
        grpc.close();
        inProcess.close();
        calls.shutdown();
    }
}
