package io.fleetscale.wire.noise;

import static io.fleetscale.wire.noise.Vectors.hex;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.fleetscale.wire.key.MachineKey;
import io.fleetscale.wire.noise.NoiseException.Reason;
import java.security.SecureRandom;
import java.util.Arrays;
import org.bouncycastle.crypto.digests.Blake2sDigest;
import org.junit.jupiter.api.Test;

class NoiseHandshakeTest {
    private static final SecureRandom RANDOM = new SecureRandom();

    @Test
    void derivesTheWorkedPublicKeys() {
        assertThat(Vectors.SERVER.toSecretText())
                .isEqualTo("privkey:000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e5f");
        assertThat(Vectors.SERVER.publicKey())
                .hasToString("mkey:8f40c5adb68f25624ae5b214ea767a6ec94d829d3d7b5e1ad1ba6f3e2138285f");
        assertThat(Vectors.MACHINE.toSecretText())
                .isEqualTo("privkey:202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e7f");
        assertThat(Vectors.MACHINE.publicKey())
                .hasToString("mkey:358072d6365880d1aeea329adf9121383851ed21a28e3b75e965d0d2cd166254");
    }

    @Test
    void hashStateFollowsTheWorkedSteps() throws NoiseException {
        assertThat(new Blake2sDigest(256).getByteLength()).isEqualTo(64); // HMAC's block
        HandshakeState state = new HandshakeState(Vectors.VERSION, Vectors.SERVER.publicKey());
        assertThat(hex(state.chainingKey()))
                .isEqualTo("bbea022b948cf3bc5857d70804229179e1116bc40cb8cc074835349c464bca36");
        assertThat(hex(state.hash())).isEqualTo("48af33a5566ba0dcc680781c1d7b4bc2a168e4c46f3a92576c407f1dff5fe94c");

        byte[] ephemeral = Vectors.CLIENT_EPHEMERAL.publicKey().raw().toArray();
        state.mixHash(ephemeral, 0, 32);
        assertThat(hex(state.hash())).isEqualTo("9cbbb44eed6e8059e56d6fb7a669c81374f7e92e8995d7492ae9fb06f4d42786");

        byte[] es = Vectors.SERVER.agree(ephemeral, 0);
        assertThat(hex(es)).isEqualTo("6d54cc9c397e31691401110f58da1e182a635d7e44c21dc2d7be93624652ab15");
        state.mixKey(es);
        assertThat(hex(state.chainingKey()))
                .isEqualTo("22ba1d8708087ecb880098a9ec51acb341a4da4c06fe834bd6e6488e30a14194");
        assertThat(hex(state.cipherKeyBytes()))
                .isEqualTo("ccdd57d68928efda14d279aa95e97893065dfad6cbff69da3415c7a380c5adb5");

        byte[] machine = state.open(hex(Vectors.INITIATION), 37, 48);
        assertThat(MachineKey.of(machine)).isEqualTo(Vectors.MACHINE.publicKey());
        assertThat(hex(state.hash())).isEqualTo("4ebee7d5c4e90c7599495e313fb0509bcc7191afd9593940856ca6f58becf995");

        byte[] ss = Vectors.SERVER.agree(machine, 0);
        assertThat(hex(ss)).isEqualTo("9663aa1da97e848a914a436d04163dfbb89178f107f1b5b77ed3854203382854");
        state.mixKey(ss);
        assertThat(hex(state.chainingKey()))
                .isEqualTo("8776c8bde34ed241e17068f9d7da63f34672f191ab5d4b1a31f2724adbb9cb7c");
        assertThat(hex(state.cipherKeyBytes()))
                .isEqualTo("6d25a07cb78799e56102fdda0db312015a7a78685ddde51fa27b97c007f3b75d");
        assertThat(state.open(hex(Vectors.INITIATION), 85, 16)).isEmpty();
        assertThat(hex(state.hash())).isEqualTo("0eb636f2a05f8081af003696b0de22ee94973cd5ca0fa41f648a965f82c2552e");

        byte[] serverEphemeral = Vectors.SERVER_EPHEMERAL.publicKey().raw().toArray();
        state.mixHash(serverEphemeral, 0, 32);
        assertThat(hex(state.hash())).isEqualTo("52475626fb3a8a529d9149aceddbe6b5bb5e25c98e38de26ee54b39527609bd6");
        byte[] ee = Vectors.SERVER_EPHEMERAL.agree(ephemeral, 0);
        assertThat(hex(ee)).isEqualTo("d6fb939511b2381bc8599b4b8edc5968829450dfd7a87aebe78a703cd04cd54e");
        state.mixKey(ee);
        assertThat(hex(state.chainingKey()))
                .isEqualTo("0186143a11ca0d09a3196bad1de2b1f620677e47f97de4e3898a02cccf7afc85");
        byte[] se = Vectors.SERVER_EPHEMERAL.agree(machine, 0);
        assertThat(hex(se)).isEqualTo("7c79d7b5f31b9aac367477f5f7c7a68b5c44cac28ed5c902a59ec48c02956a6a");
        state.mixKey(se);
        assertThat(hex(state.chainingKey()))
                .isEqualTo("6bbbcc166ef84611b083def54f59866a560d22c0c5e462e99fd0638097e4ba3f");
        assertThat(hex(state.cipherKeyBytes()))
                .isEqualTo("64f3513eb436a17793e3e19d4c59af11b0409a7412d67cae7f1c33c4affd9756");
    }

    @Test
    void initiatorWritesTheWorkedInitiation() throws NoiseException {
        InitiatorHandshake initiator = InitiatorHandshake.start(
                Vectors.MACHINE, Vectors.SERVER.publicKey(), Vectors.VERSION, Vectors.CLIENT_EPHEMERAL);
        assertThat(hex(initiator.initiation())).isEqualTo(Vectors.INITIATION);
        assertThat(initiator.initiationBase64()).isEqualTo(Vectors.INITIATION_BASE64);
        assertKeys(initiator.finish(hex(Vectors.RESPONSE)));
        assertThat(hex(initiator.state().hash()))
                .isEqualTo("48ae1bec45232c1831e0049f01db0ecc7a5f3782666375d87aef6b9c09b5fb6b");
    }

    @Test
    void responderWritesTheWorkedResponse() throws NoiseException {
        ResponderHandshake responder = ResponderHandshake.read(hex(Vectors.INITIATION), Vectors.SERVER);
        assertThat(responder.protocolVersion()).isEqualTo(Vectors.VERSION);
        assertThat(responder.peer()).isEqualTo(Vectors.MACHINE.publicKey());

        ResponderHandshake.Established established = responder.respond(Vectors.SERVER_EPHEMERAL);
        assertThat(hex(established.response())).isEqualTo(Vectors.RESPONSE);
        assertKeys(established.keys());
        assertThat(hex(responder.state().hash()))
                .isEqualTo("48ae1bec45232c1831e0049f01db0ecc7a5f3782666375d87aef6b9c09b5fb6b");
    }

    @Test
    void bothSidesAgreeWithRandomKeys() throws NoiseException {
        MachinePrivateKey server = MachinePrivateKey.generate(RANDOM);
        MachinePrivateKey machine = MachinePrivateKey.generate(RANDOM);
        InitiatorHandshake initiator = InitiatorHandshake.start(machine, server.publicKey(), 145, RANDOM);
        ResponderHandshake responder = ResponderHandshake.read(initiator.initiation(), server);
        ResponderHandshake.Established established = responder.respond(RANDOM);
        TransportKeys keys = initiator.finish(established.response());

        assertThat(responder.peer()).isEqualTo(machine.publicKey());
        assertThat(responder.protocolVersion()).isEqualTo(145);
        assertThat(keys.clientToServer()).isEqualTo(established.keys().clientToServer());
        assertThat(keys.serverToClient()).isEqualTo(established.keys().serverToClient());
    }

    @Test
    void aMachineThatComesAgainIsLetInByWhatItProved() throws NoiseException {
        StaticAgreements agreements = new StaticAgreements(Vectors.SERVER, 2);
        assertThat(agreements.known(Vectors.MACHINE.publicKey())).isNull();
        for (int time = 0; time < 3; time++) {
            InitiatorHandshake initiator =
                    InitiatorHandshake.start(Vectors.MACHINE, Vectors.SERVER.publicKey(), 145, RANDOM);
            ResponderHandshake responder = ResponderHandshake.read(initiator.initiation(), agreements);
            ResponderHandshake.Established established = responder.respond(RANDOM);

            assertThat(responder.peer()).isEqualTo(Vectors.MACHINE.publicKey());
            assertThat(initiator.finish(established.response()).clientToServer())
                    .isEqualTo(established.keys().clientToServer());
            assertThat(agreements.known(Vectors.MACHINE.publicKey()))
                    .isEqualTo(Vectors.SERVER.agree(
                            Vectors.MACHINE.publicKey().raw().toArray(), 0));
        }
    }

    @Test
    void nothingIsKeptOfAMachineThatDidNotProveItsKey() {
        StaticAgreements agreements = new StaticAgreements(Vectors.SERVER, 2);
        byte[] forged = hex(Vectors.INITIATION);
        forged[NoiseFormat.INITIATION_LENGTH - 1] ^= 1; // the tag under the agreement of both static keys

        assertThatExceptionOfType(NoiseException.class)
                .isThrownBy(() -> ResponderHandshake.read(forged, agreements))
                .matches(e -> e.reason() == Reason.CRYPTO);
        assertThat(agreements.known(Vectors.MACHINE.publicKey())).isNull();
    }

    @Test
    void whoWasLongestAwayIsForgotten() throws NoiseException {
        StaticAgreements agreements = new StaticAgreements(Vectors.SERVER, 2);
        MachinePrivateKey[] machines = {
            MachinePrivateKey.generate(RANDOM), MachinePrivateKey.generate(RANDOM), MachinePrivateKey.generate(RANDOM)
        };
        for (int i : new int[] {0, 1, 0, 2}) {
            ResponderHandshake unused = ResponderHandshake.read(
                    InitiatorHandshake.start(machines[i], Vectors.SERVER.publicKey(), 145, RANDOM)
                            .initiation(),
                    agreements);
        }

        assertThat(agreements.known(machines[1].publicKey())).isNull();
        assertThat(agreements.known(machines[0].publicKey())).isNotNull();
        assertThat(agreements.known(machines[2].publicKey())).isNotNull();
    }

    @Test
    void everyFlippedBitOfAnInitiationIsRefused() {
        for (int bit = 0; bit < NoiseFormat.INITIATION_LENGTH * 8; bit++) {
            byte[] bad = hex(Vectors.INITIATION);
            bad[bit / 8] ^= (byte) (1 << bit % 8);
            boolean header = bit / 8 >= 2 && bit / 8 < 5;
            boolean unusedPointBit = bit == (36 * 8) + 7; // X25519 ignores it, the hash does not
            assertThatExceptionOfType(NoiseException.class)
                    .as("bit %d, unused %s", bit, unusedPointBit)
                    .isThrownBy(() -> ResponderHandshake.read(bad, Vectors.SERVER))
                    .matches(e -> e.reason() == (header ? Reason.MALFORMED : Reason.CRYPTO));
        }
    }

    @Test
    void refusesWrongLengths() {
        for (int length : new int[] {0, 1, 4, 5, 100, 102, 4096}) {
            assertThatExceptionOfType(NoiseException.class)
                    .isThrownBy(() ->
                            ResponderHandshake.read(Arrays.copyOf(hex(Vectors.INITIATION), length), Vectors.SERVER))
                    .matches(e -> e.reason() == Reason.MALFORMED)
                    .withMessageContaining(length + " bytes");
        }
    }

    @Test
    void refusesPointsOfLowOrder() {
        byte[] zero = hex(Vectors.INITIATION);
        Arrays.fill(zero, 5, 37, (byte) 0);
        byte[] one = zero.clone();
        one[5] = 1;
        for (byte[] bad : new byte[][] {zero, one}) {
            assertThatExceptionOfType(NoiseException.class)
                    .isThrownBy(() -> ResponderHandshake.read(bad, Vectors.SERVER))
                    .withMessage("public key of low order");
        }
        assertThatExceptionOfType(NoiseException.class)
                .isThrownBy(() -> InitiatorHandshake.start(Vectors.MACHINE, MachineKey.ZERO, 113, RANDOM));
    }

    @Test
    void refusesAnInitiationForAnotherServer() {
        assertThatExceptionOfType(NoiseException.class)
                .isThrownBy(() -> ResponderHandshake.read(hex(Vectors.INITIATION), Vectors.CHALLENGE))
                .matches(e -> e.reason() == Reason.CRYPTO);
    }

    @Test
    void initiatorShowsTheTextOfARefusal() throws NoiseException {
        InitiatorHandshake initiator =
                InitiatorHandshake.start(Vectors.MACHINE, Vectors.SERVER.publicKey(), 85, RANDOM);
        byte[] refusal = ResponderHandshake.refusal("too old");
        assertThat(hex(refusal)).isEqualTo("030007" + hex("too old".getBytes(java.nio.charset.StandardCharsets.UTF_8)));
        assertThatExceptionOfType(NoiseException.class)
                .isThrownBy(() -> initiator.finish(refusal))
                .withMessage("too old")
                .matches(e -> e.reason() == Reason.REFUSED);
        assertThat(ResponderHandshake.refusal("x".repeat(100_000)))
                .hasSize(NoiseFormat.HEADER_LENGTH + NoiseFormat.MAX_ERROR_LENGTH);
    }

    @Test
    void initiatorRefusesABadResponse() throws NoiseException {
        for (int at = 0; at < NoiseFormat.RESPONSE_LENGTH; at++) {
            InitiatorHandshake initiator = InitiatorHandshake.start(
                    Vectors.MACHINE, Vectors.SERVER.publicKey(), Vectors.VERSION, Vectors.CLIENT_EPHEMERAL);
            byte[] bad = hex(Vectors.RESPONSE);
            bad[at] ^= 0x10;
            assertThatExceptionOfType(NoiseException.class).isThrownBy(() -> initiator.finish(bad));
        }
    }

    @Test
    void privateKeysNeverPrintThemselves() {
        assertThat(Vectors.SERVER).hasToString("privkey:redacted");
        MachinePrivateKey again = MachinePrivateKey.fromText(Vectors.SERVER.toSecretText());
        assertThat(again.publicKey()).isEqualTo(Vectors.SERVER.publicKey());
        for (String bad : new String[] {
            "", "privkey:", "mkey:" + "00".repeat(32), "privkey:" + "zz".repeat(32), "privkey:" + "00".repeat(32)
        }) {
            assertThatIllegalArgumentException().isThrownBy(() -> MachinePrivateKey.fromText(bad));
        }
        assertThatIllegalArgumentException()
                .isThrownBy(() -> MachinePrivateKey.fromText("privkey:" + "secretsecret".repeat(5) + "abcd"))
                .withMessageNotContaining("secret");
    }

    private static void assertKeys(TransportKeys keys) {
        assertThat(hex(keys.clientToServer().getEncoded()))
                .isEqualTo("8b2f6bbba15ce6d607c316355f2d3c93f62dcbe39b04eb873b5b2e2812dc71b6");
        assertThat(hex(keys.serverToClient().getEncoded()))
                .isEqualTo("e8f7da7193cd2dd7834427bc5de410cc7fa42ea2bddb06906a91b23daf60a99b");
        assertThat(keys).hasToString("TransportKeys[redacted]");
    }
}
