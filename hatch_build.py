"""Copy the browser's libraries out of wheels into consult/static/vendor/ at build time: they are not committed."""

import importlib.util
import shutil
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class VendorHook(BuildHookInterface):  # type: ignore[type-arg]
    """Fetch htmx from the django-htmx wheel, which is a build requirement only."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        spec = importlib.util.find_spec("django_htmx")
        if spec is None or spec.origin is None:
            raise RuntimeError("django-htmx is a build requirement: it carries htmx")
        source = next(Path(spec.origin).parent.rglob("htmx-2.min.js"), None)
        if source is None:
            raise RuntimeError("no htmx-2.min.js in the django-htmx wheel")
        target = Path(self.root) / "consult" / "static" / "vendor" / "htmx.min.js"
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
