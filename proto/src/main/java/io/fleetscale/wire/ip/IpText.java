package io.fleetscale.wire.ip;

/** Text forms of addresses: netip.ParseAddr on the way in, RFC 5952 on the way out. */
final class IpText {
    private IpText() {}

    static IpAddress parseAddress(String text) {
        for (int i = 0; i < text.length(); i++) {
            switch (text.charAt(i)) {
                case '.' -> {
                    return IpAddress.v4(parseV4(text, 0, text.length(), text));
                }
                case ':' -> {
                    return parseV6(text);
                }
                case '%' -> throw bad(text, "missing IPv6 address before the zone");
                default -> {}
            }
        }
        throw bad(text, "unable to parse IP");
    }

    private static long parseV4(String text, int from, int to, String whole) {
        long value = 0;
        int fields = 0;
        int digits = 0;
        int field = 0;
        for (int i = from; i <= to; i++) {
            char c = i < to ? text.charAt(i) : '.';
            if (c >= '0' && c <= '9') {
                if (digits == 1 && field == 0) {
                    throw bad(whole, "IPv4 field has octet with leading zero");
                }
                field = field * 10 + (c - '0');
                digits++;
                if (field > 255) {
                    throw bad(whole, "IPv4 field has value >255");
                }
            } else if (c == '.') {
                if (digits == 0) {
                    throw bad(whole, "IPv4 field must have at least one digit");
                }
                if (++fields > 4) {
                    throw bad(whole, "IPv4 address too long");
                }
                value = value << 8 | field;
                digits = 0;
                field = 0;
            } else {
                throw bad(whole, "unexpected character");
            }
        }
        if (fields != 4) {
            throw bad(whole, "IPv4 address too short");
        }
        return value;
    }

    private static IpAddress parseV6(String text) {
        if (text.indexOf('%') >= 0) {
            throw bad(text, "zones are not supported");
        }
        int[] groups = new int[8];
        int count = 0;
        int ellipsis = -1;
        int i = 0;
        int length = text.length();
        if (text.startsWith("::")) {
            ellipsis = 0;
            i = 2;
        }
        while (i < length && count < 8) {
            int start = i;
            int value = 0;
            while (i < length && Character.digit(text.charAt(i), 16) >= 0 && text.charAt(i) < 128) {
                value = value << 4 | Character.digit(text.charAt(i), 16);
                if (++i - start > 4) {
                    throw bad(text, "each group must have 4 or less digits");
                }
            }
            if (i == start) {
                throw bad(text, "each colon-separated field must have at least one digit");
            }
            if (i < length && text.charAt(i) == '.') {
                if (ellipsis < 0 && count != 6 || count > 6) {
                    throw bad(text, "embedded IPv4 address must replace the final 2 fields of the address");
                }
                long v4 = parseV4(text, start, length, text);
                groups[count++] = (int) (v4 >>> 16);
                groups[count++] = (int) (v4 & 0xFFFF);
                i = length;
                break;
            }
            groups[count++] = value;
            if (i == length) {
                break;
            }
            if (text.charAt(i) != ':') {
                throw bad(text, "unexpected character, want colon");
            }
            i++;
            if (i == length) {
                throw bad(text, "colon must be followed by more characters");
            }
            if (text.charAt(i) == ':') {
                if (ellipsis >= 0) {
                    throw bad(text, "multiple :: in address");
                }
                ellipsis = count;
                i++;
            }
        }
        if (i < length) {
            throw bad(text, "trailing garbage after address");
        }
        if (count < 8) {
            if (ellipsis < 0) {
                throw bad(text, "address string too short");
            }
            int shift = 8 - count;
            for (int g = count - 1; g >= ellipsis; g--) {
                groups[g + shift] = groups[g];
            }
            for (int g = ellipsis; g < ellipsis + shift; g++) {
                groups[g] = 0;
            }
        } else if (ellipsis >= 0) {
            throw bad(text, "the :: must expand to at least one field of zeros");
        }
        long high = 0;
        long low = 0;
        for (int g = 0; g < 4; g++) {
            high = high << 16 | groups[g];
            low = low << 16 | groups[g + 4];
        }
        return IpAddress.v6(high, low);
    }

    static String format(IpAddress address) {
        if (!address.isV6()) {
            long v = address.low();
            return (v >>> 24) + "." + (v >>> 16 & 0xFF) + "." + (v >>> 8 & 0xFF) + "." + (v & 0xFF);
        }
        if (address.high() == 0 && (address.low() >>> 32) == 0xFFFFL) {
            return "::ffff:" + format(IpAddress.v4(address.low()));
        }
        int bestStart = -1;
        int bestLength = 1;
        for (int g = 0; g < 8; g++) {
            int run = 0;
            while (g + run < 8 && group(address, g + run) == 0) {
                run++;
            }
            if (run > bestLength) {
                bestStart = g;
                bestLength = run;
            }
            g += run;
        }
        StringBuilder out = new StringBuilder(39);
        for (int g = 0; g < 8; g++) {
            if (g == bestStart) {
                out.append("::");
                g += bestLength - 1;
            } else {
                if (!out.isEmpty() && out.charAt(out.length() - 1) != ':') {
                    out.append(':');
                }
                out.append(Integer.toHexString(group(address, g)));
            }
        }
        return out.toString();
    }

    private static int group(IpAddress address, int index) {
        long half = index < 4 ? address.high() : address.low();
        return (int) (half >>> (48 - 16 * (index & 3)) & 0xFFFF);
    }

    static IllegalArgumentException bad(String text, String why) {
        String shown = text.length() > 64 ? text.substring(0, 64) + "..." : text;
        return new IllegalArgumentException("\"" + shown + "\": " + why);
    }
}
