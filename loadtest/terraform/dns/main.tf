# The resources for single parts of the DNS, which do not go together with tailscale_dns_configuration.

resource "tailscale_dns_nameservers" "servers" {
  nameservers = var.step > 1 ? ["1.1.1.1", "9.9.9.9"] : ["9.9.9.9"]
}

resource "tailscale_dns_preferences" "preferences" {
  magic_dns  = true
  depends_on = [tailscale_dns_nameservers.servers]
}

resource "tailscale_dns_search_paths" "paths" {
  search_paths = var.step > 1 ? ["b.example", "a.example"] : ["a.example"]
}

resource "tailscale_dns_split_nameservers" "split" {
  domain      = "corp.example"
  nameservers = var.step > 1 ? ["10.0.0.54", "10.0.0.53"] : ["10.0.0.53"]
}
