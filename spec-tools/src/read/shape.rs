//! The structure of an OpenAPI 3.0 document: which keys its objects have, and what belongs there.

use super::{Entry, Node, Value};

/// What belongs at a place.
pub enum Kind {
    /// Data, which may hold anything, or what other checks look at.
    Any,
    Text,
    Flag,
    Number,
    /// A whole number from 0.
    Count,
    List(&'static Kind),
    /// A map whose keys are names, which may be spelled like keywords.
    Names(&'static Kind),
    /// A map whose keys are names or extensions.
    Extensible(&'static Kind),
    /// An object, or a reference to a component.
    One(&'static Shape),
    OneOrFlag(&'static Shape),
}

/// The keys of one kind of object.
pub struct Shape {
    /// What it is called in messages.
    pub name: &'static str,
    /// Where its components are, under `components`; `None` if there are none.
    pub component: Option<&'static str>,
    pub required: &'static [&'static str],
    keys: &'static [(&'static [&'static str], Kind)],
}

use Kind::{Any, Count, Extensible, Flag, List, Names, Number, One, OneOrFlag, Text};

/// Defines shapes: name, component kind, required keys, then keys by what belongs there.
macro_rules! shapes {
    ($($shape:ident $name:literal $component:expr, [$($required:literal),*] {
        $($kind:expr => [$($key:tt)+];)+
    })+) => {
        $(static $shape: Shape = Shape {
            name: $name,
            component: $component,
            required: &[$($required),*],
            keys: &[$((&[$(stringify!($key)),+], $kind)),+],
        };)+
    };
}

shapes! {
    DOCUMENT "the document" None, ["info", "paths"] {
        Any => [openapi externalDocs];
        One(&INFO) => [info];
        List(&One(&SERVER)) => [servers];
        Extensible(&One(&PATH)) => [paths];
        One(&COMPONENTS) => [components];
        List(&Names(&List(&Text))) => [security];
        List(&One(&TAG)) => [tags];
    }
    INFO "`info`" None, ["title", "version"] {
        Text => [title description termsOfService version];
        Any => [contact license];
    }
    SERVER "a server" None, ["url"] {
        Text => [url description];
        Any => [variables];
    }
    TAG "a tag" None, ["name"] {
        Text => [name description];
        Any => [externalDocs];
    }
    COMPONENTS "the components" None, [] {
        Names(&One(&SCHEMA)) => [schemas];
        Names(&One(&RESPONSE)) => [responses];
        Names(&One(&PARAMETER)) => [parameters];
        Names(&One(&BODY)) => [requestBodies];
        Names(&One(&HEADER)) => [headers];
        Any => [examples securitySchemes links callbacks];
    }
    PATH "a path" None, [] {
        Text => [summary description];
        List(&One(&SERVER)) => [servers];
        List(&One(&PARAMETER)) => [parameters];
        One(&OPERATION) => [get put post delete options head patch trace];
    }
    OPERATION "an operation" None, ["responses"] {
        Text => [summary description operationId];
        Flag => [deprecated];
        Any => [externalDocs callbacks];
        List(&Text) => [tags];
        List(&One(&PARAMETER)) => [parameters];
        One(&BODY) => [requestBody];
        Extensible(&One(&RESPONSE)) => [responses];
        List(&Names(&List(&Text))) => [security];
        List(&One(&SERVER)) => [servers];
    }
    PARAMETER "a parameter" Some("parameters"), ["name", "in"] {
        Text => [name in description style];
        Flag => [required deprecated allowEmptyValue explode allowReserved];
        Any => [example examples];
        One(&SCHEMA) => [schema];
        Names(&One(&MEDIA)) => [content];
    }
    HEADER "a header" Some("headers"), [] {
        Text => [description style];
        Flag => [required deprecated allowEmptyValue explode allowReserved];
        Any => [example examples];
        One(&SCHEMA) => [schema];
        Names(&One(&MEDIA)) => [content];
    }
    BODY "a body" Some("requestBodies"), ["content"] {
        Text => [description];
        Flag => [required];
        Names(&One(&MEDIA)) => [content];
    }
    RESPONSE "a response" Some("responses"), ["description"] {
        Text => [description];
        Names(&One(&HEADER)) => [headers];
        Names(&One(&MEDIA)) => [content];
        Any => [links];
    }
    MEDIA "a media type" None, [] {
        One(&SCHEMA) => [schema];
        Any => [example examples encoding];
    }
    SCHEMA "a schema" Some("schemas"), [] {
        Text => [title description format pattern];
        Flag => [nullable uniqueItems readOnly writeOnly deprecated];
        Number => [minimum maximum multipleOf];
        Count => [minLength maxLength minItems maxItems minProperties maxProperties];
        List(&Text) => [required];
        One(&SCHEMA) => [items not];
        OneOrFlag(&SCHEMA) => [additionalProperties];
        Names(&One(&SCHEMA)) => [properties];
        List(&One(&SCHEMA)) => [allOf anyOf oneOf];
        Any => [type enum default example exclusiveMinimum exclusiveMaximum];
        Any => [discriminator externalDocs xml];
    }
}

impl Shape {
    /// What belongs under a key.
    pub fn kind(&self, key: &str) -> Option<&'static Kind> {
        let known = self.keys.iter().find(|(known, _)| known.contains(&key));
        known.map(|(_, kind)| kind)
    }

    /// All keys.
    pub fn keys(&self) -> impl Iterator<Item = &'static str> {
        self.keys.iter().flat_map(|(keys, _)| keys.iter().copied())
    }

    /// Whether each of them needs a description.
    pub fn is_documented(&self) -> bool {
        matches!(self.component, Some(kind) if kind != "schemas")
    }

    /// Whether it is that of schemas.
    pub fn is_schema(&self) -> bool {
        self.component == Some("schemas")
    }
}

/// Visits every object of a document that has a shape, outer ones first. References are not
/// followed, and data is not entered.
pub fn each<'a>(document: &'a Node, visit: &mut dyn FnMut(&'a Node, &'static Shape)) {
    walk(document, &One(&DOCUMENT), visit);
}

/// Visits every schema that the document writes out.
pub fn each_schema<'a>(document: &'a Node, visit: &mut dyn FnMut(&'a Node)) {
    each(document, &mut |node, shape| {
        if shape.is_schema() && node.get("$ref").is_none() {
            visit(node);
        }
    });
}

fn walk<'a>(node: &'a Node, kind: &Kind, visit: &mut dyn FnMut(&'a Node, &'static Shape)) {
    let mut each = |entries: &'a [Entry], kind: &Kind| {
        entries
            .iter()
            .for_each(|entry| walk(&entry.node, kind, visit));
    };
    match kind {
        Names(inner) => each(node.entries(), inner),
        Extensible(inner) => {
            let names = node.entries().iter();
            let names = names.filter(|entry| !entry.key.starts_with("x-"));
            names.for_each(|entry| walk(&entry.node, inner, visit));
        }
        List(inner) => node
            .items()
            .iter()
            .for_each(|item| walk(item, inner, visit)),
        OneOrFlag(_) if matches!(node.value, Value::Bool(_)) => {}
        One(shape) | OneOrFlag(shape) => {
            visit(node, shape);
            if node.get("$ref").is_none() {
                for entry in node.entries() {
                    if let Some(kind) = shape.kind(&entry.key) {
                        walk(&entry.node, kind, visit);
                    }
                }
            }
        }
        Any | Text | Flag | Number | Count => {}
    }
}
