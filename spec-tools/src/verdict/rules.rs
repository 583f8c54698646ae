//! The rules: whom each kind of change harms, and why.

use crate::harm::Harm;

/// What a rule is about.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Group {
    Server,
    Operation,
    Access,
    Type,
    Answer,
    Header,
    Media,
    /// What is sent: parameters, bodies and what is inside them.
    Sent,
    /// What is received: responses, their headers and what is inside them.
    Received,
}

/// One rule.
pub struct Rule {
    group: Group,
    /// The name of a change, with its circumstances after a colon; empty for all others of the group.
    case: &'static str,
    /// `None` if the change breaks callers of this SDK only where the Rust type is another.
    pub sdk: Option<Harm>,
    pub api: Harm,
    pub why: &'static str,
}

/// The rule of a change: that of its circumstances, else that of its name, else that of its group.
pub fn find(group: Group, name: &str, circumstances: &str) -> Option<&'static Rule> {
    let special = format!("{name}:{circumstances}");
    let mut cases = [special.as_str(), name, ""].into_iter();
    cases.find_map(|case| {
        RULES
            .iter()
            .find(|rule| rule.group == group && rule.case == case)
    })
}

macro_rules! rules {
    (@sdk Rust) => { None };
    (@sdk $harm:ident) => { Some(Harm::$harm) };
    ($($group:ident { $($case:literal $sdk:ident $api:ident $why:literal;)+ })+) => {
        static RULES: &[Rule] = &[$($(Rule {
            group: Group::$group,
            case: $case,
            sdk: rules!(@sdk $sdk),
            api: Harm::$api,
            why: $why,
        }),+),+];
    };
}

// Case, harm to callers of this SDK, harm to other callers of the API, reason.
rules! {
    Server {
        "removed" MayBreak MayBreak "Whoever calls this base URL has to be moved, unless it goes on answering.";
        "" None None "One more place to call; nobody has to.";
    }
    Access {
        "removed" Breaks Breaks "Callers that came in this way are answered with 401.";
        "" None None "One more way in; the others stay.";
    }
    Type {
        "renamed" Breaks None "What is sent and received is the same; the SDK's type has another name.";
    }
    Operation {
        "removed" Breaks Breaks "Every call of it fails.";
        "moved" Breaks Breaks "Every client sends the old request, this SDK until it is generated anew.";
        "renamed" Breaks None "Method and path are the same; the SDK's method has another name.";
        "area_changed" Breaks None "The SDK has it in another module, behind another feature.";
        "method_changed" Breaks None "The SDK has it under another name.";
        "deprecated" Notice Notice "Nothing fails yet, but it is going to end; the SDK's method warns when it is compiled.";
        "rejects_idempotency_key" Breaks Breaks "A request with an `Idempotency-Key` is answered with 400; released versions of this SDK send one.";
        "takes_idempotency_key" None None "It takes an `Idempotency-Key`, which nobody has to send.";
        "" None None "Nobody has to use it.";
    }
    Answer {
        "moved" None MayBreak "A client that waits for the old status takes success for failure. This SDK takes every 2xx.";
        "removed:success" None Breaks "A client that waits for this status waits in vain. This SDK takes every 2xx.";
        "added:success" None MayBreak "A client that knows only the other statuses of success takes this one for failure. This SDK takes every 2xx.";
        "added:304" Breaks None "Only a reader that sends `If-None-Match` gets it; the SDK's method answers with `Conditional` now.";
        "removed:304" Breaks Notice "Readers get the whole answer each time; the SDK's method does not answer with `Conditional` any more.";
        "added" None Notice "One more way to fail. To this SDK, every status of error is the same error.";
        "" None None "One way less to fail.";
    }
    Header {
        "removed" MayBreak Breaks "Readers of the header miss it. To this SDK, what it reads from headers (entity tag, waits, rates) is then absent.";
        "" None None "Nobody has to read it.";
    }
    Media {
        "removed:other" None Breaks "Callers that use this media type fail; this SDK uses JSON.";
        "removed:received" Breaks Breaks "Readers of this media type get none.";
        "removed" Breaks Breaks "Callers that send this media type are answered with 415.";
        "type_changed" Breaks Breaks "It had no schema, or has none any more: what it holds is not what it held.";
        "" None None "One more media type; the others stay.";
    }
    Sent {
        "added:required" Breaks Breaks "Requests without it are refused, and no caller sends it yet.";
        "added:put" None Notice "Nobody has to send it. But a PUT replaces: a client that puts back only the fields that it knows resets this one. This SDK's `edit` carries it.";
        "added" None None "Nobody has to send it.";
        "removed" Breaks Breaks "Callers that send it are refused or ignored, and its setter is gone from the SDK.";
        "renamed" Breaks None "A server does not see it; the SDK's method and identifier type have another name.";
        "became_required" Breaks Breaks "Callers that leave it out are refused.";
        "became_optional:field" Rust None "It may still be sent. In the SDK, the field is an `Option` unless it was one.";
        "became_optional" None None "It may still be sent.";
        "became_nullable" Rust None "Nobody has to send null. In the SDK, the field is an `Option` unless it was one.";
        "no_longer_nullable" Rust Breaks "Callers that send null are refused. This SDK leaves out what is not set.";
        "encoding_changed" Breaks Breaks "What callers write is read otherwise.";
        "type_changed:wider" Breaks None "What was sent is still admitted; the SDK's type is another.";
        "type_changed" Breaks Breaks "What callers send is of the wrong type.";
        "format_changed:wider" Rust None "What was sent is still admitted. It breaks this SDK if its type is another.";
        "format_changed:wider_number" Rust None "What was sent is still admitted. It breaks this SDK if its type is another.";
        "format_changed:smaller" Rust Notice "Only values that are too large for it are refused.";
        "format_changed" Breaks Breaks "Values that were admitted are refused.";
        "enum_value_added" None None "One more value that may be sent.";
        "enum_value_removed" Breaks Breaks "Callers that send it are refused.";
        "enum_introduced" Breaks Breaks "Callers that send anything else are refused; the SDK's type is another.";
        "enum_dropped" Breaks None "What was sent is still admitted; the SDK's type is text instead of an enumeration.";
        "default_changed:put" Notice Notice "Callers that leave it out get another behaviour, and a PUT that leaves it out resets it to another value.";
        "default_changed" Notice Notice "Callers that leave it out get another behaviour.";
        "bound_narrowed" Breaks Breaks "Values that were admitted are refused.";
        "bound_widened" None None "What was admitted still is; this SDK lets the rest through once it is generated anew.";
        "pattern_changed:wider" None None "What was admitted still is.";
        "pattern_changed:narrower" Breaks Breaks "Values that were admitted are refused.";
        "pattern_changed" Breaks Breaks "Values that were admitted may be refused: which ones, two patterns do not tell.";
        "additional_fields_changed:closed" Notice Breaks "Callers that send more fields are refused. This SDK sends unknown fields only where `edit` puts back what it was sent.";
        "additional_fields_changed:opened" None None "Nobody has to send more.";
        "additional_fields_changed:untyped" Breaks None "What was sent is still admitted; the SDK's type is another.";
        "additional_fields_changed" Breaks Breaks "What callers send beside the fields is of the wrong type.";
        "variant_added" Breaks None "One more form that may be sent; the SDK's enum has one variant more.";
        "variant_removed" Breaks Breaks "Callers that send it in this form are refused.";
        "exclusion_changed" MayBreak MayBreak "Other values are excluded: which ones, two schemas do not tell.";
        "deprecated" Notice Notice "Nothing fails yet, but it is going to end.";
        "no_longer_deprecated" None None "It stays.";
        "no_longer_secret" Breaks None "The SDK's type is plain text instead of `Secret`, and `Debug` prints it: is it no secret?";
        "became_secret" Breaks None "The SDK's type is `Secret` instead of plain text, and `Debug` hides it.";
    }
    Received {
        "added" None None "Readers ignore what they do not know.";
        "removed" Breaks Breaks "Readers miss it, and it is gone from the SDK's type.";
        "renamed" Breaks None "What is sent and received is the same; the SDK's type has another name.";
        "became_required" Rust None "Readers can rely on more. In the SDK, the field is no `Option` any more unless it is null at times.";
        "became_optional" Rust Breaks "Readers that rely on it fail where it is absent. In the SDK, the field is an `Option`.";
        "became_nullable" Rust Breaks "Readers that rely on a value fail at null. In the SDK, the field is an `Option`.";
        "no_longer_nullable" Rust None "Readers can rely on more. In the SDK, the field is no `Option` any more unless it is absent at times.";
        "type_changed:narrower" Breaks None "Readers of the old type can read the new one; the SDK's type is another.";
        "type_changed" Breaks Breaks "Readers expect another type.";
        "format_changed:narrower" Rust None "What comes is still what was promised. It breaks this SDK if its type is another.";
        "format_changed:smaller" Rust None "What comes is still what was promised. It breaks this SDK if its type is another.";
        "format_changed:number" Rust MayBreak "A reader with numbers of that size may have no room.";
        "format_changed:wider_number" Rust MayBreak "A reader with numbers of that size may have no room.";
        "format_changed" Rust Breaks "Readers that parse the format fail. It breaks this SDK if its type is another.";
        "enum_value_added" None MayBreak "A client with closed enumerations fails at a value that it does not know. This SDK's are open.";
        "enum_value_removed" Breaks None "Nobody has to read it any more; its name is gone from the SDK.";
        "enum_introduced" Breaks None "Readers of text can read every value; the SDK's type is an enumeration.";
        "enum_dropped" Breaks MayBreak "A client with closed enumerations fails at other values; the SDK's type is text.";
        "default_changed" None Notice "It is another value that an absent one stands for. This SDK does not fill it in.";
        "bound_narrowed" None None "Readers get less than they were ready for.";
        "bound_widened" None MayBreak "A client that counts on the bound may have no room. This SDK does not check bounds of answers.";
        "pattern_changed:narrower" None None "Readers get less than they were ready for.";
        "pattern_changed" None MayBreak "A client that counts on the pattern may fail. This SDK does not check patterns of answers.";
        "additional_fields_changed:opened" None MayBreak "A client that refuses fields that it does not know fails. This SDK does not.";
        "additional_fields_changed:closed" None None "Readers get less than they were ready for.";
        "additional_fields_changed" Breaks MayBreak "What comes beside the fields is of another type, and so is the SDK's.";
        "variant_added" Breaks MayBreak "Readers that know the other forms only fail at this one; so does this SDK until it is generated anew.";
        "variant_removed" Breaks None "Nobody has to read it any more; the variant is gone from the SDK.";
        "exclusion_changed" None MayBreak "Other values are excluded: which ones, two schemas do not tell.";
        "deprecated" Notice Notice "Nothing fails yet, but it is going to end.";
        "no_longer_deprecated" None None "It stays.";
        "no_longer_secret" Breaks None "The SDK's type is plain text instead of `Secret`, and `Debug` prints it: is it no secret?";
        "became_secret" Breaks None "The SDK's type is `Secret` instead of plain text, and `Debug` hides it.";
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_rule_hides_another() {
        for (n, rule) in RULES.iter().enumerate() {
            let (name, circumstances) = rule.case.split_once(':').unwrap_or((rule.case, ""));
            let found = find(rule.group, name, circumstances).unwrap();
            assert!(std::ptr::eq(found, rule), "rule {n}: {}", rule.case);
            assert!(rule.why.ends_with(['.', '?']), "{}", rule.why);
        }
    }
}
