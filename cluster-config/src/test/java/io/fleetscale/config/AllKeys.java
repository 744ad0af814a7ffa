package io.fleetscale.config;

/** A file that sets every key to something else than its default. */
final class AllKeys {
    static final String YAML = """
        server_url: https://hs.test
        listen_addr: ["192.0.2.1:443", "[2001:db8::1]:443"]
        metrics_listen_addr: ["[::1]:9090", "127.0.0.1:9090"]
        grpc_listen_addr: ""
        grpc_allow_insecure: true
        trusted_proxies: [192.0.2.7/24, "2001:db8::/64"]
        unix_socket: /run/hs.sock
        unix_socket_permission: "0770"
        disable_check_updates: true
        noise: {private_key_path: noise.key}
        keys: {encryption_key_path: kek}
        tls_cert_path: cert.pem
        tls_key_path: key.pem
        acme_url: https://acme.test/directory
        acme_email: a@hs.test
        tls_letsencrypt_hostname: hs.test
        tls_letsencrypt_cache_dir: cache
        tls_letsencrypt_challenge_type: TLS-ALPN-01
        tls_letsencrypt_listen: ":http"
        database:
          type: postgres
          debug: true
          postgres:
            host: /run/postgresql
            port: 5433
            name: fleet
            user: fleetuser
            pass: 0123
            ssl: true
            max_open_conns: 20
            max_idle_conns: 5
            conn_max_idle_time_secs: 60
          sqlite: {path: db.sqlite, write_ahead_log: false, wal_autocheckpoint: 10}
          gorm:
            prepare_stmt: true
            parameterized_queries: true
            skip_err_record_not_found: true
            slow_threshold: 1000
        retention: {log: 48h, audit_log: 1000h}
        prefixes: {v4: 100.100.0.0/16, v6: "fd7a:115c:a1e0:1::/64", allocation: random}
        derp:
          server:
            enabled: true
            region_id: 999
            region_code: home
            region_name: Home
            verify_clients: false
            stun_listen_addr: 0.0.0.0:3478
            stun: {enabled: false}
            private_key_path: derp.key
            automatically_add_embedded_derp_region: false
            ipv4: 198.51.100.1
            ipv6: none
          urls: [https://derp.test/map.json, "nonsense"]
          paths: [derp.yaml]
          auto_update_enabled: true
          update_frequency: 1h30m
        node:
          expiry: 90d
          ephemeral: {inactivity_timeout: 30m}
          routes: {ha: {probe_interval: 20s, probe_timeout: 1.5s}}
        preauth_keys: {revoked_retention: 1h}
        logtail: {enabled: true}
        taildrop: {enabled: false}
        auto_update: {enabled: true}
        policy:
          mode: database
          path: policy.hujson
          features:
            postures: false
            ip_sets: false
            roles: false
            services: false
            app_connectors: false
            funnel: false
            ip_pools: false
            derp_map: false
            tailnet_options: false
            ssh_recording: false
        log: {level: trace, format: json}
        dns:
          magic_dns: false
          base_domain: tailnet.test
          override_local_dns: false
          nameservers:
            global: [192.0.2.53, "https://dns.test/q", "not one"]
            split: {corp.test: [192.0.2.54], lab.test: "192.0.2.55 192.0.2.56"}
          search_domains: [corp.test]
          extra_records: [{name: g.tailnet.test, type: A, value: 100.64.0.3}]
          extra_records_path: records.json
        oidc:
          issuer: https://id.test
          only_start_if_oidc_is_available: false
          client_id: fleet
          client_secret: hush
          client_secret_path: ${HUSH_DIR}/secret
          scope: [openid]
          extra_params: {Domain_Hint: corp.test}
          allowed_domains: [corp.test]
          allowed_users: [a@corp.test]
          allowed_groups: [staff]
          email_verified_required: false
          use_expiry_from_token: true
          pkce: {enabled: true, method: plain}
          ca_path: id-ca.pem
          groups_claim: https://id.test/groups
        cli: {address: "hs.test:50443", api_key: hskey, timeout: 10s, insecure: true}
        tuning:
          batch_change_delay: 50ms
          register_cache_expiration: 5m
          register_cache_max_entries: 10
          notifier_send_timeout: 1s
          node_mapsession_buffered_chan_size: 10
          batcher_workers: 2
          node_store_batch_size: 7
          node_store_batch_timeout: 1s
        relays: {token_path: relay.token}
        api: {v1: {errors: headscale-0.29}, allowed_origins: ["https://UI.tailnet.test", "http://localhost:3000"], allow_private_destinations: true, client_attributes: true}
        node_certificates: {dns_server: "ns1.test:53", zone: tailnet.test, key_name: fleetscale, key_path: tsig.key}
        flow_logs: {enabled: true, retention: 48h, max_entries: 500}
        cluster:
          instance: control-1
          grid: {address: 192.0.2.10, discovery_port: 1000, communication_port: 0}
          tls: {cert_path: grid.pem, key_path: grid.key, ca_path: ca.pem}
          dial_addresses: [192.0.2.1, "2001:db8::1"]
          drain: {timeout: 1m}
        """;

    private AllKeys() {}
}
