"""Calls of the Python client whose bodies and results are checked against the client's models.

The models are `TypedDict`s, which Python does not check at run time.
"""

import os
import types
import typing
from collections.abc import Callable, Iterator
from typing import Any, Literal, NotRequired, get_args, get_origin

import httpx
from pgbeam import ApiError, PgBeamClient, models

BASE_URL = os.environ["PGBEAM_API_URL"]

# The names of the methods that returned a result.
succeeded: set[str] = set()


def mismatches(value: Any, expected: Any, place: str) -> Iterator[str]:
    """Yields each place where a value does not have its type. Fields that a model does not have are mismatches."""
    origin = get_origin(expected)
    if origin is NotRequired:
        yield from mismatches(value, get_args(expected)[0], place)
    elif expected is Any:
        return
    elif origin is Literal:
        if value not in get_args(expected):
            yield f"{place}: {value!r} is not one of {get_args(expected)}"
    elif origin in (typing.Union, types.UnionType):
        if all(any(mismatches(value, option, place)) for option in get_args(expected)):
            yield f"{place}: {value!r} is not {expected}"
    elif origin is list:
        if not isinstance(value, list):
            yield f"{place}: {value!r} is not a list"
            return
        for index, item in enumerate(value):
            yield from mismatches(item, get_args(expected)[0], f"{place}[{index}]")
    elif typing.is_typeddict(expected):
        yield from field_mismatches(value, expected, place)
    elif not is_instance(value, origin or expected):
        yield f"{place}: {value!r} is not {expected}"


def field_mismatches(value: Any, model: Any, place: str) -> Iterator[str]:
    """Yields the mismatches of the fields of a `TypedDict`."""
    if not isinstance(value, dict):
        yield f"{place}: {value!r} is not an object"
        return
    # `__required_keys__` has every field, because the annotations of the client are strings.
    fields = typing.get_type_hints(model, include_extras=True)
    for name in value.keys() - fields.keys():
        yield f"{place}.{name}: {model.__name__} has no such field"
    for name, expected in fields.items():
        if name in value:
            yield from mismatches(value[name], expected, f"{place}.{name}")
        elif get_origin(expected) is not NotRequired:
            yield f"{place}.{name}: is missing"


def is_instance(value: Any, expected: type) -> bool:
    """Like `isinstance`, but a bool is no number, and an int is also a float, as in JSON."""
    if isinstance(value, bool):
        return expected is bool
    return isinstance(value, (int, float) if expected is float else expected)


def check(value: Any, expected: Any, place: str) -> None:
    """Fails if a value does not have its type."""
    found = list(mismatches(value, expected, place))
    assert not found, "\n".join(found)


class Service:
    """A service of the client, such as `client.policies`, with checked methods."""

    def __init__(self, service: Any) -> None:
        self.service = service

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self.service, name)
        hints = typing.get_type_hints(method)

        def call(*args: Any, **kwargs: Any) -> Any:
            if "body" in kwargs:
                check(kwargs["body"], hints["body"], f"body of {name}")
            return self.checked(method(*args, **kwargs), hints["return"], name)

        return call

    @staticmethod
    def checked(result: Any, expected: Any, name: str) -> Any:
        """Returns the result of a method after its check."""
        check(result, expected, name)
        succeeded.add(name)
        return result


class Api:
    """A client whose services are checked. It keeps the headers of the last response, which the client discards."""

    def __init__(self, token: str | None = None, headers: dict[str, str] | None = None) -> None:
        self.response_headers = httpx.Headers()
        hooks: dict[str, list[Callable[..., Any]]] = {"response": [self.remember]}
        http_client = httpx.Client(base_url=BASE_URL, event_hooks=hooks)
        self.client = PgBeamClient(token=token, headers=headers, http_client=http_client)

    def remember(self, response: httpx.Response) -> None:
        self.response_headers = response.headers

    def __getattr__(self, tag: str) -> Service:
        return Service(getattr(self.client, tag))


def expect_error(
    status: int, code: str | None, call: Callable[..., Any], *args: Any, model: Any = models.Error, **kwargs: Any
) -> ApiError:
    """Makes a call that must fail, and returns its error. The body of the response must match `model`."""
    try:
        result = call(*args, **kwargs)
    except ApiError as error:
        assert (error.status, error.code) == (status, code), repr(error)
        check(error.body, model, "error")
        if model is models.Error:
            assert error.request_id and str(error) == error.detail, repr(error)
            assert error.errors == error.body.get("errors", []), repr(error)
        return error
    raise AssertionError(f"{result!r} instead of {status} {code}")


def expect_includes(actual: dict[str, Any], expected: dict[str, Any]) -> None:
    """Fails if `actual` lacks a field of `expected`, or has another value."""
    different = {name: actual.get(name) for name, value in expected.items() if actual.get(name) != value}
    assert not different, f"{different} instead of {expected}"


def read_pages(list_method: Callable[..., Any], *args: str, page_size: int = 2, **filters: Any) -> list[Any]:
    """Returns the items of all pages. Fails if a page other than the last one is not full."""
    items: list[Any] = []
    token: str | None = None
    while True:
        page = list_method(*args, page_size=page_size, page_token=token, **filters)
        [page_items] = [value for value in page.values() if isinstance(value, list)]
        items.extend(page_items)
        token = page.get("next_page_token")
        if not token:
            return items
        assert len(page_items) == page_size, page
