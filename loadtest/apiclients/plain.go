package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	tailscale "tailscale.com/client/tailscale/v2"
)

// v2 is where the API lies.
const v2 = "/api/v2"

// rest of the operations: those that the Go client has no method for, by plain HTTP

func (w *walk) plainDevices(user string) {
	number, err := w.device(user, "apiclients-plain")
	if !check("plain: a device is registered", err) {
		return
	}
	device, err := w.client.Devices().Get(ctx, number)
	if !check("plain: the device", err) {
		return
	}
	_, err = w.rest("PATCH", v2+"/tailnet/-/device-attributes", map[string]any{
		"nodes": map[string]any{device.NodeID: map[string]any{"custom:plain": map[string]any{"value": "yes"}}}})
	check("plain: attributes of several devices", err)
	attributes, err := w.client.Devices().GetPostureAttributes(ctx, device.NodeID)
	want("plain: the attribute shows", err == nil && attributes.Attributes["custom:plain"] == "yes", fmt.Sprint(attributes, err))
	_, err = w.rest("POST", v2+"/device/"+device.NodeID+"/expire", nil)
	check("plain: the key ends now", err)
	device, err = w.client.Devices().Get(ctx, number)
	want("plain: it has ended", err == nil && !device.Expires.After(time.Now().Add(time.Second)), fmt.Sprint(device, err))
	check("plain: the device is deleted", w.client.Devices().Delete(ctx, number))
	answer, err := w.rest("POST", v2+"/tailnet/-/acl/preview?type=user&previewFor="+url.QueryEscape(user+"@"), json.RawMessage(policyText))
	want("plain: a policy is previewed", err == nil && answer["type"] == "user", fmt.Sprint(answer, err))
}

func (w *walk) plainUsers() {
	made, err := w.rest("POST", "/api/v1/user", map[string]any{"name": "apiclients-person"})
	if !check("plain: a user is made", err) {
		return
	}
	id, _ := made["user"].(map[string]any)["id"].(string)
	for _, step := range []struct {
		action, role, status string
		body                 any
	}{
		{"role", "auditor", "idle", map[string]any{"role": "auditor"}},
		{"suspend", "auditor", "suspended", nil},
		{"restore", "auditor", "idle", nil},
		{"approve", "auditor", "idle", nil},
	} {
		_, err := w.rest("POST", v2+"/users/"+id+"/"+step.action, step.body)
		check("plain: users/"+step.action, err)
		now, err := w.client.Users().Get(ctx, id)
		want("plain: after users/"+step.action, err == nil && string(now.Role) == step.role &&
			(string(now.Status) == "suspended") == (step.status == "suspended"), fmt.Sprintf("%+v %v", now, err))
	}
	_, err = w.rest("POST", v2+"/users/"+id+"/delete", nil)
	check("plain: users/delete", err)
	_, err = w.client.Users().Get(ctx, id)
	status("plain: the user is gone", 404, err)
}

func (w *walk) plainServices(user string) {
	name := v2 + "/tailnet/-/services/svc:plain"
	_, err := w.rest("PUT", name, map[string]any{"name": "svc:plain", "ports": []string{"tcp:443"}, "tags": []string{"tag:calls"}})
	if !check("plain: a service is made", err) {
		return
	}
	number, err := w.device(user, "apiclients-host")
	if !check("plain: its host is registered", err) {
		return
	}
	host := name + "/device/" + number + "/approved"
	_, err = w.rest("POST", host, map[string]any{"approved": true})
	check("plain: the host is approved", err)
	answer, err := w.rest("GET", host, nil)
	want("plain: the approval shows", err == nil && answer["approved"] == true, fmt.Sprint(answer, err))
	answer, err = w.rest("GET", name+"/devices", nil)
	hosts, _ := answer["hosts"].([]any)
	want("plain: the host is listed", err == nil && len(hosts) == 1, fmt.Sprint(answer, err))
	answer, err = w.rest("GET", v2+"/tailnet/-/services", nil)
	list, _ := answer["vipServices"].([]any)
	want("plain: the service is listed", err == nil && len(list) == 1, fmt.Sprint(answer, err))
	answer, err = w.rest("GET", name, nil)
	want("plain: the service", err == nil && answer["name"] == "svc:plain", fmt.Sprint(answer, err))
	_, err = w.rest("DELETE", name, nil)
	check("plain: the service is deleted", err)
	check("plain: its host is deleted", w.client.Devices().Delete(ctx, number))
}

func (w *walk) plainApps() {
	app := map[string]any{"name": "apiclients", "redirectURIs": []string{"http://127.0.0.1:9/back"}, "scopes": []string{"auth_keys:create"}, "allowedNodeAttributes": []string{"custom:app"}}
	made, err := w.rest("POST", v2+"/tailnet/-/oauth-apps", app)
	id, _ := made["id"].(string)
	if !check("plain: an app is made", err) {
		return
	}
	answer, err := w.rest("GET", v2+"/tailnet/-/oauth-apps", nil)
	list, _ := answer["oauthApps"].([]any)
	want("plain: the app is listed", err == nil && len(list) == 1, fmt.Sprint(answer, err))
	app["description"] = "changed"
	_, err = w.rest("PUT", v2+"/tailnet/-/oauth-apps/"+id, app)
	check("plain: the app is changed", err)
	answer, err = w.rest("GET", v2+"/tailnet/-/oauth-apps/"+id, nil)
	want("plain: the app, without its secret", err == nil && answer["description"] == "changed" && answer["clientSecret"] == nil, fmt.Sprint(answer, err))
	_, err = w.rest("DELETE", v2+"/tailnet/-/oauth-apps/"+id, nil)
	check("plain: the app is deleted", err)
}

func (w *walk) plainLogs() {
	span := url.Values{"start": {time.Now().Add(-time.Hour).UTC().Format(time.RFC3339)}, "end": {time.Now().Add(time.Minute).UTC().Format(time.RFC3339)}}
	answer, err := w.rest("GET", v2+"/tailnet/-/logging/configuration?"+span.Encode(), nil)
	entries, _ := answer["logs"].([]any)
	want("plain: the audit log has what was done here", err == nil && len(entries) > 20, fmt.Sprint(len(entries), err))
	l := w.client.Logging()
	check("plain: a stream is set", l.SetLogstreamConfiguration(ctx, tailscale.LogTypeConfig, tailscale.SetLogstreamConfigurationRequest{
		DestinationType: tailscale.LogstreamSplunkEndpoint, URL: "https://splunk.example.com", Token: "t"}))
	_, err = w.rest("GET", v2+"/tailnet/-/logging/configuration/stream/status", nil)
	check("plain: what the stream did", err)
	check("plain: the stream is deleted", l.DeleteLogstreamConfiguration(ctx, tailscale.LogTypeConfig))
}

func (w *walk) plainTokens() {
	client, err := w.client.Keys().CreateOAuthClient(ctx, tailscale.CreateOAuthClientRequest{Scopes: []string{"dns:read"}})
	if !check("plain: an OAuth client is made", err) {
		return
	}
	form := url.Values{"client_id": {client.ID}, "client_secret": {client.Key}}
	resp, err := w.http.Post(w.base.String()+v2+"/oauth/token", "application/x-www-form-urlencoded", strings.NewReader(form.Encode()))
	if !check("plain: a token is asked for", err) {
		return
	}
	defer resp.Body.Close()
	text, _ := io.ReadAll(resp.Body)
	var token struct {
		AccessToken string `json:"access_token"`
		TokenType   string `json:"token_type"`
	}
	json.Unmarshal(text, &token)
	want("plain: a token", resp.StatusCode == http.StatusOK && token.AccessToken != "" && token.TokenType == "Bearer", string(text))
	_, err = w.with(token.AccessToken).DNS().Nameservers(ctx)
	check("plain: the token reads", err)
	check("plain: the OAuth client is deleted", w.client.Keys().Delete(ctx, client.ID))
}
