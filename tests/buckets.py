"""An S3 server of one's own on 127.0.0.1. It is moto, an emulator: it shows that we speak S3, not how a service behaves
that is full, slow or torn in two."""

import logging
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
from moto.server import ThreadedMotoServer

REGION = "us-east-1"
KEYS = {"s3_access_key": "key-of-the-tests", "s3_secret_key": "secret-of-the-tests"}


@contextmanager
def s3_server() -> Iterator[str]:
    """Give the address of a server that is at work."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    try:
        yield f"http://{host}:{port}"
    finally:
        server.stop()


def client_of(address: str) -> Any:
    """Return a client that is not ours."""
    return boto3.client(
        "s3", endpoint_url=address, region_name=REGION, aws_access_key_id=KEYS["s3_access_key"],
        aws_secret_access_key=KEYS["s3_secret_key"],
    )  # fmt: skip


def a_bucket(address: str) -> dict[str, Any]:
    """Make a bucket and return the settings of an app that keeps its files there."""
    name = f"consult-{uuid.uuid4().hex[:12]}"
    client_of(address).create_bucket(Bucket=name)
    return {"files_url": f"s3://{name}/files", "s3_endpoint": address, "s3_timeout": 3, **KEYS}
