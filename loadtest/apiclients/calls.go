package main

import (
	"fmt"
	"time"

	tailscale "tailscale.com/client/tailscale/v2"
)

func (w *walk) policy() {
	p := w.client.PolicyFile()
	if !check("policy: Set", p.Set(ctx, policyText, "")) {
		return
	}
	raw, err := p.Raw(ctx)
	if check("policy: Raw", err) {
		want("policy: byte for byte", raw.HuJSON == policyText, raw.HuJSON)
	}
	acl, err := p.Get(ctx)
	if check("policy: Get", err) {
		want("policy: one ETag in both forms", acl.ETag == raw.ETag, acl.ETag)
		again, err := p.SetAndGet(ctx, *acl, acl.ETag)
		check("policy: SetAndGet with the ETag", err)
		if again != nil {
			status("policy: Set with the former ETag", 412, p.Set(ctx, policyText, acl.ETag))
		}
	}
	check("policy: Validate", p.Validate(ctx, policyText))
	check("policy: Validate tests", p.Validate(ctx, []tailscale.ACLTest{{Source: "tag:calls", Accept: []string{"tag:child:22"}}}))
	check("policy: Set again", p.Set(ctx, policyText, ""))
}

func (w *walk) keys() {
	k := w.client.Keys()
	var request tailscale.CreateKeyRequest
	request.Capabilities.Devices.Create.Tags = []string{"tag:calls"}
	request.ExpirySeconds = 600
	for name, create := range map[string]func() (*tailscale.Key, error){
		"Create":        func() (*tailscale.Key, error) { return k.Create(ctx, request) },
		"CreateAuthKey": func() (*tailscale.Key, error) { return k.CreateAuthKey(ctx, request) },
	} {
		key, err := create()
		if check("keys: "+name, err) {
			want("keys: it lives exactly so long", key.Expires.Sub(key.Created) == 10*time.Minute, key)
			check("keys: Delete", k.Delete(ctx, key.ID))
			got, err := k.Get(ctx, key.ID)
			want("keys: Get, deleted and still shown", err == nil && got.Invalid && !got.Revoked.IsZero(), fmt.Sprint(got, err))
		}
	}
	client, err := k.CreateOAuthClient(ctx, tailscale.CreateOAuthClientRequest{Scopes: []string{"devices:core:read", "auth_keys"}, Tags: []string{"tag:calls"}})
	if check("keys: CreateOAuthClient", err) {
		oauth := w.with("")
		oauth.Auth = &tailscale.OAuth{ClientID: client.ID, ClientSecret: client.Key, Scopes: []string{"devices:core:read"}}
		_, err = oauth.Devices().List(ctx)
		check("OAuth: a scope of the client", err)
		_, err = oauth.DNS().Nameservers(ctx)
		status("OAuth: another scope", 403, err)
		_, err = k.SetOAuthClient(ctx, client.ID, tailscale.SetOAuthClientRequest{Scopes: []string{"dns:read"}})
		check("keys: SetOAuthClient", err)
		check("keys: Delete the client", k.Delete(ctx, client.ID))
		_, err = oauth.Devices().List(ctx)
		status("OAuth: its tokens end with it", 401, err)
	}
	federated, err := k.CreateFederatedIdentity(ctx, tailscale.CreateFederatedIdentityRequest{Scopes: []string{"dns:read"}, Issuer: "https://issuer.example.com", Subject: "repo:example/*"})
	if check("keys: CreateFederatedIdentity", err) {
		want("keys: rules are an empty map", federated.CustomClaimRules != nil && len(federated.CustomClaimRules) == 0, federated)
		_, err = k.SetFederatedIdentity(ctx, federated.ID, tailscale.SetFederatedIdentityRequest{Scopes: []string{"dns"}, Issuer: "https://issuer.example.com", Subject: "x"})
		check("keys: SetFederatedIdentity", err)
		check("keys: Delete the identity", k.Delete(ctx, federated.ID))
	}
	_, err = k.List(ctx, true)
	check("keys: List", err)
}

func (w *walk) devices(user string) {
	number, err := w.device(user, "apiclients-one")
	if !check("devices: one is registered", err) {
		return
	}
	d := w.client.Devices()
	one, err := d.Get(ctx, number)
	if !check("devices: Get", err) {
		return
	}
	id := one.NodeID
	_, err = d.GetWithAllFields(ctx, id)
	check("devices: GetWithAllFields", err)
	list, err := d.List(ctx, tailscale.WithFilter("hostname", []string{one.Hostname}))
	want("devices: List with a filter", err == nil && len(list) == 1, fmt.Sprint(len(list), err))
	_, err = d.ListWithAllFields(ctx)
	check("devices: ListWithAllFields", err)
	check("devices: SetName", d.SetName(ctx, id, "renamed-by-api"))
	check("devices: SetAuthorized", d.SetAuthorized(ctx, id, true))
	check("devices: SetTags", d.SetTags(ctx, id, []string{"tag:calls"}))
	check("devices: SetKey", d.SetKey(ctx, id, tailscale.DeviceKey{KeyExpiryDisabled: true}))
	check("devices: SetIPv4Address", d.SetIPv4Address(ctx, id, "100.99.7.7"))
	check("devices: SetSubnetRoutes", d.SetSubnetRoutes(ctx, id, []string{"10.77.0.0/24"}))
	routes, err := d.SubnetRoutes(ctx, id)
	want("devices: SubnetRoutes", err == nil && len(routes.Enabled) == 1, fmt.Sprint(routes, err))
	check("devices: SetPostureAttribute", d.SetPostureAttribute(ctx, id, "custom:calls", tailscale.DevicePostureAttributeRequest{Value: "yes"}))
	attributes, err := d.GetPostureAttributes(ctx, id)
	want("devices: GetPostureAttributes", err == nil && attributes.Attributes["custom:calls"] == "yes", fmt.Sprint(attributes, err))
	check("devices: DeletePostureAttribute", d.DeletePostureAttribute(ctx, id, "custom:calls"))
	now, err := d.Get(ctx, id)
	want("devices: all of it shows", err == nil && now.Tags[0] == "tag:calls" && now.KeyExpiryDisabled && now.Addresses[0] == "100.99.7.7", fmt.Sprint(now, err))
	answer, err := w.rest("GET", "/api/v1/node/"+number, nil)
	node, _ := answer["node"].(map[string]any)
	want("devices: headscale's API shows it at once", err == nil && node["givenName"] == "renamed-by-api", fmt.Sprint(node, err))
	check("devices: Delete", d.Delete(ctx, id))
	_, err = d.Get(ctx, id)
	status("devices: Get, deleted", 404, err)
}

func (w *walk) dns() {
	d := w.client.DNS()
	old, err := d.Configuration(ctx)
	if !check("dns: Configuration", err) {
		return
	}
	check("dns: SetNameservers", d.SetNameservers(ctx, []string{"9.9.9.9", "1.1.1.1"}))
	servers, err := d.Nameservers(ctx)
	want("dns: Nameservers, in order", err == nil && fmt.Sprint(servers) == "[9.9.9.9 1.1.1.1]", fmt.Sprint(servers, err))
	check("dns: SetPreferences", d.SetPreferences(ctx, tailscale.DNSPreferences{MagicDNS: true}))
	preferences, err := d.Preferences(ctx)
	want("dns: Preferences", err == nil && preferences.MagicDNS, fmt.Sprint(preferences, err))
	check("dns: SetSearchPaths", d.SetSearchPaths(ctx, []string{"b.example", "a.example"}))
	paths, err := d.SearchPaths(ctx)
	want("dns: SearchPaths, in order", err == nil && fmt.Sprint(paths) == "[b.example a.example]", fmt.Sprint(paths, err))
	check("dns: SetSplitDNS", d.SetSplitDNS(ctx, tailscale.SplitDNSRequest{"corp.example": {"10.0.0.53"}}))
	_, err = d.UpdateSplitDNS(ctx, tailscale.SplitDNSRequest{"lab.example": {"10.0.0.54"}})
	check("dns: UpdateSplitDNS", err)
	split, err := d.SplitDNS(ctx)
	want("dns: SplitDNS", err == nil && len(split) == 2, fmt.Sprint(split, err))
	check("dns: SetConfiguration", d.SetConfiguration(ctx, *old))
}

func (w *walk) people() {
	users, err := w.client.Users().List(ctx, nil, nil)
	if check("users: List", err) && len(users) > 0 {
		_, err = w.client.Users().Get(ctx, users[0].ID)
		check("users: Get", err)
	}
	mail := "support@example.com"
	check("contacts: Update", w.client.Contacts().Update(ctx, tailscale.ContactSupport, tailscale.UpdateContactRequest{Email: &mail}))
	contacts, err := w.client.Contacts().Get(ctx)
	want("contacts: Get", err == nil && contacts.Support.Email == mail, fmt.Sprint(contacts, err))
	_, err = w.client.Tailnets().List(ctx)
	status("tailnets: List has one tailnet only", 501, err)
	_, err = w.client.Tailnets().Create(ctx, tailscale.CreateTailnetRequest{DisplayName: "second"})
	status("tailnets: Create", 501, err)
	status("tailnets: Delete", 501, w.client.Tailnets().Delete(ctx))
}

func (w *walk) settings() {
	s := w.client.TailnetSettings()
	old, err := s.Get(ctx)
	if !check("settings: Get", err) {
		return
	}
	days := 42
	check("settings: Update", s.Update(ctx, tailscale.UpdateTailnetSettingsRequest{DevicesKeyDurationDays: &days}))
	now, err := s.Get(ctx)
	want("settings: Get, changed", err == nil && now.DevicesKeyDurationDays == days, fmt.Sprint(now, err))
	check("settings: put back", s.Update(ctx, tailscale.UpdateTailnetSettingsRequest{DevicesKeyDurationDays: &old.DevicesKeyDurationDays}))
}

func (w *walk) webhooks() {
	h := w.client.Webhooks()
	hook, err := h.Create(ctx, tailscale.CreateWebhookRequest{EndpointURL: "http://127.0.0.1:9/hook", Subscriptions: []tailscale.WebhookSubscriptionType{tailscale.WebhookUserCreated}})
	if !check("webhooks: Create", err) {
		return
	}
	_, err = h.List(ctx)
	check("webhooks: List", err)
	_, err = h.Get(ctx, hook.EndpointID)
	check("webhooks: Get", err)
	_, err = h.Update(ctx, hook.EndpointID, []tailscale.WebhookSubscriptionType{tailscale.WebhookNodeCreated})
	check("webhooks: Update", err)
	rotated, err := h.RotateSecret(ctx, hook.EndpointID)
	want("webhooks: RotateSecret", err == nil && *rotated.Secret != *hook.Secret, err)
	check("webhooks: Test", h.Test(ctx, hook.EndpointID))
	check("webhooks: Delete", h.Delete(ctx, hook.EndpointID))
	_, err = h.Get(ctx, hook.EndpointID)
	status("webhooks: Get, deleted", 404, err)
}

func (w *walk) posture() {
	p := w.client.DevicePosture()
	i, err := p.CreateIntegration(ctx, tailscale.CreatePostureIntegrationRequest{Provider: tailscale.PostureIntegrationProviderIntune, CloudID: "global", ClientID: "c", TenantID: "t", ClientSecret: "s"})
	if !check("posture: CreateIntegration", err) {
		return
	}
	_, err = p.CreateIntegration(ctx, tailscale.CreatePostureIntegrationRequest{Provider: tailscale.PostureIntegrationProviderIntune, CloudID: "global", ClientSecret: "s"})
	status("posture: CreateIntegration, the same provider", 409, err)
	_, err = p.ListIntegrations(ctx)
	check("posture: ListIntegrations", err)
	_, err = p.GetIntegration(ctx, i.ID)
	check("posture: GetIntegration", err)
	_, err = p.UpdateIntegration(ctx, i.ID, tailscale.UpdatePostureIntegrationRequest{CloudID: "us-gov"})
	check("posture: UpdateIntegration", err)
	check("posture: DeleteIntegration", p.DeleteIntegration(ctx, i.ID))
}

func (w *walk) logging() {
	l := w.client.Logging()
	check("logging: SetLogstreamConfiguration", l.SetLogstreamConfiguration(ctx, tailscale.LogTypeNetwork, tailscale.SetLogstreamConfigurationRequest{DestinationType: tailscale.LogstreamSplunkEndpoint, URL: "https://splunk.example.com", Token: "t"}))
	stream, err := l.LogstreamConfiguration(ctx, tailscale.LogTypeNetwork)
	want("logging: LogstreamConfiguration, with defaults", err == nil && stream.User == "user" && stream.CompressionFormat == "none", fmt.Sprint(stream, err))
	check("logging: DeleteLogstreamConfiguration", l.DeleteLogstreamConfiguration(ctx, tailscale.LogTypeNetwork))
	_, err = l.LogstreamConfiguration(ctx, tailscale.LogTypeNetwork)
	status("logging: LogstreamConfiguration, deleted", 404, err)
	id, err := l.CreateOrGetAwsExternalId(ctx, true)
	if check("logging: CreateOrGetAwsExternalId", err) {
		status("logging: ValidateAWSTrustPolicy has no access to AWS", 422, l.ValidateAWSTrustPolicy(ctx, id.ExternalID, "arn:aws:iam::000000000000:role/x"))
	}
	err = l.GetNetworkFlowLogs(ctx, tailscale.NetworkFlowLogsRequest{Start: time.Now().Add(-time.Hour), End: time.Now()}, func(tailscale.NetworkFlowLog) error { return nil })
	want("logging: GetNetworkFlowLogs while they are off", err != nil, err)
	on, off := true, false
	check("settings: flow logs on", w.client.TailnetSettings().Update(ctx, tailscale.UpdateTailnetSettingsRequest{NetworkFlowLoggingOn: &on}))
	check("logging: GetNetworkFlowLogs", l.GetNetworkFlowLogs(ctx, tailscale.NetworkFlowLogsRequest{Start: time.Now().Add(-time.Hour), End: time.Now()}, func(tailscale.NetworkFlowLog) error { return nil }))
	check("settings: flow logs off", w.client.TailnetSettings().Update(ctx, tailscale.UpdateTailnetSettingsRequest{NetworkFlowLoggingOn: &off}))
}

func (w *walk) services() {
	s := w.client.Services()
	service := tailscale.Service{Name: "svc:calls", Ports: []string{"tcp:443"}, Tags: []string{"tag:calls"}, Annotations: map[string]string{"tailscale.com/owner-references": `{"ownerRefs":[]}`}}
	if !check("services: CreateOrUpdate", s.CreateOrUpdate(ctx, service)) {
		return
	}
	got, err := s.Get(ctx, "svc:calls")
	want("services: Get, two addresses", err == nil && len(got.Addrs) == 2, fmt.Sprint(got, err))
	_, err = s.List(ctx)
	check("services: List", err)
	check("services: Delete", s.Delete(ctx, "svc:calls"))
	_, err = s.Get(ctx, "svc:calls")
	status("services: Get, deleted", 404, err)
}
