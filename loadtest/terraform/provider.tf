# For both configurations: "loadtest terraform" puts this file beside each. Address and credential come from the environment.
terraform {
  required_providers {
    tailscale = { source = "tailscale/tailscale" }
  }
}

provider "tailscale" {}

variable "step" {
  type        = number
  description = "2 changes what can be changed in place"
}

variable "hostname" {
  type        = string
  description = "host name of a device that announces 10.77.0.0/24"
}

variable "user" {
  type        = string
  description = "login of a user"
}
