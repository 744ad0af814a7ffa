package io.fleetscale.control.policy.engine;

import io.fleetscale.control.policy.CompiledPolicy;
import io.fleetscale.control.policy.language.PolicyDocument;
import io.fleetscale.control.tailnet.TailnetDelta;
import io.fleetscale.control.tailnet.TailnetImage;
import java.util.function.Function;

/** Compiles the policy of an image for its nodes, and follows the changes of both. Thread-safe. */
public final class PolicyCompiler implements CompiledPolicy.Compiler {
    /** Tailnets that ever had more nodes than this cut large source lists into buckets. Source: policy 11.6. */
    static final long BUCKETS_ABOVE_NODES = 4096;

    private final Function<TailnetImage, Program> programs;
    private final PolicyEnvironment environment;
    private final Form form;

    /**
     * How source lists are printed. Both forms let through the same.
     *
     * @param bucketsAboveNodes tailnets that ever had more nodes cut large lists into buckets
     * @param bucketTexts lists with more texts are large
     */
    record Form(long bucketsAboveNodes, int bucketTexts) {
        static final Form STANDARD = new Form(BUCKETS_ABOVE_NODES, SourceWork.BUCKET_TEXTS);

        /** As the captures of the real service have it, at any size. */
        static final Form COMPATIBLE = new Form(Long.MAX_VALUE, SourceWork.BUCKET_TEXTS);
    }

    /** @param programs the same object as long as the policy is the same */
    PolicyCompiler(Function<TailnetImage, Program> programs, PolicyEnvironment environment, Form form) {
        this.programs = programs;
        this.environment = environment;
        this.form = form;
    }

    /**
     * Compiles policies as they were read.
     *
     * @param documents the policy in force in an image; the same object as long as it is the same policy
     */
    public static PolicyCompiler of(Function<TailnetImage, PolicyDocument> documents, PolicyEnvironment environment) {
        return new PolicyCompiler(new Programs(documents, environment), environment, Form.STANDARD);
    }

    /** The same, printing at any size as the real service does. */
    public static PolicyCompiler compatible(
            Function<TailnetImage, PolicyDocument> documents, PolicyEnvironment environment) {
        return new PolicyCompiler(new Programs(documents, environment), environment, Form.COMPATIBLE);
    }

    @Override
    public CompiledPolicy compile(TailnetImage image) {
        return compile(image, programs.apply(image), new Numbering());
    }

    private EnginePolicy compile(TailnetImage image, Program program, Numbering numbering) {
        PolicyTables.Shared shared = new PolicyTables.Shared(
                program,
                new ClassTable(program),
                numbering,
                new SourceList.Lineage(),
                new TemplateCache(),
                environment,
                bucketTexts(image));
        return publish(new EnginePolicy(this, Draft.compile(shared, image)));
    }

    private static EnginePolicy publish(EnginePolicy policy) {
        policy.tables().shared().lineage().latest = policy;
        return policy;
    }

    /** Monotonic in the life of a tailnet, so that the form does not flap, and the same on every instance. */
    private int bucketTexts(TailnetImage image) {
        return image.counters().nextNode() - 1 > form.bucketsAboveNodes() ? form.bucketTexts() : 0;
    }

    @SuppressWarnings("ReferenceEquality") // the same program object means the same policy
    CompiledPolicy.Advance advance(EnginePolicy before, TailnetDelta delta, TailnetImage after) {
        PolicyTables.Shared shared = before.tables().shared();
        Program program = programs.apply(after);
        boolean goesOn = program == shared.program()
                && shared.lineage().latest == before
                && shared.bucketTexts() == bucketTexts(after)
                && !Rebuild.isDue(before.tables());
        if (!goesOn) {
            EnginePolicy next = compile(after, program, shared.numbering().successor());
            return new CompiledPolicy.Advance(next, Rebuild.effect(before, next));
        }
        Draft.Result result = Draft.advance(before, delta, after);
        EnginePolicy next = publish(new EnginePolicy(this, result.tables()));
        return new CompiledPolicy.Advance(next, result.touched().effect(next));
    }
}
