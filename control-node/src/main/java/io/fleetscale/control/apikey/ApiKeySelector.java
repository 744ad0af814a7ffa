package io.fleetscale.control.apikey;

import io.fleetscale.control.ControlException;
import io.fleetscale.control.ErrorCode;
import io.fleetscale.control.secret.CredentialText;
import io.fleetscale.control.tailnet.ApiKey;
import io.fleetscale.control.tailnet.ApiKeyId;
import io.fleetscale.control.tailnet.TailnetImage;
import org.jspecify.annotations.Nullable;

/**
 * Names an API key by number or by prefix.
 *
 * @param id 0 = not given
 * @param prefix the bare prefix, the whole key or its masked form; empty = not given
 */
public record ApiKeySelector(long id, String prefix) {
    ApiKey require(TailnetImage image) {
        if (id != 0 && !prefix.isEmpty()) {
            throw new ControlException(ErrorCode.INVALID_ARGUMENT, "provide either id or prefix, not both");
        }
        if (id == 0 && prefix.isEmpty()) {
            throw new ControlException(ErrorCode.INVALID_ARGUMENT, "must provide id or prefix");
        }
        ApiKey key = id != 0 ? image.apiKeys().get(new ApiKeyId(id)) : byPrefix(image);
        if (key == null) {
            throw new ControlException(ErrorCode.UNKNOWN, ErrorCode.NOT_FOUND, "record not found");
        }
        return key;
    }

    private @Nullable ApiKey byPrefix(TailnetImage image) {
        String bare = prefix;
        if (bare.startsWith(CredentialText.API_KEY)) {
            bare = bare.substring(CredentialText.API_KEY.length());
            if (bare.length() > CredentialText.PREFIX_LENGTH && bare.charAt(CredentialText.PREFIX_LENGTH) == '-') {
                bare = bare.substring(0, CredentialText.PREFIX_LENGTH);
            }
        }
        return image.apiKeyByPrefix(bare);
    }

    @Override
    public String toString() {
        return "ApiKeySelector[" + (id != 0 ? "id " + id : "prefix") + "]";
    }
}
