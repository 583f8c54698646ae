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
    pub keys: &'static [(&'static str, Kind)],
}

use Kind::{Any, Count, Extensible, Flag, List, Names, Number, One, OneOrFlag, Text};

static DOCUMENT: Shape = Shape {
    name: "the document",
    component: None,
    required: &["info", "paths"],
    keys: &[
        ("openapi", Any),
        ("info", One(&INFO)),
        ("servers", List(&One(&SERVER))),
        ("paths", Extensible(&One(&PATH))),
        ("components", One(&COMPONENTS)),
        ("security", List(&Names(&List(&Text)))),
        ("tags", List(&One(&TAG))),
        ("externalDocs", Any),
    ],
};

static INFO: Shape = Shape {
    name: "`info`",
    component: None,
    required: &["title", "version"],
    keys: &[
        ("title", Text),
        ("description", Text),
        ("termsOfService", Text),
        ("contact", Any),
        ("license", Any),
        ("version", Text),
    ],
};

static SERVER: Shape = Shape {
    name: "a server",
    component: None,
    required: &["url"],
    keys: &[("url", Text), ("description", Text), ("variables", Any)],
};

static TAG: Shape = Shape {
    name: "a tag",
    component: None,
    required: &["name"],
    keys: &[("name", Text), ("description", Text), ("externalDocs", Any)],
};

static COMPONENTS: Shape = Shape {
    name: "the components",
    component: None,
    required: &[],
    keys: &[
        ("schemas", Names(&One(&SCHEMA))),
        ("responses", Names(&One(&RESPONSE))),
        ("parameters", Names(&One(&PARAMETER))),
        ("examples", Any),
        ("requestBodies", Names(&One(&BODY))),
        ("headers", Names(&One(&HEADER))),
        ("securitySchemes", Any),
        ("links", Any),
        ("callbacks", Any),
    ],
};

static PATH: Shape = Shape {
    name: "a path",
    component: None,
    required: &[],
    keys: &[
        ("summary", Text),
        ("description", Text),
        ("servers", List(&One(&SERVER))),
        ("parameters", List(&One(&PARAMETER))),
        ("get", One(&OPERATION)),
        ("put", One(&OPERATION)),
        ("post", One(&OPERATION)),
        ("delete", One(&OPERATION)),
        ("options", One(&OPERATION)),
        ("head", One(&OPERATION)),
        ("patch", One(&OPERATION)),
        ("trace", One(&OPERATION)),
    ],
};

static OPERATION: Shape = Shape {
    name: "an operation",
    component: None,
    required: &["responses"],
    keys: &[
        ("tags", List(&Text)),
        ("summary", Text),
        ("description", Text),
        ("externalDocs", Any),
        ("operationId", Text),
        ("parameters", List(&One(&PARAMETER))),
        ("requestBody", One(&BODY)),
        ("responses", Extensible(&One(&RESPONSE))),
        ("callbacks", Any),
        ("deprecated", Flag),
        ("security", List(&Names(&List(&Text)))),
        ("servers", List(&One(&SERVER))),
    ],
};

static PARAMETER: Shape = Shape {
    name: "a parameter",
    component: Some("parameters"),
    required: &["name", "in"],
    keys: &[
        ("name", Text),
        ("in", Text),
        ("description", Text),
        ("required", Flag),
        ("deprecated", Flag),
        ("allowEmptyValue", Flag),
        ("style", Text),
        ("explode", Flag),
        ("allowReserved", Flag),
        ("schema", One(&SCHEMA)),
        ("example", Any),
        ("examples", Any),
        ("content", Names(&One(&MEDIA))),
    ],
};

static HEADER: Shape = Shape {
    name: "a header",
    component: Some("headers"),
    required: &[],
    keys: &[
        ("description", Text),
        ("required", Flag),
        ("deprecated", Flag),
        ("allowEmptyValue", Flag),
        ("style", Text),
        ("explode", Flag),
        ("allowReserved", Flag),
        ("schema", One(&SCHEMA)),
        ("example", Any),
        ("examples", Any),
        ("content", Names(&One(&MEDIA))),
    ],
};

static BODY: Shape = Shape {
    name: "a body",
    component: Some("requestBodies"),
    required: &["content"],
    keys: &[
        ("description", Text),
        ("content", Names(&One(&MEDIA))),
        ("required", Flag),
    ],
};

static RESPONSE: Shape = Shape {
    name: "a response",
    component: Some("responses"),
    required: &["description"],
    keys: &[
        ("description", Text),
        ("headers", Names(&One(&HEADER))),
        ("content", Names(&One(&MEDIA))),
        ("links", Any),
    ],
};

static MEDIA: Shape = Shape {
    name: "a media type",
    component: None,
    required: &[],
    keys: &[
        ("schema", One(&SCHEMA)),
        ("example", Any),
        ("examples", Any),
        ("encoding", Any),
    ],
};

static SCHEMA: Shape = Shape {
    name: "a schema",
    component: Some("schemas"),
    required: &[],
    keys: &[
        ("title", Text),
        ("description", Text),
        ("type", Any),
        ("format", Text),
        ("nullable", Flag),
        ("enum", Any),
        ("default", Any),
        ("example", Any),
        ("pattern", Text),
        ("minLength", Count),
        ("maxLength", Count),
        ("minimum", Number),
        ("maximum", Number),
        ("exclusiveMinimum", Any),
        ("exclusiveMaximum", Any),
        ("multipleOf", Number),
        ("items", One(&SCHEMA)),
        ("minItems", Count),
        ("maxItems", Count),
        ("uniqueItems", Flag),
        ("properties", Names(&One(&SCHEMA))),
        ("required", List(&Text)),
        ("additionalProperties", OneOrFlag(&SCHEMA)),
        ("minProperties", Count),
        ("maxProperties", Count),
        ("allOf", List(&One(&SCHEMA))),
        ("anyOf", List(&One(&SCHEMA))),
        ("oneOf", List(&One(&SCHEMA))),
        ("not", One(&SCHEMA)),
        ("discriminator", Any),
        ("readOnly", Flag),
        ("writeOnly", Flag),
        ("deprecated", Flag),
        ("externalDocs", Any),
        ("xml", Any),
    ],
};

impl Shape {
    /// What belongs under a key.
    pub fn kind(&self, key: &str) -> Option<&'static Kind> {
        let known = self.keys.iter().find(|(known, _)| *known == key);
        known.map(|(_, kind)| kind)
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
