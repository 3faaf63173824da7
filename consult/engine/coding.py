"""Values as plain JSON data and back, by their annotations; strict: nothing unknown, nothing missing.

A sentence for people keeps its pattern and its values, so that whoever reads it back can say it in another language.
"""

import base64
import dataclasses
import re
import types
from collections.abc import Mapping
from functools import cache
from typing import Any, Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from consult.errors import Invalid
from consult.phrases import Phrase, say, say_many

T = TypeVar("T")
PATTERN = re.compile(r"(?:[^%]|%%|%\([a-z_]+\)s)+")  # no width and no precision: what is foreign stays as long as it is
PLACE = re.compile(r"%\(([a-z_]+)\)s")
DEEPEST_PHRASE = 3


def to_json(value: object) -> Any:
    """Return a value as dicts, lists, strings, numbers. Bytes become base64, sets sorted lists."""
    if isinstance(value, Phrase):
        values = {name: to_json(item) for name, item in value.values.items()}
        return {"say": value.pattern, "many": value.many, "values": values}
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


def to_report(value: object) -> Any:
    """Return a value like to_json, for people's programs: every sentence is plain English."""
    return _in_english(to_json(value))


def _in_english(data: Any) -> Any:
    if isinstance(data, list):
        return [_in_english(item) for item in data]
    if isinstance(data, dict):
        is_phrase = data.keys() == {"say", "many", "values"}
        return str(_decode_phrase(data)) if is_phrase else {name: _in_english(item) for name, item in data.items()}
    return data


def from_json(kind: type[T], data: Any) -> T:
    """Return the value of this type that the data describe. Raises Invalid for anything that does not fit the type."""
    return cast(T, _decode(kind, data))


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def _refuse(kind: object) -> Invalid:
    return Invalid(
        say("Stored data do not fit: %(kind)s was expected.", kind=getattr(kind, "__name__", kind)), "wrong-data"
    )


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
    if kind is str and isinstance(data, dict):
        return _decode_phrase(data)
    return _checked(kind, data, kind is Any or type(data) is kind)


def _decode_phrase(data: Any, depth: int = 0) -> Phrase:
    """Return the sentence that the data describe. They may come from a process that was taken over."""
    if not isinstance(data, dict) or data.keys() != {"say", "many", "values"} or depth > DEEPEST_PHRASE:
        raise _refuse(Phrase)
    pattern, many, given = data["say"], data["many"], data["values"]
    if not isinstance(pattern, str) or not isinstance(many, str) or not isinstance(given, dict) or not pattern:
        raise _refuse(Phrase)
    values = {name: _decode_phrase(v, depth + 1) if isinstance(v, dict) else v for name, v in given.items()}
    if not all(isinstance(v, str | int) for v in values.values()):
        raise _refuse(Phrase)
    for text in filter(None, (pattern, many)):
        if values and not (PATTERN.fullmatch(text) and set(PLACE.findall(text)) <= set(values)):
            raise _refuse(Phrase)
    if not many:
        return say(pattern, **values)
    num = values.pop("num", None)
    if not isinstance(num, int):
        raise _refuse(Phrase)
    return say_many(pattern, many, num, **values)


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
