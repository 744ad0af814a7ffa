package io.fleetscale.control.frontdoor.http;

/**
 * The target of a request line.
 *
 * @param path as sent, undecoded
 * @param query after the question mark, undecoded; empty if there is none
 */
record RequestTarget(String path, String query) {
    /** Reads the origin form; of the absolute form, what follows the authority. */
    static RequestTarget of(String target) {
        String origin = originForm(target);
        int question = origin.indexOf('?');
        return question < 0
                ? new RequestTarget(origin, "")
                : new RequestTarget(origin.substring(0, question), origin.substring(question + 1));
    }

    private static String originForm(String target) {
        if (target.startsWith("/")) {
            return target;
        }
        int scheme = target.indexOf("://");
        if (scheme < 0) {
            return target;
        }
        int slash = target.indexOf('/', scheme + 3);
        return slash < 0 ? "/" : target.substring(slash);
    }
}
