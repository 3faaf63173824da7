"""Values as plain JSON data and back, by their annotations; strict: nothing unknown, nothing missing."""

import base64
import dataclasses
import types
from collections.abc import Mapping
from functools import cache
from typing import Any, Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from consult.errors import Invalid

T = TypeVar("T")


def to_json(value: object) -> Any:
    """Return a value as dicts, lists, strings, numbers. Bytes become base64, sets sorted lists."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: to_json(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    if isinstance(value, frozenset | set):
        return sorted(to_json(item) for item in value)
    if isinstance(value, tuple | list):
        return [to_json(item) for item in value]
    if isinstance(value, Mapping):
        return {str(key): to_json(item) for key, item in value.items()}
    return value


def from_json(kind: type[T], data: Any) -> T:
    """Return the value of this type that the data describe. Raises Invalid for anything that does not fit the type."""
    return cast(T, _decode(kind, data))


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def _refuse(kind: object) -> Invalid:
    return Invalid(f"Stored data do not fit: {getattr(kind, '__name__', kind)} was expected.", "wrong-data")


def _decode(kind: Any, data: Any) -> Any:
    origin, arguments = get_origin(kind), get_args(kind)
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        return _decode_dataclass(kind, data)
    if origin is Literal:
        return _checked(kind, data, data in arguments)
    if origin in (Union, types.UnionType):
        return None if data is None and type(None) in arguments else _decode(arguments[0], data)
    if origin in (tuple, frozenset, list) or (origin is not None and issubclass(origin, tuple | frozenset | list)):
        items = [_decode(arguments[0], item) for item in _checked(kind, data, isinstance(data, list))]
        return origin(items)
    if origin is not None and issubclass(origin, Mapping):
        return {key: _decode(arguments[1], item) for key, item in _checked(kind, data, isinstance(data, dict)).items()}
    if kind is bytes:
        return base64.b64decode(_checked(kind, data, isinstance(data, str)), validate=True)
    if kind is float:
        return float(_checked(kind, data, isinstance(data, int | float) and not isinstance(data, bool)))
    return _checked(kind, data, kind is Any or type(data) is kind)


def _checked(kind: Any, data: Any, fits: bool) -> Any:
    if not fits:
        raise _refuse(kind)
    return data


def _decode_dataclass(kind: type, data: Any) -> Any:
    fields = {f.name: f for f in dataclasses.fields(kind)}
    needed = {
        name
        for name, f in fields.items()
        if f.default is dataclasses.MISSING and f.default_factory is dataclasses.MISSING
    }
    if not isinstance(data, dict) or not needed <= set(data) <= set(fields):
        raise _refuse(kind)
    hints = _hints(kind)
    return kind(**{name: _decode(hints[name], item) for name, item in data.items()})
