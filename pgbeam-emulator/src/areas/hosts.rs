//! Host names: the name of the proxy, and whether a name resolves. The emulator makes no DNS requests.

/// Returns the host name of the proxy for a project. The name does not exist, because the top-level domain `invalid` is
/// reserved.
pub(super) fn proxy_host(project_id: &str) -> String {
    // Host names cannot contain underscores.
    format!("{}.proxy.emulator.invalid", project_id.replace('_', "-"))
}

/// Returns `false` if the top-level domain of a host name is `invalid`, which is reserved. Returns `true` for all other
/// hosts.
pub(super) fn is_resolvable(host: &str) -> bool {
    let last = host.trim_end_matches('.').rsplit('.').next();
    !last.is_some_and(|last| last.eq_ignore_ascii_case("invalid"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_below_invalid_do_not_resolve() {
        for (host, expected) in [
            ("db.example.com", true),
            ("127.0.0.1", true),
            ("::1", true),
            ("", true),
            ("invalid.example.com", true),
            ("notinvalid", true),
            ("db.invalid", false),
            ("db.INVALID.", false),
            ("invalid", false),
        ] {
            assert_eq!(is_resolvable(host), expected, "{host}");
        }
        assert!(!is_resolvable(&proxy_host("prj_1")));
    }
}
