package io.fleetscale.control.api.policy;

import io.fleetscale.control.ControlException;
import io.fleetscale.control.ErrorCode;
import io.fleetscale.control.access.PolicyQuestions;
import io.fleetscale.control.policy.explain.Question;
import io.fleetscale.control.policy.explain.QuestionException;
import io.fleetscale.proto.policy.v1.DiffPolicyRequest;
import io.fleetscale.proto.policy.v1.DiffPolicyResponse;
import io.fleetscale.proto.policy.v1.ExaminePolicyRequest;
import io.fleetscale.proto.policy.v1.ExaminePolicyResponse;
import io.fleetscale.proto.policy.v1.ExplainPolicyRequest;
import io.fleetscale.proto.policy.v1.ExplainPolicyResponse;
import io.fleetscale.proto.policy.v1.PolicyServiceGrpc;
import io.grpc.stub.StreamObserver;

/** Explanations, differences and examinations of policies. Handlers wait for the log: they run on virtual threads. Thread-safe. */
public final class PolicyService extends PolicyServiceGrpc.PolicyServiceImplBase {
    private final PolicyQuestions questions;

    public PolicyService(PolicyQuestions questions) {
        this.questions = questions;
    }

    @Override
    public void explainPolicy(ExplainPolicyRequest request, StreamObserver<ExplainPolicyResponse> observer) {
        Question question;
        try {
            question = Question.parse(request.getSrc(), request.getDst(), request.getProto());
        } catch (QuestionException e) {
            throw new ControlException(ErrorCode.INVALID_ARGUMENT, String.valueOf(e.getMessage()));
        }
        observer.onNext(PolicyMessages.explanation(
                questions.explain(question, request.getPolicy()).join()));
        observer.onCompleted();
    }

    @Override
    public void diffPolicy(DiffPolicyRequest request, StreamObserver<DiffPolicyResponse> observer) {
        observer.onNext(
                PolicyMessages.difference(questions.diff(request.getPolicy()).join()));
        observer.onCompleted();
    }

    @Override
    public void examinePolicy(ExaminePolicyRequest request, StreamObserver<ExaminePolicyResponse> observer) {
        observer.onNext(
                PolicyMessages.examined(questions.examine(request.getPolicy()).join()));
        observer.onCompleted();
    }
}
