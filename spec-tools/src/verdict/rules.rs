//! The table of rules: for each kind of change, its impact on users of this SDK and on other API
//! clients, and the reason.

use crate::impact::Impact;

/// The kind of contract element that a rule applies to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Group {
    Server,
    Operation,
    Security,
    Type,
    Response,
    Header,
    Media,
    /// Values that the client sends: parameters, request bodies and their schemas.
    Sent,
    /// Values that the client receives: response bodies, response headers and their schemas. Added
    /// and removed headers are in [`Header`](Self::Header).
    Received,
}

/// The impact of one kind of change in one group.
pub struct Rule {
    group: Group,
    /// A [change name](crate::changes::ChangeKind::name), such as `removed`, optionally with a
    /// condition, such as `removed:success`. Empty for the default rule of the group.
    change: &'static str,
    /// The impact on users of this SDK. `None` means that the impact depends on the Rust type:
    /// [`Impact::Breaks`] if the change affects the type, and [`Impact::None`] if it does not.
    pub sdk: Option<Impact>,
    pub api: Impact,
    pub reason: &'static str,
}

/// Returns the most specific rule of a group for a change: the rule with this change and
/// `condition`, else the rule with this change and no condition, else the default rule of the
/// group. `None` if the group has none of these rules.
pub fn find(group: Group, change: &str, condition: &str) -> Option<&'static Rule> {
    let conditional = format!("{change}:{condition}");
    let mut changes = [conditional.as_str(), change, ""].into_iter();
    changes.find_map(|change| {
        RULES
            .iter()
            .find(|rule| rule.group == group && rule.change == change)
    })
}

macro_rules! rules {
    (@sdk Rust) => { None };
    (@sdk $impact:ident) => { Some(Impact::$impact) };
    ($($group:ident { $($change:literal $sdk:ident $api:ident $reason:literal;)+ })+) => {
        static RULES: &[Rule] = &[$($(Rule {
            group: Group::$group,
            change: $change,
            sdk: rules!(@sdk $sdk),
            api: Impact::$api,
            reason: $reason,
        }),+),+];
    };
}

// Each rule: change, impact on users of this SDK, impact on other API clients, reason. `Rust` means
// that the impact depends on the Rust type (`Rule::sdk` is `None`).
rules! {
    Server {
        "removed" MayBreak MayBreak "Clients that use this base URL must switch to another one, unless the server keeps responding.";
        "" None None "Clients can use the new base URL, but do not have to.";
    }
    Security {
        "removed" Breaks Breaks "Clients with these credentials get 401.";
        "" None None "The existing credentials stay valid.";
    }
    Type {
        "renamed" Breaks None "Requests and responses stay the same, but the SDK renames the type.";
    }
    Operation {
        "removed" Breaks Breaks "Every call fails.";
        "moved" Breaks Breaks "Clients send the old request. This SDK sends the new one after it is regenerated.";
        "renamed" Breaks None "Method and path stay the same, but the SDK renames the method.";
        "area_changed" Breaks None "The SDK moves the operation to another module and feature.";
        "method_changed" Breaks None "The SDK renames the method.";
        "deprecated" Notice Notice "The operation still works but will be removed. The compiler warns about uses of the SDK's method.";
        "rejects_idempotency_key" Breaks Breaks "A request with an `Idempotency-Key` gets 400. Released versions of this SDK send one.";
        "accepts_idempotency_key" None None "Clients can send an `Idempotency-Key`, but do not have to.";
        "" None None "Clients can use it, but do not have to.";
    }
    Response {
        "moved" None MayBreak "A client that expects the old status treats success as an error. This SDK accepts every 2xx.";
        "removed:success" None Breaks "A client that expects this status never gets it. This SDK accepts every 2xx.";
        "added:success" None MayBreak "A client that knows only the other success statuses treats this one as an error. This SDK accepts every 2xx.";
        "added:304" Breaks None "Only clients that send `If-None-Match` get it. The SDK's method now returns `Conditional`.";
        "removed:304" Breaks Notice "Clients get the full response every time. The SDK's method no longer returns `Conditional`.";
        "added" None Notice "Clients get a new error status. This SDK has one error type for all statuses.";
        "" None None "Clients no longer get this error status.";
    }
    Header {
        "removed" MayBreak Breaks "Clients that read the header do not find it. This SDK treats a value from a header (entity tag, retry delay, rate limit) as absent.";
        "" None None "Clients can ignore the header.";
    }
    Media {
        "removed:other" None Breaks "Clients of this media type fail. This SDK uses JSON.";
        "removed:received" Breaks Breaks "Clients no longer get this media type.";
        "removed" Breaks Breaks "Clients that send this media type get 415.";
        "type_changed" Breaks Breaks "The schema was added or removed, so the content is different.";
        "" None None "The existing media types stay.";
    }
    Sent {
        "added:required" Breaks Breaks "Requests without it are rejected, and existing clients do not send it.";
        "added:put" None Notice "Clients do not have to send it. But a PUT replaces the resource: a client that sends only the fields it knows resets this one. This SDK's `edit` keeps it.";
        "added" None None "Clients do not have to send it.";
        "removed" Breaks Breaks "The server rejects or ignores it, and the SDK loses its setter.";
        "renamed" Breaks None "Requests stay the same, but the SDK renames the method and the identifier type.";
        "became_required" Breaks Breaks "Requests without it are rejected.";
        "became_optional:field" Rust None "Clients can still send it. The SDK's field becomes an `Option` unless it is one already.";
        "became_optional" None None "Clients can still send it.";
        "became_nullable" Rust None "Clients do not have to send null. The SDK's field becomes an `Option` unless it is one already.";
        "no_longer_nullable" Rust Breaks "Requests with null are rejected. This SDK omits unset fields.";
        "encoding_changed" Breaks Breaks "The server parses the parameter differently.";
        "type_changed:wider" Breaks None "Existing values stay valid, but the SDK's type changes.";
        "type_changed" Breaks Breaks "Clients send the wrong type.";
        "format_changed:wider" Rust None "Existing values stay valid. This breaks users of this SDK if its type changes.";
        "format_changed:wider_number" Rust None "Existing values stay valid. This breaks users of this SDK if its type changes.";
        "format_changed:smaller" Rust Notice "Only values outside the new range are rejected.";
        "format_changed" Breaks Breaks "Some previously valid values are rejected.";
        "enum_value_added" None None "Clients can send the new value, but do not have to.";
        "enum_value_removed" Breaks Breaks "Requests with this value are rejected.";
        "enum_introduced" Breaks Breaks "Requests with other values are rejected, and the SDK's type changes.";
        "enum_dropped" Breaks None "Existing values stay valid, but the SDK's type changes from an enumeration to a string.";
        "default_changed:put" Notice Notice "The behavior changes for clients that omit it, and a PUT without it resets it to another value.";
        "default_changed" Notice Notice "The behavior changes for clients that omit it.";
        "constraint_narrowed" Breaks Breaks "Some previously valid values are rejected.";
        "constraint_widened" None None "Existing values stay valid. This SDK accepts the new values after it is regenerated.";
        "pattern_changed:wider" None None "Existing values stay valid.";
        "pattern_changed:narrower" Breaks Breaks "Some previously valid values are rejected.";
        "pattern_changed" Breaks Breaks "Some previously valid values may be rejected. Two patterns cannot be compared further.";
        "additional_fields_changed:closed" Notice Breaks "Requests with undeclared fields are rejected. This SDK sends such fields only if `edit` read them from the server.";
        "additional_fields_changed:opened" None None "Clients can send undeclared fields, but do not have to.";
        "additional_fields_changed:untyped" Breaks None "Existing values stay valid, but the SDK's type changes.";
        "additional_fields_changed" Breaks Breaks "Clients send undeclared fields of the wrong type.";
        "variant_added" Breaks None "Clients can send the new variant, but do not have to. The SDK's enum gets a variant.";
        "variant_removed" Breaks Breaks "Requests with this variant are rejected.";
        "exclusion_changed" MayBreak MayBreak "Different values are excluded. Two `not` schemas cannot be compared further.";
        "deprecated" Notice Notice "It still works but will be removed.";
        "no_longer_deprecated" None None "It will not be removed.";
        "no_longer_secret" Breaks None "The SDK's type changes from `Secret` to a plain string that `Debug` prints. Check that the value is not a secret.";
        "became_secret" Breaks None "The SDK's type changes from a plain string to `Secret`, which `Debug` redacts.";
    }
    Received {
        "added" None None "Clients ignore unknown fields.";
        "removed" Breaks Breaks "Clients no longer get it, and the SDK's type loses it.";
        "renamed" Breaks None "Requests and responses stay the same, but the SDK renames the type.";
        "became_required" Rust None "Clients always get it. The SDK's field is no longer an `Option` unless it is nullable.";
        "became_optional" Rust Breaks "Clients that rely on it fail if it is absent. The SDK's field becomes an `Option`.";
        "became_nullable" Rust Breaks "Clients that rely on a value fail on null. The SDK's field becomes an `Option`.";
        "no_longer_nullable" Rust None "Clients always get a value. The SDK's field is no longer an `Option` unless it is optional.";
        "type_changed:narrower" Breaks None "Clients of the old type can read the new one, but the SDK's type changes.";
        "type_changed" Breaks Breaks "Clients expect the old type.";
        "format_changed:narrower" Rust None "The new values match the old format. This breaks users of this SDK if its type changes.";
        "format_changed:smaller" Rust None "The new values match the old format. This breaks users of this SDK if its type changes.";
        "format_changed:number" Rust MayBreak "The new values can overflow a client's number type.";
        "format_changed:wider_number" Rust MayBreak "The new values can overflow a client's number type.";
        "format_changed" Rust Breaks "Clients that parse the format fail. This breaks users of this SDK if its type changes.";
        "enum_value_added" None MayBreak "A client with closed enumerations fails on the unknown value. This SDK's enumerations are open.";
        "enum_value_removed" Breaks None "Clients no longer get it, and the SDK removes the value.";
        "enum_introduced" Breaks None "Clients that read a string can read every value, but the SDK's type becomes an enumeration.";
        "enum_dropped" Breaks MayBreak "A client with closed enumerations fails on other values. The SDK's type becomes a string.";
        "default_changed" None Notice "An absent value now stands for another default. This SDK does not fill in defaults.";
        "constraint_narrowed" None None "The new values satisfy the old constraint.";
        "constraint_widened" None MayBreak "A client that relies on the constraint may fail. This SDK does not check constraints of responses.";
        "pattern_changed:narrower" None None "The new values match the old schema.";
        "pattern_changed" None MayBreak "A client that relies on the pattern may fail. This SDK does not check patterns of responses.";
        "additional_fields_changed:opened" None MayBreak "A client that rejects unknown fields fails. This SDK does not reject them.";
        "additional_fields_changed:closed" None None "The new values match the old schema.";
        "additional_fields_changed" Breaks MayBreak "Undeclared fields have another type, and the SDK's type changes.";
        "variant_added" Breaks MayBreak "Clients that know only the other variants fail on this one. This SDK also fails until it is regenerated.";
        "variant_removed" Breaks None "Clients no longer get it, and the SDK removes the variant.";
        "exclusion_changed" None MayBreak "Different values are excluded. Two `not` schemas cannot be compared further.";
        "deprecated" Notice Notice "It still works but will be removed.";
        "no_longer_deprecated" None None "It will not be removed.";
        "no_longer_secret" Breaks None "The SDK's type changes from `Secret` to a plain string that `Debug` prints. Check that the value is not a secret.";
        "became_secret" Breaks None "The SDK's type changes from a plain string to `Secret`, which `Debug` redacts.";
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_is_found() {
        for (n, rule) in RULES.iter().enumerate() {
            let (change, condition) = rule.change.split_once(':').unwrap_or((rule.change, ""));
            let found = find(rule.group, change, condition).unwrap();
            assert!(std::ptr::eq(found, rule), "rule {n}: {}", rule.change);
            assert!(rule.reason.ends_with('.'), "{}", rule.reason);
        }
    }
}
