# Every resource and data source of the provider but those of ../dns.

resource "tailscale_acl" "policy" {
  overwrite_existing_content = true
  reset_acl_on_destroy       = true
  acl                        = <<-EOT
    // kept byte for byte
    {
      "tagOwners": {"tag:tf": [], "tag:other": ["tag:tf"]},
      "acls": [{"action": "accept", "src": ["*"], "dst": ["*:*"]}], // step ${var.step}
    }
  EOT
}

data "tailscale_acl" "read" {
  depends_on = [tailscale_acl.policy]
}

resource "tailscale_tailnet_key" "key" {
  reusable      = true
  ephemeral     = false
  preauthorized = true
  expiry        = var.step > 1 ? 7200 : 3600
  description   = "tf key ${var.step}"
  tags          = ["tag:tf"]
  depends_on    = [tailscale_acl.policy]
}

resource "tailscale_oauth_client" "client" {
  description = "tf client ${var.step}"
  scopes      = var.step > 1 ? ["auth_keys", "dns:read"] : ["auth_keys"]
  tags        = ["tag:tf"]
  depends_on  = [tailscale_acl.policy]
}

resource "tailscale_federated_identity" "federated" {
  description = "tf federated ${var.step}"
  scopes      = ["dns:read"]
  issuer      = "https://token.actions.githubusercontent.com"
  subject     = "repo:example/*"
}

resource "tailscale_dns_configuration" "dns" {
  nameservers {
    address            = "1.1.1.1"
    use_with_exit_node = var.step > 1
  }
  split_dns {
    domain = "corp.example"
    nameservers {
      address = "10.0.0.53"
    }
  }
  search_paths       = ["a.example"]
  override_local_dns = var.step > 1
  magic_dns          = true
}

data "tailscale_device" "one" {
  hostname = var.hostname
  wait_for = "20s"
}

data "tailscale_devices" "all" {}

data "tailscale_user" "one" {
  login_name = var.user
}

data "tailscale_users" "all" {}

data "tailscale_4via6" "mapped" {
  site = 7
  cidr = "10.1.1.0/24"
}

resource "tailscale_device_authorization" "authorization" {
  device_id  = data.tailscale_device.one.node_id
  authorized = true
}

resource "tailscale_device_key" "key" {
  device_id           = data.tailscale_device.one.node_id
  key_expiry_disabled = true
}

resource "tailscale_device_subnet_routes" "routes" {
  device_id = data.tailscale_device.one.node_id
  routes    = var.step > 1 ? ["10.77.0.0/24", "10.78.0.0/24"] : ["10.77.0.0/24"]
}

resource "tailscale_device_tags" "tags" {
  device_id  = data.tailscale_device.one.node_id
  tags       = var.step > 1 ? ["tag:other", "tag:tf"] : ["tag:tf"]
  depends_on = [tailscale_acl.policy, tailscale_device_subnet_routes.routes]
}

resource "tailscale_webhook" "hook" {
  endpoint_url  = "https://example.com/hook"
  provider_type = "slack"
  subscriptions = var.step > 1 ? ["nodeCreated", "policyUpdate"] : ["nodeCreated"]
}

resource "tailscale_tailnet_settings" "settings" {
  devices_approval_on                         = false
  devices_auto_updates_on                     = var.step > 1
  devices_key_duration_days                   = var.step > 1 ? 30 : 60
  users_approval_on                           = false
  users_role_allowed_to_join_external_tailnet = "none"
  posture_identity_collection_on              = var.step > 1
}

resource "tailscale_contacts" "contacts" {
  account { email = "account${var.step}@example.com" }
  support { email = "support${var.step}@example.com" }
  security { email = "security${var.step}@example.com" }
}

resource "tailscale_posture_integration" "falcon" {
  posture_provider = "falcon"
  cloud_id         = var.step > 1 ? "us-2" : "us-1"
  client_id        = "client"
  client_secret    = "example"
}

resource "tailscale_aws_external_id" "external" {}

resource "tailscale_logstream_configuration" "log" {
  log_type         = "configuration"
  destination_type = "elastic"
  url              = "https://logs${var.step}.example.com"
  token            = "example"
}

resource "tailscale_service" "service" {
  name       = "svc:tf"
  comment    = "step ${var.step}"
  ports      = var.step > 1 ? ["tcp:443", "tcp:80"] : ["tcp:443"]
  tags       = ["tag:tf"]
  depends_on = [tailscale_acl.policy]
}

data "tailscale_service" "read" {
  name = tailscale_service.service.name
}
