package io.fleetscale.control.secret;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import io.fleetscale.wire.key.Bytes32;
import java.security.MessageDigest;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** Secrets are compared in constant time: by the JDK's comparison for that, and never by one that stops at a difference. */
class SecretComparisonTest {
    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("io.fleetscale");

    @Test
    void macsAreComparedByMessageDigest() {
        assertThat(CLASSES.get(Bytes32.class)
                        .getMethod("equalsConstantTime", Bytes32.class)
                        .getMethodCallsFromSelf())
                .anyMatch(call -> call.getTargetOwner().isEquivalentTo(MessageDigest.class)
                        && call.getName().equals("isEqual"));
    }

    @Test
    void nothingThatKnowsSecretsComparesBytesOtherwise() {
        noClasses()
                .that()
                .resideInAnyPackage(
                        "..control.secret..",
                        "..control.apikey..",
                        "..control.preauthkey..",
                        "..control.api.credential..",
                        "..control.oidc..",
                        "..control.trust..")
                .should()
                .callMethod(Arrays.class, "equals", byte[].class, byte[].class)
                .check(CLASSES);
    }
}
