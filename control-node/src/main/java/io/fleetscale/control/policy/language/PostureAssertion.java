package io.fleetscale.control.policy.language;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntPredicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One condition on an attribute of a device. An attribute that is not set makes every comparison false. Immutable. Source:
 * policy 9.1.
 */
public record PostureAssertion(String text, String attribute, Operator operator, List<Object> values) {
    private static final Pattern ATTRIBUTE = Pattern.compile("[A-Za-z][A-Za-z0-9]*:[A-Za-z0-9_.-]+");
    private static final Pattern FORM = Pattern.compile(
            "(\\S+?)\\s*(?:(==|!=|<=|>=|<|>)\\s*(.+)|\\s(NOT\\s+IN|IN)\\s*\\[(.*)\\]|\\s(IS\\s+SET|NOT\\s+SET))?");
    private static final Pattern VALUE = Pattern.compile("\\s*(?:'([^']*)'|(-?[0-9]+(?:\\.[0-9]+)?)|(true|false))\\s*");
    private static final Pattern RUNS = Pattern.compile("([^0-9]*)([0-9]*)");
    private static final Set<String> VERSIONS = Set.of("node:osVersion", "node:tsVersion");
    private static final int MAX_CHARS = 1024;

    /** How the attribute is compared. */
    public enum Operator {
        EQUAL,
        NOT_EQUAL,
        LESS,
        AT_MOST,
        GREATER,
        AT_LEAST,
        IN,
        NOT_IN,
        SET,
        NOT_SET
    }

    public PostureAssertion {
        values = List.copyOf(values);
    }

    /** @throws IllegalArgumentException saying what cannot be read */
    static PostureAssertion parse(String text) {
        Matcher form = FORM.matcher(text.strip());
        if (text.length() > MAX_CHARS
                || !form.matches()
                || !ATTRIBUTE.matcher(form.group(1)).matches()) {
            throw new IllegalArgumentException("posture assertion \"" + text
                    + "\" cannot be read: write ATTRIBUTE OPERATOR VALUE, with text in single quotes");
        }
        String attribute = form.group(1);
        if (form.group(2) != null) {
            Operator operator = comparison(form.group(2));
            List<Object> values = List.of(value(text, form.group(3)));
            boolean ordered = operator != Operator.EQUAL && operator != Operator.NOT_EQUAL;
            if (ordered && !(values.getFirst() instanceof Double) && !VERSIONS.contains(attribute)) {
                throw new IllegalArgumentException(
                        "posture assertion \"" + text + "\": only numbers and versions have an order");
            }
            return new PostureAssertion(text, attribute, operator, values);
        }
        if (form.group(4) != null) {
            List<Object> values = new ArrayList<>();
            for (String part : form.group(5).split(",", -1)) {
                values.add(value(text, part));
            }
            return new PostureAssertion(
                    text, attribute, form.group(4).startsWith("NOT") ? Operator.NOT_IN : Operator.IN, values);
        }
        if (form.group(6) != null) {
            return new PostureAssertion(
                    text, attribute, form.group(6).startsWith("IS") ? Operator.SET : Operator.NOT_SET, List.of());
        }
        return new PostureAssertion(text, attribute, Operator.EQUAL, List.of(true));
    }

    private static Operator comparison(String sign) {
        return switch (sign) {
            case "==" -> Operator.EQUAL;
            case "!=" -> Operator.NOT_EQUAL;
            case "<" -> Operator.LESS;
            case "<=" -> Operator.AT_MOST;
            case ">" -> Operator.GREATER;
            default -> Operator.AT_LEAST;
        };
    }

    private static Object value(String assertion, String text) {
        Matcher matcher = VALUE.matcher(text);
        if (!matcher.matches()) {
            throw new IllegalArgumentException("posture assertion \"" + assertion + "\": " + text.strip()
                    + " is no value: write 'text' in single quotes, a number, true or false");
        }
        if (matcher.group(1) != null) {
            return matcher.group(1);
        }
        return matcher.group(2) != null ? (Object) Double.valueOf(matcher.group(2)) : Boolean.valueOf(matcher.group(3));
    }

    public boolean holds(Map<String, Object> attributes) {
        Object actual = attributes.get(attribute);
        if (actual == null) {
            return operator == Operator.NOT_SET;
        }
        return switch (operator) {
            case SET -> true;
            case NOT_SET -> false;
            case EQUAL -> is(actual, values.getFirst(), order -> order == 0);
            case NOT_EQUAL -> is(actual, values.getFirst(), order -> order != 0);
            case LESS -> is(actual, values.getFirst(), order -> order < 0);
            case AT_MOST -> is(actual, values.getFirst(), order -> order <= 0);
            case GREATER -> is(actual, values.getFirst(), order -> order > 0);
            case AT_LEAST -> is(actual, values.getFirst(), order -> order >= 0);
            case IN -> values.stream().anyMatch(value -> is(actual, value, order -> order == 0));
            case NOT_IN -> values.stream().allMatch(value -> is(actual, value, order -> order != 0));
        };
    }

    /** False for values of different types. */
    private boolean is(Object actual, Object wanted, IntPredicate wantedOrder) {
        Integer order = compare(actual, wanted);
        return order != null && wantedOrder.test(order);
    }

    /** Null for values of different types. */
    private @Nullable Integer compare(Object actual, Object wanted) {
        if (actual instanceof String a && wanted instanceof String b) {
            return VERSIONS.contains(attribute) ? compareVersions(a, b) : (Integer) a.compareTo(b);
        }
        if (actual instanceof Number a && wanted instanceof Number b) {
            return Double.compare(a.doubleValue(), b.doubleValue());
        }
        return actual instanceof Boolean a && wanted instanceof Boolean b ? Boolean.compare(a, b) : null;
    }

    /**
     * Compares runs of other characters as texts and runs of digits as numbers, in turn; the first difference decides.
     * Source: tailscale util/cmpver/version.go.
     */
    static int compareVersions(String a, String b) {
        Matcher left = RUNS.matcher(a);
        Matcher right = RUNS.matcher(b);
        int leftAt = 0;
        int rightAt = 0;
        while (leftAt < a.length() || rightAt < b.length()) {
            left.region(leftAt, a.length());
            right.region(rightAt, b.length());
            if (!left.lookingAt() || !right.lookingAt()) {
                throw new IllegalStateException("runs may be empty, so there always is one");
            }
            int order = left.group(1).compareTo(right.group(1));
            if (order == 0) {
                order = compareNumbers(left.group(2), right.group(2));
            }
            if (order != 0) {
                return order;
            }
            leftAt = left.end();
            rightAt = right.end();
        }
        return 0;
    }

    private static int compareNumbers(String a, String b) {
        String left = a.replaceFirst("^0+", "");
        String right = b.replaceFirst("^0+", "");
        return left.length() != right.length() ? Integer.compare(left.length(), right.length()) : left.compareTo(right);
    }
}
