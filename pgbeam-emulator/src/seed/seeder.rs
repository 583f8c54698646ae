//! `Seeder`: creates the organizations, projects and objects of a seed.

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::collection::SeedCollection;
use super::error::{self, Result, items, join, message, object, string, unknown};
use super::resource::own_fields;
use crate::areas;
use crate::contract::{Action, Contract, OperationContract};
use crate::http::path::match_template;
use crate::http::problem::FieldError;
use crate::server::SharedState;
use crate::store::{PROJECTS, new_id};

/// The keys of a seed.
const KEYS: [&str; 3] = ["organizations", "projects", "objects"];
/// The path of the collection of organizations.
const ORGANIZATIONS: &str = "/v1/organizations";
/// The fields of an organization that a seed can set.
const ORGANIZATION_FIELDS: [&str; 3] = ["id", "name", "slug"];

/// The path parameters of a resource by name: the ids of its parents, then its own id.
pub(super) type Params = [(String, String)];

pub(super) struct Seeder<'a> {
    pub(super) shared: &'a SharedState,
    pub(super) contract: &'static Contract,
    pub(super) now: DateTime<Utc>,
}

impl<'a> Seeder<'a> {
    pub(super) fn new(shared: &'a SharedState) -> Self {
        Self {
            shared,
            contract: shared.contract,
            now: shared.clock.now(),
        }
    }

    /// Creates all resources of a seed.
    pub(super) fn root(&self, seed: &Value) -> Result<()> {
        let Some(fields) = seed.as_object() else {
            return Err(message("", "must be an object"));
        };
        if let Some(name) = fields.keys().find(|name| !KEYS.contains(&name.as_str())) {
            return Err(unknown("", name, KEYS));
        }
        let list = |key: &str| items(fields.get(key).unwrap_or_default(), key);
        for (place, item) in list("organizations")? {
            self.organization(item, &place)?;
        }
        for (place, item) in list("projects")? {
            self.project(item, &place)?;
        }
        match fields.get("objects") {
            None | Some(Value::Null) => Ok(()),
            Some(objects) => {
                for (path, value) in object(objects, "objects")? {
                    self.object(path, value)?;
                }
                Ok(())
            }
        }
    }

    fn organization(&self, item: &Value, place: &str) -> Result<()> {
        let fields = object(item, place)?;
        let collections = SeedCollection::for_param(self.contract, "org_id");
        let own = own_fields(fields, &collections);
        if let Some(name) = own
            .keys()
            .find(|name| !ORGANIZATION_FIELDS.contains(&name.as_str()))
        {
            let keys = collections.iter().map(|collection| collection.key.as_str());
            return Err(unknown(place, name, keys.chain(ORGANIZATION_FIELDS)));
        }
        let id = string(fields, "id", place)?
            .ok_or_else(|| message(&join(place, "id"), "is required"))?;
        self.check_id(place, "id", "org_id", id)?;
        let mut store = self.shared.store();
        areas::ensure_organization(&mut store, id, self.now);
        let organization = store
            .get_mut(ORGANIZATIONS, id)
            .ok_or_else(|| message(place, "cannot be created"))?;
        for name in ORGANIZATION_FIELDS {
            if let Some(value) = string(fields, name, place)? {
                organization.insert(name.to_owned(), Value::from(value));
            }
        }
        drop(store);
        let params = [("org_id".to_owned(), id.to_owned())];
        self.collections(&collections, &params, fields, place)
    }

    /// Creates a project, or changes it if an earlier seed created it.
    fn project(&self, item: &Value, place: &str) -> Result<()> {
        let fields = object(item, place)?;
        let id = string(fields, "id", place)?.map_or_else(|| new_id("prj"), str::to_owned);
        self.check_id(place, "id", "project_id", &id)?;
        let mut store = self.shared.store();
        areas::ensure_project(self.contract, &mut store, &id, false, self.now)
            .map_err(|problem| error::rejected(place, &problem))?;
        drop(store);
        let collections = SeedCollection::for_param(self.contract, "project_id");
        let mut own = own_fields(fields, &collections);
        own.remove("id");
        let params = [("project_id".to_owned(), id.clone())];
        self.collections(&collections, &params, fields, place)?;
        let (body, server) = self.split("updateProject", PROJECTS, own, &collections, place)?;
        if !body.is_empty() {
            let update = self.operation("updateProject")?;
            self.run(update, &params, None, body)
                .map_err(|problem| error::rejected(place, &problem))?;
        }
        self.set_server_fields(PROJECTS, &params, &id, server, place)
    }

    /// Sets the fields of the object with this path. The operation that reads the path returns them.
    fn object(&self, path: &str, value: &Value) -> Result<()> {
        let place = format!("objects[{path:?}]");
        let fields = object(value, &place)?;
        let reads = || {
            let operations = self.contract.operations().iter();
            operations.filter(|operation| operation.action == Action::Read)
        };
        let found =
            reads().find_map(|operation| Some((operation, match_template(&operation.path, path)?)));
        let Some((operation, params)) = found else {
            let paths = reads().map(|operation| operation.path.as_str());
            return Err(unknown("objects", path, paths));
        };
        for (name, value) in &params {
            self.check_id(&place, name, name, value)?;
        }
        let schema = operation.response.clone().unwrap_or_default();
        let is_declared = |name: &&String| self.contract.has_property(&schema, name);
        if let Some(name) = fields.keys().find(|name| !is_declared(name)) {
            return Err(unknown(&place, name, self.contract.property_names(&schema)));
        }
        let mut complete = fields.clone();
        self.contract.add_required(&schema, &mut complete, self.now);
        let errors = self
            .contract
            .validate_value(&schema, &Value::Object(complete));
        if let Some(message) = error::invalid(&place, &errors) {
            return Err(message);
        }
        let project = params.iter().find(|(name, _)| name == "project_id");
        if let Some((_, id)) = project {
            (self.shared.change(id, |_| Ok(())))
                .map_err(|problem| error::rejected(&place, &problem))?;
        }
        let mut store = self.shared.store();
        store.set_object(path.to_owned(), fields.clone());
        Ok(())
    }

    fn operation(&self, id: &str) -> Result<&'static OperationContract> {
        let operation = self.contract.operation(id);
        operation.ok_or_else(|| format!("the contract has no operation {id}"))
    }

    /// Checks that the path parameter `param` can have this id. The error is about the field `field`.
    pub(super) fn check_id(&self, place: &str, field: &str, param: &str, id: &str) -> Result<()> {
        let errors = self.contract.validate_path_param(param, id).into_iter();
        let errors: Vec<FieldError> = errors
            .map(|error| FieldError::new(field, error.detail))
            .collect();
        error::invalid(place, &errors).map_or(Ok(()), Err)
    }
}
