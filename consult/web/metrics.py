"""Numbers for Prometheus: what waits and what failed, from the database; requests, as this process counted them.

Only for addresses or a token that are set; for everybody else there is no such page. Names, texts and addresses are never
among the numbers: labels are our own words. Where several processes serve, PROMETHEUS_MULTIPROC_DIR lets the library add
their counts up (docs/operations.md); without it each answers for itself.
"""

import hmac
import ipaddress
import time
from collections.abc import Iterator
from dataclasses import dataclass

from flask import Blueprint, Flask, Response, current_app, g, request
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from consult import clock
from consult.errors import NotFound
from consult.models import db
from consult.rules.permissions import NOT_THERE
from consult.services import measures
from consult.services.measures import Measures
from consult.web.guards import declares, settings
from consult.web.health import is_database_well, is_storage_well

blueprint = Blueprint("metrics", __name__)
BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
FORWARDED = ("X-Forwarded-For", "Forwarded", "X-Real-IP")


@dataclass(frozen=True)
class _Counts:
    """What this process counts."""

    registry: CollectorRegistry
    requests: Counter
    seconds: Histogram


class _State(Collector):
    """What the database says at the moment it is asked."""

    def __init__(self, found: Measures | None, has_storage: bool) -> None:
        self.found, self.has_storage = found, has_storage

    def collect(self) -> Iterator[Metric]:
        yield _gauge("database_up", "Whether the database answers.", float(self.found is not None))
        yield _gauge("storage_up", "Whether files can be reached.", float(self.has_storage))
        if self.found is None:
            return
        for name, what, counts, label in (
            ("letters", "Letters by state.", self.found.letters, "state"),
            ("jobs", "Long work by state.", self.found.jobs, "state"),
            ("rounds", "Rounds by stage.", self.found.rounds, "stage"),
        ):
            family = GaugeMetricFamily(f"consult_{name}", what, labels=[label])
            for word, number in counts.items():
                family.add_metric([word], number)
            yield family
        yield _gauge("duties_due", "Duties whose time has come and that nobody has carried out.", self.found.duties_due)
        yield _gauge(
            "oldest_letter_seconds", "How long the oldest letter that may go out has waited.", self.found.oldest_letter
        )
        yield _gauge("oldest_duty_seconds", "How long the oldest duty that is due has waited.", self.found.oldest_duty)
        yield _gauge(
            "oldest_job_seconds", "How long the oldest long work that waits has waited.", self.found.oldest_job
        )
        if self.found.tick_age is not None:
            yield _gauge("tick_age_seconds", "How long ago a worker looked for what is due.", self.found.tick_age)


def _gauge(name: str, what: str, value: float) -> Metric:
    return GaugeMetricFamily(f"consult_{name}", what, value=value)


@blueprint.get("/metrics")
@declares("public")
def show() -> Response:
    """Show the numbers to who may see them. Raises NotFound for anybody else."""
    if not _may_see():
        raise NotFound(NOT_THERE)
    state = CollectorRegistry()
    found = measures.take_measures(db.session, now=clock.now()) if is_database_well() else None
    state.register(_State(found, is_storage_well()))
    return Response(generate_latest(state) + generate_latest(_counted()), content_type=CONTENT_TYPE_LATEST)


def _may_see() -> bool:
    """Return whether the request has the token, or comes straight from an address that is set, not through a proxy."""
    token = settings().metrics_token
    if token and hmac.compare_digest(request.headers.get("Authorization", "").encode(), f"Bearer {token}".encode()):
        return True
    if any(name in request.headers for name in FORWARDED) or request.remote_addr is None:
        return False
    here = ipaddress.ip_address(request.remote_addr)
    return any(here in network for network in settings().metrics_networks)


def _counted() -> CollectorRegistry:
    """Return what all processes counted where they share a folder, else what this one did."""
    shared = CollectorRegistry()
    try:
        MultiProcessCollector(shared)  # type: ignore[no-untyped-call]
    except ValueError:
        counts: _Counts = current_app.extensions["consult.counts"]
        return counts.registry
    return shared


def add_to(app: Flask) -> None:
    """Count every request, by what it asks for and how it was answered, and how long that took."""
    registry = CollectorRegistry()
    counts = _Counts(
        registry,
        Counter("consult_requests", "Requests.", ["endpoint", "status"], registry=registry),
        Histogram(
            "consult_request_seconds", "How long answers took.", ["endpoint"], registry=registry, buckets=BUCKETS
        ),
    )
    app.extensions["consult.counts"] = counts

    @app.before_request
    def _begin() -> None:
        g.begun = time.perf_counter()

    @app.after_request
    def _count(response: Response) -> Response:
        endpoint = request.endpoint or "none"
        counts.requests.labels(endpoint, response.status_code).inc()
        if "begun" in g:
            counts.seconds.labels(endpoint).observe(time.perf_counter() - g.begun)
        return response
