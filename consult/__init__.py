"""Document consultation and feedback: many edited Word copies become one."""

from importlib import import_module
from typing import Any


def __getattr__(name: str) -> Any:
    """Give `create_app` when asked for it: the document commands start without loading the web."""
    if name == "create_app":
        return import_module("consult.app").create_app
    raise AttributeError(name)
