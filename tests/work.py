"""Long work in tests: the worker is ticked once, then the person looks at what they asked for."""

from typing import Any

from flask import Flask

from consult.scheduling import do_long_work


def worked(app: Flask, client: Any, answer: Any) -> Any:
    """Let the worker do what an answer leads to, and return what the person then sees; other answers stay as they are."""
    location = answer.headers.get("Location", "")
    if answer.status_code != 302 or "/jobs/" not in location:
        return answer
    do_long_work(app)
    return client.get(location)
