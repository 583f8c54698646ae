//! The structure of an OpenAPI 3.0 document: which keys its objects have, and what belongs there.

use super::{Entry, Node, Value};

/// What belongs at a location.
pub enum ValueKind {
    /// Data, which may hold anything, or what other checks look at.
    Any,
    String,
    Bool,
    Number,
    /// A whole number from 0.
    UnsignedInteger,
    List(&'static ValueKind),
    /// A map whose keys are names, which may be spelled like keywords.
    Map(&'static ValueKind),
    /// A map whose keys are names or extensions.
    MapWithExtensions(&'static ValueKind),
    /// An object, or a reference to a component.
    Object(&'static ObjectType),
    ObjectOrBool(&'static ObjectType),
}

/// The keys of one kind of object.
pub struct ObjectType {
    /// What it is called in messages.
    pub name: &'static str,
    /// Where its components are, under `components`; `None` if there are none.
    pub component: Option<&'static str>,
    pub required: &'static [&'static str],
    keys: &'static [(&'static [&'static str], ValueKind)],
}

use ValueKind::{
    Any, Bool, List, Map, MapWithExtensions, Number, Object, ObjectOrBool, String, UnsignedInteger,
};

/// Defines object_types: name, component kind, required keys, then keys by what belongs there.
macro_rules! object_types {
    ($($object_type:ident $name:literal $component:expr, [$($required:literal),*] {
        $($kind:expr => [$($key:tt)+];)+
    })+) => {
        $(static $object_type: ObjectType = ObjectType {
            name: $name,
            component: $component,
            required: &[$($required),*],
            keys: &[$((&[$(stringify!($key)),+], $kind)),+],
        };)+
    };
}

object_types! {
    DOCUMENT "the document" None, ["info", "paths"] {
        Any => [openapi externalDocs];
        Object(&INFO) => [info];
        List(&Object(&SERVER)) => [servers];
        MapWithExtensions(&Object(&PATH)) => [paths];
        Object(&COMPONENTS) => [components];
        List(&Map(&List(&String))) => [security];
        List(&Object(&TAG)) => [tags];
    }
    INFO "`info`" None, ["title", "version"] {
        String => [title description termsOfService version];
        Any => [contact license];
    }
    SERVER "a server" None, ["url"] {
        String => [url description];
        Any => [variables];
    }
    TAG "a tag" None, ["name"] {
        String => [name description];
        Any => [externalDocs];
    }
    COMPONENTS "the components" None, [] {
        Map(&Object(&SCHEMA)) => [schemas];
        Map(&Object(&RESPONSE)) => [responses];
        Map(&Object(&PARAMETER)) => [parameters];
        Map(&Object(&BODY)) => [requestBodies];
        Map(&Object(&HEADER)) => [headers];
        Any => [examples securitySchemes links callbacks];
    }
    PATH "a path" None, [] {
        String => [summary description];
        List(&Object(&SERVER)) => [servers];
        List(&Object(&PARAMETER)) => [parameters];
        Object(&OPERATION) => [get put post delete options head patch trace];
    }
    OPERATION "an operation" None, ["responses"] {
        String => [summary description operationId];
        Bool => [deprecated];
        Any => [externalDocs callbacks];
        List(&String) => [tags];
        List(&Object(&PARAMETER)) => [parameters];
        Object(&BODY) => [requestBody];
        MapWithExtensions(&Object(&RESPONSE)) => [responses];
        List(&Map(&List(&String))) => [security];
        List(&Object(&SERVER)) => [servers];
    }
    PARAMETER "a parameter" Some("parameters"), ["name", "in"] {
        String => [name in description style];
        Bool => [required deprecated allowEmptyValue explode allowReserved];
        Any => [example examples];
        Object(&SCHEMA) => [schema];
        Map(&Object(&MEDIA)) => [content];
    }
    HEADER "a header" Some("headers"), [] {
        String => [description style];
        Bool => [required deprecated allowEmptyValue explode allowReserved];
        Any => [example examples];
        Object(&SCHEMA) => [schema];
        Map(&Object(&MEDIA)) => [content];
    }
    BODY "a body" Some("requestBodies"), ["content"] {
        String => [description];
        Bool => [required];
        Map(&Object(&MEDIA)) => [content];
    }
    RESPONSE "a response" Some("responses"), ["description"] {
        String => [description];
        Map(&Object(&HEADER)) => [headers];
        Map(&Object(&MEDIA)) => [content];
        Any => [links];
    }
    MEDIA "a media type" None, [] {
        Object(&SCHEMA) => [schema];
        Any => [example examples encoding];
    }
    SCHEMA "a schema" Some("schemas"), [] {
        String => [title description format pattern];
        Bool => [nullable uniqueItems readOnly writeOnly deprecated];
        Number => [minimum maximum multipleOf];
        UnsignedInteger => [minLength maxLength minItems maxItems minProperties maxProperties];
        List(&String) => [required];
        Object(&SCHEMA) => [items not];
        ObjectOrBool(&SCHEMA) => [additionalProperties];
        Map(&Object(&SCHEMA)) => [properties];
        List(&Object(&SCHEMA)) => [allOf anyOf oneOf];
        Any => [type enum default example exclusiveMinimum exclusiveMaximum];
        Any => [discriminator externalDocs xml];
    }
}

impl ObjectType {
    /// What belongs under a key.
    pub fn kind(&self, key: &str) -> Option<&'static ValueKind> {
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

/// Visits every object of a document that has a object_type, outer ones first. References are not
/// followed, and data is not entered.
pub fn visit_objects<'a>(document: &'a Node, visit: &mut dyn FnMut(&'a Node, &'static ObjectType)) {
    walk(document, &Object(&DOCUMENT), visit);
}

/// Visits every schema that the document writes out.
pub fn visit_schemas<'a>(document: &'a Node, visit: &mut dyn FnMut(&'a Node)) {
    visit_objects(document, &mut |node, object_type| {
        if object_type.is_schema() && node.get("$ref").is_none() {
            visit(node);
        }
    });
}

fn walk<'a>(
    node: &'a Node,
    kind: &ValueKind,
    visit: &mut dyn FnMut(&'a Node, &'static ObjectType),
) {
    let mut each = |entries: &'a [Entry], kind: &ValueKind| {
        entries
            .iter()
            .for_each(|entry| walk(&entry.node, kind, visit));
    };
    match kind {
        Map(inner) => each(node.entries(), inner),
        MapWithExtensions(inner) => {
            let names = node.entries().iter();
            let names = names.filter(|entry| !entry.key.starts_with("x-"));
            names.for_each(|entry| walk(&entry.node, inner, visit));
        }
        List(inner) => node
            .items()
            .iter()
            .for_each(|item| walk(item, inner, visit)),
        ObjectOrBool(_) if matches!(node.value, Value::Bool(_)) => {}
        Object(object_type) | ObjectOrBool(object_type) => {
            visit(node, object_type);
            if node.get("$ref").is_none() {
                for entry in node.entries() {
                    if let Some(kind) = object_type.kind(&entry.key) {
                        walk(&entry.node, kind, visit);
                    }
                }
            }
        }
        Any | String | Bool | Number | UnsignedInteger => {}
    }
}
