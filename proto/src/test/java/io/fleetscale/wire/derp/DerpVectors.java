package io.fleetscale.wire.derp;

import java.util.HexFormat;

/** Keys of the published vectors, private halves already clamped. */
final class DerpVectors {
    static final BoxKeyPair RELAY = pair("0002030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f60");
    static final BoxKeyPair NODE = pair("8082838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f60");
    static final BoxKeyPair DESTINATION = pair("2022232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f40");

    static final String RELAY_PUBLIC = "07a37cbc142093c8b755dc1b10e86cb426374ad16aa853ed0bdfc0b2b86d1c7c";
    static final String NODE_PUBLIC = "883186b800b41d5cf0429695da9b3cc4f328ebcd184a6e482fa578c103f06c77";
    static final String DESTINATION_PUBLIC = "5869aff450549732cbaaed5e5df9b30a6da31cb0e5742bad5ad4a1a768f1a67b";
    static final String MESH_KEY = "a0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebf";

    private DerpVectors() {}

    static byte[] hex(String... parts) {
        return HexFormat.of().parseHex(String.join("", parts));
    }

    private static BoxKeyPair pair(String privateKey) {
        return BoxKeyPair.ofPrivate(hex(privateKey));
    }
}
