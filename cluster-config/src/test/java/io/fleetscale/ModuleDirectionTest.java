package io.fleetscale;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/** What the packages of this module may know. */
class ModuleDirectionTest {
    private static final JavaClasses OURS = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("io.fleetscale.config", "io.fleetscale.grid", "io.fleetscale.runtime");

    @Test
    void knowsNeitherTheControlServerNorTheRelay() {
        noClasses()
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("io.fleetscale.control..", "io.fleetscale.relay..", "io.fleetscale.load..")
                .check(OURS);
    }

    @Test
    void onlyTheGridKnowsIgnite() {
        noClasses()
                .that()
                .resideOutsideOfPackage("io.fleetscale.grid..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("org.apache.ignite..", "javax.cache..", "io.fleetscale.grid..")
                .check(OURS);
    }

    @Test
    void gridAndRuntimeDoNotKnowTheConfigurationFilesExceptLogging() {
        noClasses()
                .that()
                .resideInAnyPackage("io.fleetscale.grid..", "io.fleetscale.runtime..")
                .and()
                .resideOutsideOfPackage("io.fleetscale.runtime.logging..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("io.fleetscale.config..")
                .check(OURS);
    }

    @Test
    void processorsKnowOnlyBytes() {
        classes()
                .that()
                .resideInAPackage("io.fleetscale.grid.processor")
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage(
                        "io.fleetscale.grid.processor",
                        "java..",
                        "javax.cache..",
                        "org.apache.ignite.cache..",
                        "com.google.protobuf..",
                        "org.jspecify..")
                .check(OURS);
    }
}
