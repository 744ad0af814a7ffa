package io.fleetscale.wire.noise;

import java.util.HexFormat;

/** Keys of the worked example: byte i of a private key is seed + i, then clamped. */
final class Vectors {
    static final int VERSION = 113;
    static final MachinePrivateKey SERVER = key(0x00);
    static final MachinePrivateKey MACHINE = key(0x20);
    static final MachinePrivateKey CLIENT_EPHEMERAL = key(0x40);
    static final MachinePrivateKey SERVER_EPHEMERAL = key(0x60);
    static final MachinePrivateKey CHALLENGE = key(0x10);

    static final String INITIATION = "0071010060" // version 113, type 1, 96 bytes
            + "79a631eede1bf9c98f12032cdeadd0e7a079398fc786b88cc846ec89af85a51a" // client's ephemeral
            + "5a5d3ec50c63b0e0156101cf138f46d05427ed87f592c2009bab26f178d726e3" // machine key, sealed
            + "2663622cd95d5b236779db1d7b53562f" // its tag
            + "85150b18f98328a5cf9df741a33dcb84"; // tag of nothing
    static final String INITIATION_BASE64 = "AHEBAGB5pjHu3hv5yY8SAyzerdDnoHk5j8eGuIzIRuyJr4WlGlpdPsUMY7DgFWEBzxOPRtBU"
            + "J+2H9ZLCAJurJvF41ybjJmNiLNldWyNnedsde1NWL4UVCxj5gyilz533QaM9y4Q=";
    static final String RESPONSE = "020030" // type 2, 48 bytes
            + "675dd574ed7789310b3d2e7681f3790b466c773b1521fecf36577958371ea52f" // server's ephemeral
            + "8e38f1ab7dd18225b2cdff99354a5389"; // tag of nothing

    private Vectors() {}

    static byte[] hex(String text) {
        return HexFormat.of().parseHex(text);
    }

    static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }

    private static MachinePrivateKey key(int seed) {
        byte[] bytes = new byte[32];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) (seed + i);
        }
        bytes[0] &= (byte) 248;
        bytes[31] = (byte) (bytes[31] & 127 | 64);
        return MachinePrivateKey.of(bytes);
    }
}
