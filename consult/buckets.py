"""Files in a bucket of an S3-compatible service (the only importer of obstore; loaded only where a bucket is set).

A file is put only where there is none of its name, so nothing is ever replaced; the service takes it whole or not at all.
The service must know conditional puts (If-None-Match), as AWS, MinIO, Ceph and others do.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import obstore.exceptions as faults
from obstore.store import S3Store

from consult.config import Settings
from consult.errors import Invalid, NotFound
from consult.phrases import say
from consult.storage import away, checked, is_name, not_there

if TYPE_CHECKING:
    from obstore.store import ClientConfig, S3Config

NOT_LET_IN = (faults.PermissionDeniedError, faults.UnauthenticatedError)
NO_BUCKET = "NoSuchBucket"
NO_NAME = "nothing"  # no file of ours has this name
TRIES = 2  # after the first


class BucketStorage:
    """A bucket, or what lies in it under a prefix."""

    def __init__(self, settings: Settings, address: str) -> None:
        parts = urlsplit(address)
        if parts.scheme != "s3" or not parts.netloc:
            raise Invalid(say("A bucket is given as s3://BUCKET or s3://BUCKET/PREFIX."), "bad-settings")
        self._store = S3Store(
            parts.netloc,
            prefix=parts.path.strip("/") or None,
            config=_config_of(settings),
            client_options=_client_of(settings),
            retry_config={"max_retries": TRIES, "retry_timeout": timedelta(seconds=settings.s3_timeout)},
        )

    def keep(self, data: bytes) -> str:
        """Keep the bytes and return their sha256."""
        sha256 = hashlib.sha256(data).hexdigest()
        with _telling("keep"):
            try:
                self._store.put(sha256, data, mode="create", use_multipart=False)
            except (faults.AlreadyExistsError, faults.PreconditionError):
                return sha256  # its name is its content
        return sha256

    def read(self, sha256: str) -> bytes:
        """Return the bytes. Raises NotFound, FileDamaged."""
        if not is_name(sha256):
            raise NotFound(say("There is no such file."))
        with _telling("read"):
            data = bytes(self._store.get(sha256).bytes())
        return checked(sha256, data)

    def list_names(self) -> Iterator[str]:
        """Yield the sha256 of every file there is."""
        with _telling("list"):
            found = [meta["path"] for some in self._store.list() for meta in some]
        yield from sorted(name for name in found if is_name(name))

    def remove(self, sha256: str) -> None:
        """Remove a file for good. A bucket that keeps versions keeps this one too: docs/operations.md."""
        if not is_name(sha256):
            raise NotFound(say("There is no such file."))
        with _telling("remove"):
            try:
                self._store.delete(sha256)
            except FileNotFoundError as error:
                if NO_BUCKET in str(error):
                    raise

    def check(self) -> None:
        """Raise Unavailable unless the bucket answers us."""
        with _telling("check"):
            for _ in self._store.list(prefix=NO_NAME):
                break


def _config_of(settings: Settings) -> "S3Config":
    """Return how the service is reached. Without keys they are looked for where AWS's own tools look."""
    given: dict[str, Any] = {
        "endpoint": settings.s3_endpoint,
        "region": settings.s3_region,
        "access_key_id": settings.s3_access_key,
        "secret_access_key": settings.s3_secret_key,
    }
    config: S3Config = {name: value for name, value in given.items() if value}  # type: ignore[assignment]
    return config


def _client_of(settings: Settings) -> "ClientConfig":
    seconds = timedelta(seconds=settings.s3_timeout)
    options: ClientConfig = {"timeout": seconds, "connect_timeout": min(seconds, timedelta(seconds=5))}
    if settings.s3_endpoint.startswith("http://"):
        options["allow_http"] = True
    if settings.s3_ca_file:
        options["root_certificate"] = Path(settings.s3_ca_file).read_bytes()
    return options


@contextmanager
def _telling(act: str) -> Iterator[None]:
    """Turn what the library raises into what is told to people: it is away, does not let us in, or has no such bucket."""
    try:
        yield
    except (faults.BaseError, OSError, ValueError) as error:
        if NO_BUCKET in str(error):
            raise away(act, error, "storage-no-bucket") from None
        if isinstance(error, FileNotFoundError):
            raise not_there() from None
        raise away(act, error, "storage-denied" if isinstance(error, NOT_LET_IN) else "storage-away") from None
