//! Host names: those of the proxy, and which names exist. The emulator makes no DNS requests.

/// Returns the host name at which clients would reach a project. No server has it, because the top-level domain is
/// reserved.
pub(super) fn proxy_host(project_id: &str) -> String {
    // Host names have no underscores.
    format!("{}.proxy.emulator.invalid", project_id.replace('_', "-"))
}

/// Returns `false` for names below the reserved top-level domain `invalid`. All other names count as existing.
pub(super) fn is_resolvable(host: &str) -> bool {
    let last = host.trim_end_matches('.').rsplit('.').next();
    !last.is_some_and(|last| last.eq_ignore_ascii_case("invalid"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_below_invalid_do_not_exist() {
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
