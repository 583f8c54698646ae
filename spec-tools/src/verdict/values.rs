//! The rules for what is sent and for what is received.

use super::ruling::{
    Circumstances, Ruling, api_notice, api_perhaps, everybody, nobody, notice, perhaps, renamed,
    rust, sdk_only,
};
use crate::changes::{
    Beside,
    Harm::{Breaks, MayBreak, None as Safe, Notice},
    SubjectKind, What,
};

/// Of what is sent: parameters, bodies and what is inside them.
pub fn of_requested(kind: SubjectKind, what: &What, met: &Circumstances) -> Ruling<'static> {
    match what {
        What::Added { required: true, .. } => {
            everybody("Requests without it are refused, and no caller sends it yet.")
        }
        What::Added { .. } if met.replaces && kind == SubjectKind::Field => api_notice(
            "Nobody has to send it. But a PUT replaces: a client that puts back only the fields that it knows resets this one. This SDK's `edit` carries it.",
        ),
        What::Added { .. } => nobody("Nobody has to send it."),
        What::Removed { .. } => everybody(
            "Callers that send it are refused or ignored, and its setter is gone from the SDK.",
        ),
        What::Renamed(..) => sdk_only(renamed(kind)),
        What::Required(_) => everybody("Callers that leave it out are refused."),
        What::Optional(same) if kind == SubjectKind::Field => (
            rust(*same),
            Safe,
            "It may still be sent. In the SDK, the field is an `Option` unless it was one.",
        ),
        What::Optional(_) => nobody("It may still be sent."),
        What::Nullable(same) => (
            rust(*same),
            Safe,
            "Nobody has to send null. In the SDK, the field is an `Option` unless it was one.",
        ),
        What::NotNullable(same) => (
            rust(*same),
            Breaks,
            "Callers that send null are refused. This SDK leaves out what is not set.",
        ),
        What::Encoding(..) => everybody("What callers write is read otherwise."),
        What::Type(from, to) if widens(from, to) => {
            sdk_only("What was sent is still admitted; the SDK's type is another.")
        }
        What::Type(..) => everybody("What callers send is of the wrong type."),
        What::Format { from, to, rust } => of_format(from, to, *rust, false),
        What::ValueAdded(_) => nobody("One more value that may be sent."),
        What::ValueRemoved(_) => everybody("Callers that send it are refused."),
        What::ValuesListed(_) => {
            everybody("Callers that send anything else are refused; the SDK's type is another.")
        }
        What::ValuesOpened(_) => sdk_only(
            "What was sent is still admitted; the SDK's type is text instead of an enumeration.",
        ),
        What::Default(..) if met.replaces => notice(
            "Callers that leave it out get another behaviour, and a PUT that leaves it out resets it to another value.",
        ),
        What::Default(..) => notice("Callers that leave it out get another behaviour."),
        What::Bound { narrower: true, .. } => everybody("Values that were admitted are refused."),
        What::Bound { .. } => nobody(
            "What was admitted still is; this SDK lets the rest through once it is generated anew.",
        ),
        What::Pattern(_, to) if to.is_empty() => nobody("What was admitted still is."),
        What::Pattern(from, _) if from.is_empty() => {
            everybody("Values that were admitted are refused.")
        }
        What::Pattern(..) => everybody(
            "Values that were admitted may be refused: which ones, two patterns do not tell.",
        ),
        What::Beside(Beside::Anything, Beside::Nothing) => (
            Notice,
            Breaks,
            "Callers that send more fields are refused. This SDK sends unknown fields only where `edit` puts back what it was sent.",
        ),
        What::Beside(Beside::Nothing, Beside::Anything) => nobody("Nobody has to send more."),
        What::Beside(_, Beside::Anything) => {
            sdk_only("What was sent is still admitted; the SDK's type is another.")
        }
        What::Beside(..) => everybody("What callers send beside the fields is of the wrong type."),
        What::VariantAdded(_) => {
            sdk_only("One more form that may be sent; the SDK's enum has one variant more.")
        }
        What::VariantRemoved(_) => everybody("Callers that send it in this form are refused."),
        What::Excluded => {
            perhaps("Other values are excluded: which ones, two schemas do not tell.")
        }
        What::Deprecated => notice("Nothing fails yet, but it is going to end."),
        What::NotDeprecated => nobody("It stays."),
        _ => secrets(what),
    }
}

/// Of what is received: answers, their headers and what is inside them.
pub fn of_answered(what: &What) -> Ruling<'static> {
    match what {
        What::Added { .. } => nobody("Readers ignore what they do not know."),
        What::Removed { .. } => everybody("Readers miss it, and it is gone from the SDK's type."),
        What::Renamed(..) => sdk_only(renamed(SubjectKind::Type)),
        What::Required(same) => (
            rust(*same),
            Safe,
            "Readers can rely on more. In the SDK, the field is no `Option` any more unless it is null at times.",
        ),
        What::Optional(same) => (
            rust(*same),
            Breaks,
            "Readers that rely on it fail where it is absent. In the SDK, the field is an `Option`.",
        ),
        What::Nullable(same) => (
            rust(*same),
            Breaks,
            "Readers that rely on a value fail at null. In the SDK, the field is an `Option`.",
        ),
        What::NotNullable(same) => (
            rust(*same),
            Safe,
            "Readers can rely on more. In the SDK, the field is no `Option` any more unless it is absent at times.",
        ),
        What::Type(from, to) if widens(to, from) => {
            sdk_only("Readers of the old type can read the new one; the SDK's type is another.")
        }
        What::Type(..) => everybody("Readers expect another type."),
        What::Format { from, to, rust } => of_format(from, to, *rust, true),
        What::ValueAdded(_) => api_perhaps(
            "A client with closed enumerations fails at a value that it does not know. This SDK's are open.",
        ),
        What::ValueRemoved(_) => {
            sdk_only("Nobody has to read it any more; its name is gone from the SDK.")
        }
        What::ValuesListed(_) => {
            sdk_only("Readers of text can read every value; the SDK's type is an enumeration.")
        }
        What::ValuesOpened(_) => (
            Breaks,
            MayBreak,
            "A client with closed enumerations fails at other values; the SDK's type is text.",
        ),
        What::Default(..) => api_notice(
            "It is another value that an absent one stands for. This SDK does not fill it in.",
        ),
        What::Bound { narrower: true, .. } => nobody("Readers get less than they were ready for."),
        What::Bound { .. } => api_perhaps(
            "A client that counts on the bound may have no room. This SDK does not check bounds of answers.",
        ),
        What::Pattern(from, _) if from.is_empty() => {
            nobody("Readers get less than they were ready for.")
        }
        What::Pattern(..) => api_perhaps(
            "A client that counts on the pattern may fail. This SDK does not check patterns of answers.",
        ),
        What::Beside(Beside::Nothing, Beside::Anything) => api_perhaps(
            "A client that refuses fields that it does not know fails. This SDK does not.",
        ),
        What::Beside(Beside::Anything, Beside::Nothing) => {
            nobody("Readers get less than they were ready for.")
        }
        What::Beside(..) => (
            Breaks,
            MayBreak,
            "What comes beside the fields is of another type, and so is the SDK's.",
        ),
        What::VariantAdded(_) => (
            Breaks,
            MayBreak,
            "Readers that know the other forms only fail at this one; so does this SDK until it is generated anew.",
        ),
        What::VariantRemoved(_) => {
            sdk_only("Nobody has to read it any more; the variant is gone from the SDK.")
        }
        What::Excluded => {
            api_perhaps("Other values are excluded: which ones, two schemas do not tell.")
        }
        What::Deprecated => notice("Nothing fails yet, but it is going to end."),
        What::NotDeprecated => nobody("It stays."),
        _ => secrets(what),
    }
}

/// Of what the SDK hides.
fn secrets(what: &What) -> Ruling<'static> {
    match what {
        What::NotSecret => sdk_only(
            "The SDK's type is plain text instead of `Secret`, and `Debug` prints it: is it no secret?",
        ),
        What::Secret => {
            sdk_only("The SDK's type is `Secret` instead of plain text, and `Debug` hides it.")
        }
        // What is of operations only is not met here.
        _ => everybody("It is not known what this does."),
    }
}

/// Whether all values of one type are values of the other.
fn widens(from: &str, to: &str) -> bool {
    (from, to) == ("integer", "number") || to == "any" || to == "array of anything"
}

/// Of formats: `int32` is within `int64`, both are within no format, and of others nothing is known.
fn of_format(from: &str, to: &str, rust: bool, answer: bool) -> Ruling<'static> {
    let within = |inner: &str, outer: &str| {
        outer == "none" || matches!((inner, outer), ("int32", "int64") | ("float", "double"))
    };
    let sdk = if rust { Breaks } else { Safe };
    match (within(from, to), within(to, from), answer) {
        (true, _, false) => (
            sdk,
            Safe,
            "What was sent is still admitted. It breaks this SDK if its type is another.",
        ),
        (_, true, true) => (
            sdk,
            Safe,
            "What comes is still what was promised. It breaks this SDK if its type is another.",
        ),
        (_, true, false) if to == "int64" || to == "double" => (
            sdk,
            Notice,
            "Only values that are too large for it are refused.",
        ),
        (_, _, false) => everybody("Values that were admitted are refused."),
        (_, _, true) if ["int32", "int64", "float", "double"].contains(&from) => (
            sdk,
            MayBreak,
            "A reader with numbers of that size may have no room.",
        ),
        (_, _, true) => (
            sdk,
            Breaks,
            "Readers that parse the format fail. It breaks this SDK if its type is another.",
        ),
    }
}
