"""The steps that all resources with the same five operations have in common."""

from collections.abc import Callable
from typing import Any

from typed import Api, Service, expect_error, expect_includes, read_pages

WRITE_ONLY = ("password", "secret")


class Resource:
    """A resource of a project, whose methods are named after `noun`, such as `create_honeytoken`."""

    def __init__(self, tag: str, noun: str, project_id: str) -> None:
        self.tag = tag
        self.noun = noun
        self.project_id = project_id
        self.api = Api()

    def method(self, verb: str, api: Api | None = None) -> Callable[..., Any]:
        """Returns the method with this verb, of another client if one is passed."""
        service: Service = getattr(api or self.api, self.tag)
        plural = "s" if verb == "list" else ""
        method: Callable[..., Any] = getattr(service, f"{verb}_{self.noun}{plural}")
        return method

    def create(self, body: dict[str, Any]) -> Any:
        created = self.method("create")(self.project_id, body=body)
        expect_includes(created, without_secrets(body))
        assert not any(name in created for name in WRITE_ONLY), created
        return created

    def get(self, resource_id: str) -> Any:
        return self.method("get")(self.project_id, resource_id)

    def update(self, resource_id: str, body: dict[str, Any], if_match: str | None = None) -> Any:
        api = Api(headers={"If-Match": if_match}) if if_match else None
        return self.method("update", api)(self.project_id, resource_id, body=body)

    def delete(self, resource_id: str) -> None:
        self.method("delete")(self.project_id, resource_id)

    def list_all(self, **filters: Any) -> list[Any]:
        return read_pages(self.method("list"), self.project_id, **filters)

    def run(self, bodies: list[dict[str, Any]], change: dict[str, Any]) -> list[Any]:
        """Creates, lists, reads and changes resources, and deletes the first. Returns the others."""
        created = [self.create(body) for body in bodies]
        assert self.list_all()[-len(created) :] == created
        expect_error(400, "INVALID_INPUT", self.list_all, page_size=101)
        invalid_token = self.method("list")
        expect_error(400, "INVALID_INPUT", invalid_token, self.project_id, page_token="invalid")

        first, *others = created
        self.check_update(first, change)
        self.check_not_found("missing", change)
        self.delete(first["id"])
        self.check_not_found(first["id"], change)
        assert self.list_all()[-len(others) :] == others
        return others

    def check_update(self, resource: dict[str, Any], change: dict[str, Any]) -> None:
        """Changes a resource only if it has the `ETag` of the request."""
        resource_id = resource["id"]
        assert self.get(resource_id) == resource
        etag = self.api.response_headers["ETag"]
        expect_error(412, "PRECONDITION_FAILED", self.update, resource_id, change, if_match='"stale"')
        assert self.get(resource_id) == resource
        changed = self.update(resource_id, change, if_match=etag)
        expect_includes(changed, without_secrets(change))
        assert changed["created_at"] == resource["created_at"], changed
        assert changed["updated_at"] > resource["updated_at"], changed
        assert self.get(resource_id) == changed
        expect_error(412, "PRECONDITION_FAILED", self.update, resource_id, change, if_match=etag)
        not_modified = Api(headers={"If-None-Match": self.api.response_headers["ETag"]})
        # The client raises an error for 304, and cannot return the stored value.
        expect_error(304, None, self.method("get", not_modified), self.project_id, resource_id, model=type(None))

    def check_not_found(self, resource_id: str, change: dict[str, Any]) -> None:
        expect_error(404, "NOT_FOUND", self.get, resource_id)
        expect_error(404, "NOT_FOUND", self.update, resource_id, change)
        expect_error(404, "NOT_FOUND", self.delete, resource_id)


def without_secrets(body: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name not in WRITE_ONLY}
