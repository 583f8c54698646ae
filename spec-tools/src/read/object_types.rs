//! The structure of OpenAPI 3.0 documents as tables: the types of objects, their keys, and the
//! types of the values. Also contains functions that use these tables to visit the objects of a
//! document.

use super::{Entry, Node, Value};

/// The type that OpenAPI 3.0 defines for the value of a key.
pub enum ValueKind {
    /// Any value. Used for data, such as `example`, for values that other lint checks validate, and
    /// for values that are not checked, such as `links`.
    Any,
    String,
    Bool,
    Number,
    UnsignedInteger,
    List(&'static ValueKind),
    /// A map from names to values. Every key is a name, even if it looks like a keyword or an
    /// extension.
    Map(&'static ValueKind),
    /// A map from names to values that can also contain extensions (`x-…`).
    MapWithExtensions(&'static ValueKind),
    /// An object of this type, or a reference to a component of this type.
    Object(&'static ObjectType),
    ObjectOrBool(&'static ObjectType),
}

/// A type of object in OpenAPI, such as an operation or a schema, with its required and allowed
/// keys.
pub struct ObjectType {
    /// The name in error messages, with its article, such as `an operation`.
    pub name: &'static str,
    /// The key under `components` that contains objects of this type, such as `parameters`. `None`
    /// if objects of this type cannot be components. A `$ref` cannot replace an object of such a
    /// type.
    pub component: Option<&'static str>,
    pub required: &'static [&'static str],
    keys: &'static [(&'static [&'static str], ValueKind)],
}

use ValueKind::{
    Any, Bool, List, Map, MapWithExtensions, Number, Object, ObjectOrBool, String, UnsignedInteger,
};

/// Defines statics of type [`ObjectType`]. A definition consists of the identifier, the name in
/// messages, the key under `components`, the required keys, and a block. Each line of the block has
/// a type of value and the keys whose values have this type.
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
    /// Returns the type that the value of `key` must have; `None` if `key` is not a known key of
    /// objects of this type.
    pub fn kind(&self, key: &str) -> Option<&'static ValueKind> {
        let known = self.keys.iter().find(|(known, _)| known.contains(&key));
        known.map(|(_, kind)| kind)
    }

    /// Returns the known keys of objects of this type, without `$ref` and extensions.
    pub fn keys(&self) -> impl Iterator<Item = &'static str> {
        self.keys.iter().flat_map(|(keys, _)| keys.iter().copied())
    }

    /// Returns `true` if lint requires a description for every object of this type: parameters,
    /// headers, bodies and responses.
    pub fn is_documented(&self) -> bool {
        matches!(self.component, Some(kind) if kind != "schemas")
    }

    /// Returns `true` if objects of this type are schemas.
    pub fn is_schema(&self) -> bool {
        self.component == Some("schemas")
    }
}

/// Calls `visit` for the document and for every object in it that the tables describe, outer
/// objects first.
///
/// Objects with a `$ref` are visited, but the reference is not followed. Values of type
/// [`ValueKind::Any`] are not visited.
pub fn visit_objects<'a>(document: &'a Node, visit: &mut dyn FnMut(&'a Node, &'static ObjectType)) {
    walk(document, &Object(&DOCUMENT), visit);
}

/// Calls `visit` for every schema of a document, including nested schemas, that is not a reference.
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
