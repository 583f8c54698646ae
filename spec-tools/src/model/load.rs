//! Converts an OpenAPI document to an [`ApiModel`].
//!
//! Component schemas are loaded from a queue instead of recursively, because cycles and long chains
//! of references would exhaust the stack.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use heck::ToPascalCase;

use super::{
    accessors::{
        get_attributes, get_bool, get_list, get_map, get_str, is_extension, single_part, to_json,
    },
    api_model::{
        AdditionalProperties, ApiModel, Attributes, Body, Header, Media, Operation, Parameter,
        ParameterKey, Response, Schema, SchemaId, SchemaUse, SecurityRequirement,
    },
    merge::{collect_fields, complete, merge_value},
};
use crate::{
    bundle,
    error::{Error, Result},
    escape::{code_span, escape_markup},
    lint,
    read::document,
    read::{Entry, Node, Value},
};

/// Converts a document to an API model.
///
/// # Errors
///
/// Returns an error if the document is not OpenAPI 3.0, if a value has the wrong type, if a
/// parameter lacks `name`, `in` or a schema, or if a reference is invalid (see
/// [`lint::check_references`]).
pub fn load(document: &Node) -> Result<ApiModel> {
    bundle::check_version(document)?;
    let paths = document.get("paths").unwrap_or(document);
    if document.get("paths").is_none() || !matches!(paths.value, Value::Map(_)) {
        let message = "not an OpenAPI document: `paths` must be a map";
        return Err(Error::at(&paths.location, message));
    }
    lint::check_references(document)?;
    let mut loader = Loader::new(document)?;
    for server in get_list(document, "servers")? {
        // A trailing slash does not change a base URL.
        let url = get_str(server, "url")?.map(|url| url.trim_end_matches('/').to_owned());
        loader.model.servers.extend(url);
    }
    for operation in document::operations(document) {
        let operation = loader.load_operation(&operation)?;
        loader.model.operations.push(operation);
    }
    loader.load_pending()?;
    Ok(loader.model)
}

/// The state while a document is loaded: its components by name, the queue of component schemas,
/// and the model so far.
struct Loader<'a> {
    document: &'a Node,
    schemas: HashMap<&'a str, &'a Node>,
    schemes: HashMap<&'a str, &'a Node>,
    /// The `security` of the document, for operations that set none.
    default_security: BTreeSet<SecurityRequirement>,
    component_ids: HashMap<&'a str, SchemaId>,
    /// The queue: component schemas that have an id but are not loaded yet.
    pending: Vec<(&'a str, SchemaId)>,
    /// The ids of the inline schemas. A key contains the addresses of the nodes that define the
    /// schema. So an inline schema that several places share, or that contains itself, is loaded
    /// once.
    inline_ids: HashMap<Vec<*const Node>, SchemaId>,
    model: ApiModel,
}

/// The names from which the label and the Rust type of a schema are derived.
#[derive(Clone)]
struct SchemaNames {
    /// The name in reports.
    label: String,
    /// The name of the Rust type if codegen generates one for the schema. `None` for a schema in a
    /// header, and for a schema inside a parameter, body or response component.
    type_name: Option<String>,
}

impl SchemaNames {
    fn new(label: String, shared: Option<&str>, type_name: impl FnOnce() -> String) -> Self {
        let type_name = shared.is_none().then(type_name);
        Self { label, type_name }
    }

    /// Returns the names of a nested schema: appends `label` to the label and `type_suffix` to the
    /// type name.
    fn nested(&self, label: &str, type_suffix: &str) -> Self {
        let type_name = self.type_name.as_ref();
        Self {
            label: format!("{}{label}", self.label),
            type_name: type_name.map(|name| format!("{name}{type_suffix}")),
        }
    }
}

impl<'a> Loader<'a> {
    fn new(document: &'a Node) -> Result<Self> {
        let index = |kind: &str| -> HashMap<&'a str, &'a Node> {
            let entries = document.get_path_entries(&["components", kind]).iter();
            entries
                .map(|entry| (entry.key.as_str(), &entry.node))
                .collect()
        };
        let mut loader = Self {
            document,
            schemas: index("schemas"),
            schemes: index("securitySchemes"),
            default_security: BTreeSet::new(),
            component_ids: HashMap::new(),
            pending: Vec::new(),
            inline_ids: HashMap::new(),
            model: ApiModel::default(),
        };
        loader.default_security = loader.load_security(document)?;
        Ok(loader)
    }

    /// Loads the component schemas in the queue until the queue is empty. Loading a schema can add
    /// other components to the queue.
    fn load_pending(&mut self) -> Result<()> {
        while let Some((name, id)) = self.pending.pop() {
            let Some(node) = self.schemas.get(name).copied() else {
                continue;
            };
            let names = SchemaNames {
                label: escape_markup(name),
                type_name: Some(name.to_pascal_case()),
            };
            let mut schema = self.merge(&[node], &names)?;
            schema.component = Some(name.to_owned());
            self.model.schemas[id] = schema;
        }
        Ok(())
    }

    fn load_operation(&mut self, source: &document::Operation<'a>) -> Result<Operation> {
        let method = source.method.to_uppercase();
        let id = get_str(source.node, "operationId")?.map(str::to_owned);
        let id = id.unwrap_or_else(|| format!("{method} {}", source.path));
        let mut parameters = BTreeMap::new();
        // A parameter of the operation overrides the path's parameter with the same name and location.
        for node in source.parameters() {
            parameters.extend(self.load_parameter(node, &id)?);
        }
        let body = source.node.get("requestBody");
        let body = body.map(|node| self.load_body(node, &id)).transpose()?;
        let mut responses = BTreeMap::new();
        for entry in get_map(source.node, "responses")?
            .iter()
            .filter(|entry| !is_extension(entry))
        {
            responses.insert(entry.key.clone(), self.load_response(entry, &id)?);
        }
        Ok(Operation {
            area: get_list(source.node, "tags")?
                .first()
                .and_then(Node::as_str)
                .map(str::to_owned),
            method_path: get_str(source.node, "x-method")?.map(str::to_owned),
            deprecated: get_bool(source.node, "deprecated")? == Some(true),
            rejects_key: get_bool(source.node, "x-rejects-idempotency-key")? == Some(true),
            security: match source.node.get("security") {
                Some(_) => self.load_security(source.node)?,
                None => self.default_security.clone(),
            },
            path: source.path.to_owned(),
            method,
            id,
            parameters,
            body,
            responses,
        })
    }

    /// Loads the alternatives in the `security` of an operation or document. A missing or empty
    /// list becomes one alternative that requires no credential.
    fn load_security(&self, node: &Node) -> Result<BTreeSet<SecurityRequirement>> {
        let mut requirements = BTreeSet::new();
        for requirement in get_list(node, "security")? {
            let (mut names, mut definitions) = (Vec::new(), BTreeSet::new());
            for scheme in requirement.entries() {
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
                let definition = match self.schemes.get(scheme.key.as_str()) {
                    Some(node) => {
                        to_json(node, &|key| key == "description" || key.starts_with("x-"))
                            .to_string()
                    }
                    None => scheme.key.clone(),
                };
                names.push(format!("{}{scopes}", escape_markup(&scheme.key)));
                definitions.insert(definition + &scopes);
            }
            names.sort();
            let definitions: Vec<String> = definitions.into_iter().collect();
            requirements.insert(SecurityRequirement {
                name: names.join(" with "),
                definition: definitions.join(" with "),
            });
        }
        if requirements.is_empty() {
            requirements.insert(SecurityRequirement {
                name: String::new(),
                definition: String::new(),
            });
        }
        Ok(requirements)
    }

    fn load_parameter(
        &mut self,
        node: &'a Node,
        id: &str,
    ) -> Result<Option<(ParameterKey, Parameter)>> {
        let (node, shared) = self.get_component(node);
        let (Some(name), Some(location)) = (get_str(node, "name")?, get_str(node, "in")?) else {
            return Err(Error::at(
                &node.location,
                "a parameter needs `name` and `in`",
            ));
        };
        let key_name = match location {
            "header" => name.to_ascii_lowercase(),
            _ => name.to_owned(),
        };
        // OpenAPI ignores header parameters with these names.
        let ignored = ["accept", "content-type", "authorization"];
        if location == "header" && ignored.contains(&key_name.as_str()) {
            return Ok(None);
        }
        let label = format!(
            "the {} parameter {}",
            escape_markup(location),
            code_span(name)
        );
        let type_name = || format!("{}{}", id.to_pascal_case(), name.to_pascal_case());
        let names = SchemaNames::new(label, shared, type_name);
        let content = get_map(node, "content")?.first();
        let holder = content.map_or(node, |media| &media.node);
        let Some(schema) = holder.get("schema") else {
            let message = format!("the parameter `{name}` has no schema");
            return Err(Error::at(&node.location, message));
        };
        let mut encoding = Vec::from_iter(content.map(|media| format!("as {}", media.key)));
        for key in ["style", "explode", "allowReserved"] {
            let value = node.get(key);
            encoding.extend(value.map(|value| format!("{key} {}", to_json(value, &|_| false))));
        }
        let parameter = Parameter {
            name: name.to_owned(),
            required: get_bool(node, "required")? == Some(true),
            deprecated: get_bool(node, "deprecated")? == Some(true),
            encoding: encoding.join(", "),
            schema: self.load_use(schema, &names)?,
        };
        Ok(Some((
            ParameterKey {
                location: location.to_owned(),
                name: key_name,
            },
            parameter,
        )))
    }

    fn load_body(&mut self, node: &'a Node, id: &str) -> Result<Body> {
        let (node, shared) = self.get_component(node);
        let label = match shared {
            Some(name) => format!("the shared body {}", code_span(name)),
            None => format!("the body of {}", code_span(id)),
        };
        let names = SchemaNames::new(label, shared, || format!("{}Body", id.to_pascal_case()));
        Ok(Body {
            required: get_bool(node, "required")? == Some(true),
            media: self.load_media(node, &names)?,
        })
    }

    fn load_response(&mut self, entry: &'a Entry, id: &str) -> Result<Response> {
        let (node, shared) = self.get_component(&entry.node);
        let label = match shared {
            Some(name) => format!("the shared response {}", code_span(name)),
            None => format!(
                "the response {} of {}",
                escape_markup(&entry.key),
                code_span(id)
            ),
        };
        let names = SchemaNames::new(label, shared, || format!("{}Response", id.to_pascal_case()));
        let mut headers = BTreeMap::new();
        for header in get_map(node, "headers")? {
            let (node, _) = self.get_component(&header.node);
            let header_names = SchemaNames {
                label: format!("the header {}", code_span(&header.key)),
                type_name: None,
            };
            let schema = self.load_optional(node.get("schema"), &header_names)?;
            let loaded = Header {
                name: header.key.clone(),
                required: get_bool(node, "required")? == Some(true),
                deprecated: get_bool(node, "deprecated")? == Some(true),
                schema,
            };
            headers.insert(header.key.to_ascii_lowercase(), loaded);
        }
        Ok(Response {
            headers,
            media: self.load_media(node, &names)?,
        })
    }

    fn load_media(&mut self, node: &'a Node, names: &SchemaNames) -> Result<Media> {
        let mut schemas = BTreeMap::new();
        for media in get_map(node, "content")? {
            let schema = self.load_optional(media.node.get("schema"), names)?;
            // Parameters such as `charset` do not change the media type.
            let name = media.key.split(';').next().unwrap_or_default().trim();
            schemas.insert(name.to_ascii_lowercase(), schema);
        }
        Ok(schemas)
    }

    /// Follows the `$ref` of a parameter, body, response or header. Returns the component and its
    /// name, or `node` and `None` if `node` is not a reference.
    fn get_component(&self, node: &'a Node) -> (&'a Node, Option<&'a str>) {
        let name = node
            .get_str("$ref")
            .and_then(|reference| reference.rsplit('/').next());
        // `lint::references` has checked that the target exists.
        (
            document::follow_ref(self.document, node).unwrap_or(node),
            name,
        )
    }

    fn load_optional(
        &mut self,
        node: Option<&'a Node>,
        names: &SchemaNames,
    ) -> Result<Option<SchemaUse>> {
        node.map(|node| self.load_use(node, names)).transpose()
    }

    /// Loads the schema that a place uses. Follows references and `allOf`s with one part. The
    /// attributes beside these `allOf`s become the attributes of the place.
    fn load_use(&mut self, node: &'a Node, names: &SchemaNames) -> Result<SchemaUse> {
        let mut attributes = Attributes::default();
        let mut node = node;
        let mut component = None;
        loop {
            if let Some(name) = component_name(node) {
                (node, component) = (self.schemas.get(name).copied().unwrap_or(node), Some(name));
            } else if let Some(inner) = single_part(node) {
                attributes = attributes.merge_over(&get_attributes(node)?);
                (node, component) = (inner, None);
            } else {
                break;
            }
        }
        let schema = match component {
            Some(name) => self.component_id(name),
            None => self.load_inline(&[node], names)?,
        };
        Ok(SchemaUse { schema, attributes })
    }

    /// Loads a field or the items of an array. `nodes` are the definitions of the field or items:
    /// several parts of an `allOf` can each contain one.
    fn load_merged_use(&mut self, nodes: &[&'a Node], names: &SchemaNames) -> Result<SchemaUse> {
        match nodes {
            [node] => self.load_use(node, names),
            _ => Ok(SchemaUse {
                schema: self.load_inline(nodes, names)?,
                attributes: Attributes::default(),
            }),
        }
    }

    /// Returns the id of the inline schema that `nodes` define. Loads the schema on the first call.
    fn load_inline(&mut self, nodes: &[&'a Node], names: &SchemaNames) -> Result<SchemaId> {
        let key: Vec<*const Node> = nodes.iter().map(|node| std::ptr::from_ref(*node)).collect();
        if let Some(id) = self.inline_ids.get(&key) {
            return Ok(*id);
        }
        let id = self.add_schema(Schema::default());
        self.inline_ids.insert(key, id);
        self.model.schemas[id] = self.merge(nodes, names)?;
        Ok(id)
    }

    /// Merges the nodes and the parts of their `allOf`s into one schema, and loads its nested
    /// schemas.
    fn merge(&mut self, nodes: &[&'a Node], names: &SchemaNames) -> Result<Schema> {
        let parts = self.collect_parts(nodes);
        let mut schema = merge_value(&parts, &names.label)?;
        for (name, nodes) in collect_fields(&parts)? {
            let field_names =
                names.nested(&format!(".{}", escape_markup(name)), &name.to_pascal_case());
            let field = self.load_merged_use(&nodes, &field_names)?;
            schema.fields.insert(name.to_owned(), field);
        }
        let all = |key: &str| -> Vec<&'a Node> {
            parts.iter().filter_map(|part| part.get(key)).collect()
        };
        let items = all("items");
        if !items.is_empty() {
            schema.items = Some(self.load_merged_use(&items, &names.nested("[]", "Item"))?);
        }
        for node in all("additionalProperties") {
            use AdditionalProperties::{Any, Forbidden, Typed};
            // If one part forbids additional properties, they are forbidden.
            schema.additional = match (schema.additional, self.load_additional(node, names)?) {
                (Forbidden, _) => Forbidden,
                (Typed(values), Any) => Typed(values),
                (_, additional) => additional,
            };
        }
        for part in &parts {
            for key in ["oneOf", "anyOf"] {
                let mut variants = Vec::new();
                for (index, node) in get_list(part, key)?.iter().enumerate() {
                    let variant_names = names.nested("", &format!("Variant{index}"));
                    variants.push(self.load_use(node, &variant_names)?);
                }
                schema
                    .choices
                    .extend((!variants.is_empty()).then_some(variants));
            }
        }
        complete(&mut schema, names.type_name.as_deref());
        Ok(schema)
    }

    /// Returns the nodes, with references resolved, and the parts of their `allOf`s at every depth,
    /// without duplicates.
    fn collect_parts(&self, nodes: &[&'a Node]) -> Vec<&'a Node> {
        let mut parts: Vec<&'a Node> = Vec::new();
        let mut pending: Vec<&'a Node> = nodes.iter().rev().copied().collect();
        while let Some(node) = pending.pop() {
            if let Some(name) = component_name(node) {
                pending.extend(self.schemas.get(name).copied());
            } else if !parts.iter().any(|part| std::ptr::eq(*part, node)) {
                parts.push(node);
                pending.extend(node.get_items("allOf").iter().rev());
            }
        }
        parts
    }

    /// Returns the id of a component schema. The first call for a name adds the schema to the
    /// queue.
    fn component_id(&mut self, name: &'a str) -> SchemaId {
        if let Some(id) = self.component_ids.get(name) {
            return *id;
        }
        let id = self.add_schema(Schema::default());
        self.component_ids.insert(name, id);
        self.pending.push((name, id));
        id
    }

    fn add_schema(&mut self, schema: Schema) -> SchemaId {
        self.model.schemas.push(schema);
        self.model.schemas.len() - 1
    }

    /// Loads the value of `additionalProperties`. `true` and an empty schema allow any field.
    fn load_additional(
        &mut self,
        node: &'a Node,
        names: &SchemaNames,
    ) -> Result<AdditionalProperties> {
        Ok(match &node.value {
            Value::Bool(false) => AdditionalProperties::Forbidden,
            Value::Map(entries) if !entries.is_empty() => {
                AdditionalProperties::Typed(self.load_use(node, &names.nested(".*", "Value"))?)
            }
            _ => AdditionalProperties::Any,
        })
    }
}

/// Returns the name of the component schema that the `$ref` of a node names; `None` for any other
/// node.
fn component_name(node: &Node) -> Option<&str> {
    node.get("$ref")?
        .as_str()?
        .strip_prefix("#/components/schemas/")
}
