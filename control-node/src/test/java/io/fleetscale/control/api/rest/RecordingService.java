package io.fleetscale.control.api.rest;

import com.google.protobuf.Message;
import io.fleetscale.proto.headscale.v1.HeadscaleServiceGrpc;
import io.grpc.BindableService;
import io.grpc.MethodDescriptor;
import io.grpc.ServerServiceDefinition;
import io.grpc.stub.ServerCalls;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;

/** Answers every RPC with what the test says and remembers what it was asked. */
final class RecordingService implements BindableService {
    final List<Message> requests = new ArrayList<>();
    Function<Message, Message> answer = request -> {
        throw new IllegalStateException("no answer was given");
    };

    Message lastRequest() {
        return requests.getLast();
    }

    @Override
    public ServerServiceDefinition bindService() {
        ServerServiceDefinition.Builder builder =
                ServerServiceDefinition.builder(HeadscaleServiceGrpc.getServiceDescriptor());
        for (MethodDescriptor<?, ?> method :
                HeadscaleServiceGrpc.getServiceDescriptor().getMethods()) {
            add(builder, method);
        }
        return builder.build();
    }

    @SuppressWarnings("unchecked") // every message of a generated service is a Message
    private void add(ServerServiceDefinition.Builder builder, MethodDescriptor<?, ?> method) {
        MethodDescriptor<Message, Message> rpc = (MethodDescriptor<Message, Message>) method;
        builder.addMethod(rpc, ServerCalls.asyncUnaryCall((request, observer) -> {
            requests.add(request);
            observer.onNext(answer.apply(request));
            observer.onCompleted();
        }));
    }

    /** The empty answer of an RPC. */
    static Message emptyAnswer(String rpc) {
        for (MethodDescriptor<?, ?> method :
                HeadscaleServiceGrpc.getServiceDescriptor().getMethods()) {
            if (rpc.equals(method.getBareMethodName())
                    && method.getResponseMarshaller() instanceof MethodDescriptor.PrototypeMarshaller<?> marshaller) {
                return (Message) Objects.requireNonNull(marshaller.getMessagePrototype());
            }
        }
        throw new IllegalArgumentException("no RPC " + rpc);
    }
}
