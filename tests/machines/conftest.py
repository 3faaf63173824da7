"""An S3 server and buckets on it."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.buckets import a_bucket, s3_server
from tests.web.conftest import ids


@pytest.fixture(scope="session")
def s3_address() -> Iterator[str]:
    with s3_server() as address:
        yield address


@pytest.fixture
def bucket(s3_address: str) -> dict[str, Any]:
    """Give the settings of an app that keeps its files in a new bucket."""
    return a_bucket(s3_address)


__all__ = ["ids"]
