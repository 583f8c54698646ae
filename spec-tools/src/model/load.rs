//! Reads a document into its [`ApiModel`].
//!
//! Components are read one after another, not from inside each other, so that neither a circle nor
//! a long chain of references goes deep.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use heck::ToPascalCase;

use super::{
    api_model::{
        Access, Additional, Answer, ApiModel, Attributes, Body, Header, Media, Operation,
        Parameter, ParameterKey, Schema, SchemaId, Use,
    },
    merge::{complete, fields, value},
    parts::{attributes, flag, is_extension, json, list, map, only_part, text},
};
use crate::{
    bundle,
    error::{Error, Result},
    escape::{code_span, escape_markup},
    lint,
    read::document,
    read::{Entry, Node, Value},
};

/// Reads a document.
///
/// # Errors
///
/// What keeps it from being understood: it is no OpenAPI 3.0, or a part is not of the kind that
/// belongs there, or a reference leads nowhere.
pub fn read(document: &Node) -> Result<ApiModel> {
    bundle::check_version(document)?;
    let paths = document.get("paths").unwrap_or(document);
    if document.get("paths").is_none() || !matches!(paths.value, Value::Map(_)) {
        let message = "not an OpenAPI document: `paths` must be a map";
        return Err(Error::at(&paths.location, message));
    }
    lint::check_references(document)?;
    let mut reader = Reader::new(document)?;
    for server in list(document, "servers")? {
        // A base URL ends the same with and without a slash.
        reader
            .model
            .servers
            .extend(text(server, "url")?.map(|url| url.trim_end_matches('/').to_owned()));
    }
    for operation in document::operations(document) {
        let operation = reader.operation(&operation)?;
        reader.model.operations.push(operation);
    }
    reader.components()?;
    Ok(reader.model)
}

/// Reads, while the components that were met wait for their turn.
struct Reader<'a> {
    document: &'a Node,
    schemas: HashMap<&'a str, &'a Node>,
    schemes: HashMap<&'a str, &'a Node>,
    everywhere: BTreeSet<Access>,
    named: HashMap<&'a str, SchemaId>,
    waiting: Vec<(&'a str, SchemaId)>,
    /// Schemas that are no components, by the nodes that say together what they are: what several
    /// operations share is read once, and what holds itself comes to an end.
    written: HashMap<Vec<*const Node>, SchemaId>,
    model: ApiModel,
}

/// Where a schema is written: what a person calls it, and the name that codegen would give to its
/// type.
#[derive(Clone)]
struct SchemaNames {
    label: String,
    hint: Option<String>,
}

impl SchemaNames {
    /// What is written in a part of an operation, unless the part is shared.
    fn new(label: String, shared: Option<&str>, hint: impl FnOnce() -> String) -> Self {
        let hint = shared.is_none().then(hint);
        Self { label, hint }
    }

    /// What is written inside it.
    fn inside(&self, label: &str, hint: &str) -> Self {
        Self {
            label: format!("{}{label}", self.label),
            hint: self.hint.as_ref().map(|of| format!("{of}{hint}")),
        }
    }
}

impl<'a> Reader<'a> {
    fn new(document: &'a Node) -> Result<Self> {
        let index = |kind: &str| -> HashMap<&'a str, &'a Node> {
            let entries = document.get_path_entries(&["components", kind]).iter();
            entries
                .map(|entry| (entry.key.as_str(), &entry.node))
                .collect()
        };
        let mut reader = Self {
            document,
            schemas: index("schemas"),
            schemes: index("securitySchemes"),
            everywhere: BTreeSet::new(),
            named: HashMap::new(),
            waiting: Vec::new(),
            written: HashMap::new(),
            model: ApiModel::default(),
        };
        reader.everywhere = reader.access(document)?;
        Ok(reader)
    }

    /// Reads the components that were met, and those that they lead to.
    fn components(&mut self) -> Result<()> {
        while let Some((name, id)) = self.waiting.pop() {
            let Some(node) = self.schemas.get(name).copied() else {
                continue;
            };
            let names = SchemaNames {
                label: escape_markup(name),
                hint: Some(name.to_pascal_case()),
            };
            let mut schema = self.merged(&[node], &names)?;
            schema.component = Some(name.to_owned());
            self.model.schemas[id] = schema;
        }
        Ok(())
    }

    fn operation(&mut self, of: &document::Operation<'a>) -> Result<Operation> {
        let method = of.method.to_uppercase();
        let id = text(of.node, "operationId")?.map(str::to_owned);
        let id = id.unwrap_or_else(|| format!("{method} {}", of.path));
        let mut parameters = BTreeMap::new();
        // A parameter of the operation takes the place of one of the path with its name.
        for node in of.parameters() {
            parameters.extend(self.parameter(node, &id)?);
        }
        let body = of.node.get("requestBody");
        let body = body.map(|node| self.body(node, &id)).transpose()?;
        let mut answers = BTreeMap::new();
        for answer in map(of.node, "responses")?
            .iter()
            .filter(|answer| !is_extension(answer))
        {
            answers.insert(answer.key.clone(), self.answer(answer, &id)?);
        }
        Ok(Operation {
            area: list(of.node, "tags")?
                .first()
                .and_then(Node::as_str)
                .map(str::to_owned),
            method_path: text(of.node, "x-method")?.map(str::to_owned),
            deprecated: flag(of.node, "deprecated")? == Some(true),
            rejects_key: flag(of.node, "x-rejects-idempotency-key")? == Some(true),
            access: match of.node.get("security") {
                Some(_) => self.access(of.node)?,
                None => self.everywhere.clone(),
            },
            path: of.path.to_owned(),
            method,
            id,
            parameters,
            body,
            answers,
        })
    }

    /// The alternatives of a `security` list. None of them admits anyone, as does an empty one.
    fn access(&self, node: &Node) -> Result<BTreeSet<Access>> {
        let mut ways = BTreeSet::new();
        for way in list(node, "security")? {
            let (mut names, mut asks) = (Vec::new(), BTreeSet::new());
            for scheme in way.entries() {
                let scopes: BTreeSet<&str> = scheme
                    .node
                    .items()
                    .iter()
                    .filter_map(Node::as_str)
                    .collect();
                let scopes: String = scopes
                    .iter()
                    .map(|scope| format!(" {}", escape_markup(scope)))
                    .collect();
                let asked = match self.schemes.get(scheme.key.as_str()) {
                    Some(node) => {
                        json(node, &|key| key == "description" || key.starts_with("x-")).to_string()
                    }
                    None => scheme.key.clone(),
                };
                names.push(format!("{}{scopes}", escape_markup(&scheme.key)));
                asks.insert(asked + &scopes);
            }
            names.sort();
            let asks: Vec<String> = asks.into_iter().collect();
            ways.insert(Access {
                name: names.join(" with "),
                asks: asks.join(" with "),
            });
        }
        if ways.is_empty() {
            ways.insert(Access {
                name: String::new(),
                asks: String::new(),
            });
        }
        Ok(ways)
    }

    fn parameter(&mut self, node: &'a Node, id: &str) -> Result<Option<(ParameterKey, Parameter)>> {
        let (node, shared) = self.resolve(node);
        let (Some(name), Some(location)) = (text(node, "name")?, text(node, "in")?) else {
            return Err(Error::at(
                &node.location,
                "a parameter needs `name` and `in`",
            ));
        };
        let folded = match location {
            "header" => name.to_ascii_lowercase(),
            _ => name.to_owned(),
        };
        // OpenAPI has these three said elsewhere.
        let elsewhere = ["accept", "content-type", "authorization"];
        if location == "header" && elsewhere.contains(&folded.as_str()) {
            return Ok(None);
        }
        let label = format!(
            "the {} parameter {}",
            escape_markup(location),
            code_span(name)
        );
        let hint = || format!("{}{}", id.to_pascal_case(), name.to_pascal_case());
        let names = SchemaNames::new(label, shared, hint);
        let content = map(node, "content")?.first();
        let holder = content.map_or(node, |media| &media.node);
        let Some(schema) = holder.get("schema") else {
            let message = format!("the parameter `{name}` has no schema");
            return Err(Error::at(&node.location, message));
        };
        let mut encoding = Vec::from_iter(content.map(|media| format!("as {}", media.key)));
        for key in ["style", "explode", "allowReserved"] {
            let value = node.get(key);
            encoding.extend(value.map(|value| format!("{key} {}", json(value, &|_| false))));
        }
        let parameter = Parameter {
            name: name.to_owned(),
            required: flag(node, "required")? == Some(true),
            deprecated: flag(node, "deprecated")? == Some(true),
            encoding: encoding.join(", "),
            schema: self.used(schema, &names)?,
        };
        Ok(Some((
            ParameterKey {
                location: location.to_owned(),
                name: folded,
            },
            parameter,
        )))
    }

    fn body(&mut self, node: &'a Node, id: &str) -> Result<Body> {
        let (node, shared) = self.resolve(node);
        let label = match shared {
            Some(name) => format!("the shared body {}", code_span(name)),
            None => format!("the body of {}", code_span(id)),
        };
        let names = SchemaNames::new(label, shared, || format!("{}Body", id.to_pascal_case()));
        Ok(Body {
            required: flag(node, "required")? == Some(true),
            media: self.media(node, &names)?,
        })
    }

    fn answer(&mut self, entry: &'a Entry, id: &str) -> Result<Answer> {
        let (node, shared) = self.resolve(&entry.node);
        let label = match shared {
            Some(name) => format!("the shared answer {}", code_span(name)),
            None => format!(
                "the answer {} of {}",
                escape_markup(&entry.key),
                code_span(id)
            ),
        };
        let names = SchemaNames::new(label, shared, || format!("{}Response", id.to_pascal_case()));
        let mut headers = BTreeMap::new();
        for header in map(node, "headers")? {
            let (node, _) = self.resolve(&header.node);
            let label = format!("the header {}", code_span(&header.key));
            let schema = self.optional(node.get("schema"), &SchemaNames { label, hint: None })?;
            let one = Header {
                name: header.key.clone(),
                required: flag(node, "required")? == Some(true),
                deprecated: flag(node, "deprecated")? == Some(true),
                schema,
            };
            headers.insert(header.key.to_ascii_lowercase(), one);
        }
        Ok(Answer {
            headers,
            media: self.media(node, &names)?,
        })
    }

    fn media(&mut self, node: &'a Node, names: &SchemaNames) -> Result<Media> {
        let mut found = BTreeMap::new();
        for media in map(node, "content")? {
            let schema = self.optional(media.node.get("schema"), names)?;
            // `application/json; charset=utf-8` is JSON.
            let name = media.key.split(';').next().unwrap_or_default().trim();
            found.insert(name.to_ascii_lowercase(), schema);
        }
        Ok(found)
    }

    /// Follows references to shared parts, and says which it came to.
    fn resolve(&self, node: &'a Node) -> (&'a Node, Option<&'a str>) {
        let name = node.get_str("$ref").and_then(|of| of.rsplit('/').next());
        // That every reference leads somewhere has been checked.
        (
            document::follow_ref(self.document, node).unwrap_or(node),
            name,
        )
    }

    fn optional(&mut self, node: Option<&'a Node>, names: &SchemaNames) -> Result<Option<Use>> {
        node.map(|node| self.used(node, names)).transpose()
    }

    /// Reads a schema where it is used: goes through references and through an `allOf` of one.
    fn used(&mut self, node: &'a Node, names: &SchemaNames) -> Result<Use> {
        let mut own = Attributes::default();
        let mut node = node;
        let mut component = None;
        loop {
            if let Some(name) = self.component_of(node) {
                (node, component) = (self.schemas.get(name).copied().unwrap_or(node), Some(name));
            } else if let Some(inner) = only_part(node) {
                own = own.over(&attributes(node)?);
                (node, component) = (inner, None);
            } else {
                break;
            }
        }
        let schema = match component {
            Some(name) => self.named(name),
            None => self.inline(&[node], names)?,
        };
        Ok(Use { schema, own })
    }

    /// Reads a field that several parts of an `allOf` describe.
    fn used_of(&mut self, nodes: &[&'a Node], names: &SchemaNames) -> Result<Use> {
        match nodes {
            [one] => self.used(one, names),
            _ => Ok(Use {
                schema: self.inline(nodes, names)?,
                own: Attributes::default(),
            }),
        }
    }

    /// Reads a schema that is no component.
    fn inline(&mut self, nodes: &[&'a Node], names: &SchemaNames) -> Result<SchemaId> {
        let key: Vec<*const Node> = nodes.iter().map(|node| std::ptr::from_ref(*node)).collect();
        if let Some(id) = self.written.get(&key) {
            return Ok(*id);
        }
        let id = self.add(Schema::default());
        self.written.insert(key, id);
        self.model.schemas[id] = self.merged(nodes, names)?;
        Ok(id)
    }

    /// Reads what nodes and the parts of their `allOf`s say together.
    fn merged(&mut self, nodes: &[&'a Node], names: &SchemaNames) -> Result<Schema> {
        let parts = self.parts(nodes);
        let mut schema = value(&parts, &names.label)?;
        for (name, nodes) in fields(&parts)? {
            let place = names.inside(&format!(".{}", escape_markup(name)), &name.to_pascal_case());
            let used = self.used_of(&nodes, &place)?;
            schema.fields.insert(name.to_owned(), used);
        }
        let all = |key: &str| -> Vec<&'a Node> {
            parts.iter().filter_map(|part| part.get(key)).collect()
        };
        let items = all("items");
        if !items.is_empty() {
            schema.items = Some(self.used_of(&items, &names.inside("[]", "Item"))?);
        }
        for node in all("additionalProperties") {
            // What any part forbids is forbidden.
            schema.additional = match (schema.additional, self.additional(node, names)?) {
                (Additional::Closed, _) => Additional::Closed,
                (Additional::Of(used), Additional::Open) => Additional::Of(used),
                (_, said) => said,
            };
        }
        for part in &parts {
            for key in ["oneOf", "anyOf"] {
                let mut choice = Vec::new();
                for (index, node) in list(part, key)?.iter().enumerate() {
                    let place = names.inside("", &format!("Variant{index}"));
                    choice.push(self.used(node, &place)?);
                }
                schema
                    .choices
                    .extend((!choice.is_empty()).then_some(choice));
            }
        }
        complete(&mut schema, names.hint.as_deref());
        Ok(schema)
    }

    /// The nodes whose keywords hold together: the given ones and what their `allOf`s lead to.
    fn parts(&self, nodes: &[&'a Node]) -> Vec<&'a Node> {
        let mut parts: Vec<&'a Node> = Vec::new();
        let mut open: Vec<&'a Node> = nodes.iter().rev().copied().collect();
        while let Some(node) = open.pop() {
            if let Some(name) = self.component_of(node) {
                open.extend(self.schemas.get(name).copied());
            } else if !parts.iter().any(|part| std::ptr::eq(*part, node)) {
                parts.push(node);
                open.extend(node.get_items("allOf").iter().rev());
            }
        }
        parts
    }

    fn component_of(&self, node: &'a Node) -> Option<&'a str> {
        node.get("$ref")?
            .as_str()?
            .strip_prefix("#/components/schemas/")
    }

    fn named(&mut self, name: &'a str) -> SchemaId {
        if let Some(id) = self.named.get(name) {
            return *id;
        }
        let id = self.add(Schema::default());
        self.named.insert(name, id);
        self.waiting.push((name, id));
        id
    }

    fn add(&mut self, schema: Schema) -> SchemaId {
        self.model.schemas.push(schema);
        self.model.schemas.len() - 1
    }

    /// Reads what an object may hold beside its fields.
    fn additional(&mut self, node: &'a Node, names: &SchemaNames) -> Result<Additional> {
        Ok(match &node.value {
            Value::Bool(false) => Additional::Closed,
            Value::Map(entries) if !entries.is_empty() => {
                Additional::Of(self.used(node, &names.inside(".*", "Value"))?)
            }
            _ => Additional::Open,
        })
    }
}
