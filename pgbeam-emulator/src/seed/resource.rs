//! Creates the resources in the collections of a seed.

use bytes::Bytes;
use http::HeaderMap;
use serde_json::{Map, Value, json};

use super::collection::{SeedCollection, Source};
use super::error::{self, Result, items, join, message, object, string, unknown};
use super::seeder::{Params, Seeder};
use crate::areas;
use crate::contract::OperationContract;
use crate::http::path::fill_template;
use crate::http::problem::Problem;
use crate::http::response::Response;
use crate::resource::OperationRequest;
use crate::store::{Resource, new_id};

impl Seeder<'_> {
    /// Creates the resources in the collections of a resource. `fields` are the fields of that resource in the seed,
    /// and `params` its path parameters.
    pub(super) fn collections(
        &self,
        collections: &[SeedCollection],
        params: &Params,
        fields: &Map<String, Value>,
        place: &str,
    ) -> Result<()> {
        for collection in collections {
            let list = fields.get(&collection.key).unwrap_or_default();
            for (place, item) in items(list, &join(place, &collection.key))? {
                self.item(collection, params, object(item, &place)?, &place)?;
            }
        }
        Ok(())
    }

    /// Creates a resource of a collection.
    fn item(
        &self,
        collection: &SeedCollection,
        params: &Params,
        fields: &Map<String, Value>,
        place: &str,
    ) -> Result<()> {
        let rejected = |problem: Problem| error::rejected(place, &problem);
        match collection.source {
            Source::Create(operation) => {
                self.resource(collection, Some(operation), params, fields, place)
            }
            Source::None => self.resource(collection, None, params, fields, place),
            Source::Put(operation) => {
                let (body, _) = self.split(&operation.id, "", fields.clone(), &[], place)?;
                self.run(operation, params, None, body)
                    .map(drop)
                    .map_err(rejected)
            }
            Source::Admin(handler) => {
                let project_id = params.first().map_or("", |(_, id)| id);
                self.shared
                    .change(project_id, |context| handler(context, project_id, fields))
                    .map(drop)
                    .map_err(rejected)
            }
        }
    }

    /// Creates a resource with the operation `create`, or without an operation if it is `None`. Then creates the
    /// resources in the collections below it.
    fn resource(
        &self,
        collection: &SeedCollection,
        create: Option<&'static OperationContract>,
        params: &Params,
        fields: &Map<String, Value>,
        place: &str,
    ) -> Result<()> {
        let param = collection.item_param(self.contract);
        let below = param.map_or_else(Vec::new, |param| {
            SeedCollection::for_param(self.contract, param)
        });
        let mut own = own_fields(fields, &below);
        let schema = self.contract.collection(collection.path);
        let has_id = schema.is_none_or(|schema| self.contract.has_property(&schema.resource, "id"));
        // Cache rules have no `id`. Their path has the `query_hash`.
        let id_field = param.filter(|_| !has_id).unwrap_or("id");
        let id = match string(fields, id_field, place)? {
            Some(id) => id.to_owned(),
            None => new_id(areas::kind(collection.path).prefix()),
        };
        if let Some(param) = param {
            self.check_id(place, id_field, param, &id)?;
        }
        let path = fill_template(collection.path, params);
        if self.shared.store().get(&path, &id).is_some() {
            let detail = format!("is the id {id:?} of another resource; use each id once");
            return Err(message(&join(place, id_field), &detail));
        }
        own.remove("id");
        let create_id = create.map_or("", |operation| operation.id.as_str());
        let (body, server) = self.split(create_id, collection.path, own, &below, place)?;
        match create {
            Some(operation) => {
                self.run(operation, params, Some(&id), body)
                    .map_err(|problem| error::rejected(place, &problem))?;
            }
            None => {
                let mut store = self.shared.store();
                store
                    .collection_mut(&path)
                    .insert(id.clone(), resource(json!({id_field: id})));
            }
        }
        let has_id = fields.contains_key(id_field);
        if schema.is_some() && (has_id || !server.is_empty() || create.is_none()) {
            self.set_server_fields(collection.path, params, &id, server, place)?;
        } else if has_id {
            return Err(message(&join(place, id_field), "cannot be set; remove it"));
        }
        let mut params = params.to_vec();
        params.extend(param.map(|param| (param.to_owned(), id)));
        self.collections(&below, &params, fields, place)
    }

    /// Sets the fields of a stored resource that only the server sets, and validates the resource. Returns an error
    /// if a field is invalid, or is the id of another parent than the one in `params`.
    pub(super) fn set_server_fields(
        &self,
        collection: &str,
        params: &Params,
        id: &str,
        fields: Resource,
        place: &str,
    ) -> Result<()> {
        let schema = self.contract.collection(collection);
        let schema = schema.map(|schema| schema.resource.clone());
        let schema = schema.unwrap_or_default();
        let path = fill_template(collection, params);
        let mut store = self.shared.store();
        let Some(stored) = store.get_mut(&path, id) else {
            return Err(message(&join(place, "id"), "cannot be set; remove it"));
        };
        for (name, parent) in params {
            let given = fields.get(name);
            if given.is_some_and(|given| given.as_str() != Some(parent)) {
                let detail = format!("must be {parent:?}, the id of its parent, or omitted");
                return Err(message(&join(place, name), &detail));
            }
            if self.contract.has_property(&schema, name) {
                stored.insert(name.clone(), Value::from(parent.as_str()));
            }
        }
        stored.extend(fields);
        self.contract.add_required(&schema, stored, self.now);
        let errors = self
            .contract
            .validate_value(&schema, &Value::Object(stored.clone()));
        error::invalid(place, &errors).map_or(Ok(()), Err)
    }

    /// Splits the fields of a resource into those that the request body of the operation declares, and those that
    /// only the schema of the resource declares. Returns an error if neither declares a field.
    pub(super) fn split(
        &self,
        operation: &str,
        collection: &str,
        fields: Resource,
        below: &[SeedCollection],
        place: &str,
    ) -> Result<(Resource, Resource)> {
        let operation = self.contract.operation(operation);
        let body = operation.and_then(|operation| operation.request_body.as_ref());
        let body = body.map(|body| &body.schema);
        let resource = self.contract.collection(collection);
        let resource = resource.map(|resource| &resource.resource);
        let declares = |schema: Option<&Value>, name: &str| {
            schema.is_some_and(|schema| self.contract.has_property(schema, name))
        };
        let (body_fields, server_fields): (Resource, Resource) = fields
            .into_iter()
            .partition(|(name, _)| declares(body, name));
        let unknown_name = server_fields.keys().find(|name| !declares(resource, name));
        if let Some(name) = unknown_name {
            let schemas = body.into_iter().chain(resource);
            let known = schemas.flat_map(|schema| self.contract.property_names(schema));
            let keys = below.iter().map(|collection| collection.key.as_str());
            return Err(unknown(place, name, known.chain(keys)));
        }
        Ok((body_fields, server_fields))
    }

    /// Runs an operation with this body. If the request body declares the id of a parent and `body` omits it, adds
    /// the id. `id` is the id of the resource that the operation creates.
    pub(super) fn run(
        &self,
        operation: &'static OperationContract,
        params: &Params,
        id: Option<&str>,
        mut body: Resource,
    ) -> std::result::Result<Response, Problem> {
        let schema = operation.request_body.as_ref().map(|body| &body.schema);
        for (name, value) in params {
            if schema.is_some_and(|schema| self.contract.has_property(schema, name)) {
                body.entry(name)
                    .or_insert_with(|| Value::from(value.as_str()));
            }
        }
        let has_param =
            |(name, _): &&(String, String)| operation.path.contains(&format!("{{{name}}}"));
        let path_params: Vec<_> = params.iter().filter(has_param).cloned().collect();
        let body = Bytes::from(Value::Object(body).to_string());
        self.shared.run(&mut OperationRequest {
            contract: self.contract,
            operation,
            store: &mut self.shared.store(),
            path_params: &path_params,
            query: &Map::new(),
            headers: &HeaderMap::new(),
            body: &body,
            now: self.now,
            deliverer: &self.shared.deliverer,
            seed_id: id,
        })
    }
}

/// Returns the fields without those that are collections.
pub(super) fn own_fields(fields: &Map<String, Value>, collections: &[SeedCollection]) -> Resource {
    let is_collection = |name: &str| collections.iter().any(|c| c.key == name);
    let own = fields.iter().filter(|(name, _)| !is_collection(name));
    own.map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

pub(super) fn resource(value: Value) -> Resource {
    match value {
        Value::Object(fields) => fields,
        _ => Resource::new(),
    }
}
