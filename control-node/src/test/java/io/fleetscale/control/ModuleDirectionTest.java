package io.fleetscale.control;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** Which code may know which: the directions that ARCHITECTURE.md draws. */
@AnalyzeClasses(packages = "io.fleetscale", importOptions = ImportOption.DoNotIncludeTests.class)
class ModuleDirectionTest {
    private static final String BOOT = "io.fleetscale.control.boot..";

    @ArchTest
    static final ArchRule wireKnowsNoServer = noClasses()
            .that()
            .resideInAPackage("io.fleetscale.wire..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "io.netty.channel..",
                    "io.netty.bootstrap..",
                    "org.apache.ignite..",
                    "java.sql..",
                    "javax.sql..",
                    "io.fleetscale.config..",
                    "io.fleetscale.grid..",
                    "io.fleetscale.runtime..",
                    "io.fleetscale.relay..",
                    "io.fleetscale.control..");

    @ArchTest
    static final ArchRule gridKnowsNoNode = noClasses()
            .that()
            .resideInAnyPackage("io.fleetscale.config..", "io.fleetscale.grid..", "io.fleetscale.runtime..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("io.fleetscale.relay..", "io.fleetscale.control..");

    @ArchTest
    static final ArchRule relayKnowsNeitherGridNorControl = noClasses()
            .that()
            .resideInAPackage("io.fleetscale.relay..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("io.fleetscale.grid..", "io.fleetscale.control..", "org.apache.ignite..");

    @ArchTest
    static final ArchRule onlyBootKnowsTheRelay = noClasses()
            .that()
            .resideInAPackage("io.fleetscale.control..")
            .and()
            .resideOutsideOfPackage(BOOT)
            .should()
            .dependOnClassesThat()
            .resideInAPackage("io.fleetscale.relay..");

    @ArchTest
    static final ArchRule onlyBootComposes = noClasses()
            .that()
            .resideOutsideOfPackage(BOOT)
            .should()
            .dependOnClassesThat()
            .resideInAPackage(BOOT);

    @ArchTest
    static final ArchRule stateHasNoEffects = noClasses()
            .that()
            .resideInAnyPackage("io.fleetscale.control.tailnet..", "io.fleetscale.control.policy..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "java.sql..",
                    "javax.sql..",
                    "io.netty..",
                    "org.apache.ignite..",
                    "io.fleetscale.grid..",
                    "io.fleetscale.control.database..",
                    "io.fleetscale.control.changelog..",
                    "io.fleetscale.control.frontdoor..");

    @ArchTest
    static final ArchRule namesSayWhatAClassIs = classes()
            .should()
            .haveNameNotMatching(".*(Manager|Helper|Util|Utils|Impl)")
            .because("such a name says nothing of the field");
}
