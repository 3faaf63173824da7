"""Facts about the whole app."""

import gzip
import re
import subprocess
import sys
from dataclasses import fields
from pathlib import Path
from typing import Any

import jinja2
import pytest
from flask import Flask

from consult import paths
from consult.cli import COMMANDS
from consult.config import Settings, load_settings
from consult.errors import Invalid
from consult.models import AuditEntry, Base, db
from consult.rules.permissions import ACTIONS
from consult.web import guards
from tests import factories
from tests.pages import NOT_PAGES, PAGES
from tests.tools import ROOT


def test_every_route_declares_a_known_action(app: Flask) -> None:
    declared = {rule.endpoint: guards.action_of(app, rule.endpoint) for rule in app.url_map.iter_rules()}
    assert set(declared.values()) <= set(ACTIONS)


def test_a_route_without_an_action_keeps_the_app_from_starting(app: Flask) -> None:
    app.add_url_rule = Flask.add_url_rule.__get__(app)  # type: ignore[method-assign]
    app._got_first_request = False
    app.add_url_rule("/open-door", "open_door", lambda: "hello")
    with pytest.raises(RuntimeError, match="open_door"):
        guards.check_all_declared(app)


def test_every_template_compiles() -> None:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(paths.TEMPLATES), autoescape=True, extensions=["jinja2.ext.do"]
    )
    environment.filters.update(dict.fromkeys(_filters_used(), str))
    for name in environment.list_templates(filter_func=lambda n: n.endswith((".html", ".txt"))):
        environment.get_template(name)


def _filters_used() -> set[str]:
    found: set[str] = set()
    for file in paths.TEMPLATES.rglob("*"):
        if file.suffix in (".html", ".txt"):
            found |= set(re.findall(r"\|\s*([a-z_]+)", file.read_text("utf-8")))
    return found - set(jinja2.defaults.DEFAULT_FILTERS)


def test_no_template_has_inline_script_or_style() -> None:
    pages = [
        file for file in paths.TEMPLATES.rglob("*.html") if "mail" not in file.relative_to(paths.TEMPLATES).parts[:1]
    ]
    for file in pages:
        text = file.read_text("utf-8")
        assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=", text), file.name


def test_every_page_is_walked(app: Flask) -> None:
    pages = {rule.endpoint for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ())}
    listed = PAGES.keys() | NOT_PAGES.keys()
    new, gone = sorted(pages - listed), sorted(listed - pages)
    assert not new, (
        f"{', '.join(new)}: add each to PAGES in tests/pages.py with who opens it and where, so that it is looked at "
        "in light and dark, wide and narrow; or to NOT_PAGES, with what it is, if it answers with a file or a part."
    )
    assert not gone, f"{', '.join(gone)}: take it out of tests/pages.py, there is no such page any more."


def test_every_answer_has_the_headers(app: Flask) -> None:
    client = app.test_client()
    for rule in app.url_map.iter_rules():
        if rule.endpoint in guards.LIBRARY_ROUTES or "GET" not in (rule.methods or ()):
            continue
        url = re.sub(r"<[^>]+>", "1", rule.rule)
        headers = client.get(url).headers
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"], url
        assert (headers["X-Content-Type-Options"], headers["Referrer-Policy"]) == ("nosniff", "no-referrer"), url
        assert headers["Cache-Control"] == "no-store", url
        assert "unsafe" not in headers["Content-Security-Policy"]


def test_forms_need_their_token(app: Flask) -> None:
    app.config["WTF_CSRF_ENABLED"] = True
    client = app.test_client()
    for rule in app.url_map.iter_rules():
        if "POST" in (rule.methods or ()):
            assert client.post(re.sub(r"<[^>]+>", "1", rule.rule)).status_code == 400, rule.rule


def test_a_get_changes_nothing(app: Flask, sign_in: Any, storage: Any, draft_bytes: bytes) -> None:
    with app.app_context():
        lead = factories.an_organisation(db.session)
        other = factories.an_organisation(db.session)
        person = factories.a_person(db.session, organisation=lead, administrator=True)
        factories.a_round(db.session, storage=storage, data=draft_bytes, lead=lead, consulted=(other,))
        number = person.id
        db.session.commit()
    client = sign_in(number)
    before = _dump(app)
    for rule in app.url_map.iter_rules():
        if "GET" in (rule.methods or ()) and rule.endpoint not in guards.LIBRARY_ROUTES:
            client.get(re.sub(r"<[^>]+>", "1", rule.rule))
    assert _dump(app) == before


def _dump(app: Flask) -> dict[str, list[Any]]:
    with app.app_context():
        return {
            table.name: [tuple(row) for row in db.session.execute(table.select())]
            for table in Base.metadata.sorted_tables
        }


def test_a_page_from_another_host_or_site_is_refused(app: Flask) -> None:
    client = app.test_client()
    assert client.get("/sign-in", headers={"Host": "evil.example"}).status_code == 422
    assert client.post("/sign-in", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403


def test_no_page_answers_with_a_traceback(app: Flask) -> None:
    app.config["TESTING"] = False
    app.testing = False

    def broken() -> str:
        raise ZeroDivisionError("secret text")

    app._got_first_request = False
    app.add_url_rule("/broken", "broken", guards.declares("public")(broken))
    answer = app.test_client().get("/broken")
    assert answer.status_code == 500
    assert "secret text" not in answer.text
    assert "Nothing was saved" in answer.text


# ---- settings and documents -----------------------------------------------------------------------------------------


def test_every_setting_is_documented() -> None:
    text = (ROOT / "docs" / "settings.md").read_text("utf-8")
    for setting in fields(Settings):
        assert f"`{setting.name}`" in text, setting.name
        assert setting.metadata["doc"] in text, setting.name


@pytest.mark.parametrize(
    "environment",
    [
        {"CONSULT_SECRET_KEY": "short"},
        {"CONSULT_PORT": "many"},
        {"CONSULT_COLOUR": "red"},
        {"CONSULT_TIME_ZONE": "Mars/Base"},
    ],
)
def test_a_setting_that_cannot_be_used_keeps_the_app_from_starting(tmp_path: Path, environment: dict[str, str]) -> None:
    with pytest.raises(Invalid):
        load_settings(tmp_path, environment)


def test_the_environment_comes_before_the_file(tmp_path: Path) -> None:
    (tmp_path / "consult.toml").write_text('port = 8000\ntime_zone = "Europe/Rome"\nreminder_days = [7, 1]\n')
    settings = load_settings(tmp_path, {"CONSULT_PORT": "9000"})
    assert (settings.port, settings.time_zone, settings.reminder_days) == (9000, "Europe/Rome", (7, 1))


def test_the_readme_names_only_paths_that_are_there() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    for path in re.findall(
        r"`((?:consult|templates|migrations|tests|docs|benchmarks|instance)/[A-Za-z0-9_./-]*)`", text
    ):
        if not path.startswith("instance/"):
            assert (ROOT / path).exists(), path
    for command in re.findall(r"^    (?:\$ )?(make [a-z]+)", text, re.MULTILINE):
        assert re.search(rf"^{command.split()[1]}:", (ROOT / "Makefile").read_text(), re.MULTILINE), command


def test_the_readmes_commands_exist() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    commands = set(re.findall(r"\bconsult ([a-z-]+)", text)) - {"is", "and", "run"} | {"run"}
    helped = subprocess.run([sys.executable, "-m", "consult.cli", "--help"], capture_output=True, text=True, check=True)
    known = set(re.findall(r"^  ([a-z-]+)", helped.stdout, re.MULTILINE))
    assert {c for c in commands if f"`consult {c}" in text or f"    consult {c}" in text} <= known


def test_the_document_commands_load_neither_the_web_nor_sql() -> None:
    documents = [target.partition(":")[0] for target in COMMANDS.values() if "consult.commands." in target]
    assert "consult.commands.merge" in documents
    program = f"import sys, consult.cli, {', '.join(documents)}; print(*{{m.split('.')[0] for m in sys.modules}})"
    told = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout
    assert {"flask", "sqlalchemy", "docx", "xlsxwriter"}.isdisjoint(told.split())


def test_no_python_file_is_long() -> None:
    for file in [*ROOT.glob("consult/**/*.py"), *ROOT.glob("tests/**/*.py")]:
        assert len(file.read_text("utf-8").splitlines()) <= 420, file


def test_times_come_from_the_clock_only() -> None:
    for file in ROOT.glob("consult/**/*.py"):
        if file.name != "clock.py":
            assert not re.search(r"datetime\.now\(|time\.time\(|utcnow\(", file.read_text("utf-8")), file


def test_only_the_edge_commits() -> None:
    for file in (ROOT / "consult" / "services").glob("*.py"):
        assert ".commit(" not in file.read_text("utf-8"), file


def test_audit_entries_hold_no_text(app: Flask) -> None:
    assert {c.name for c in AuditEntry.__table__.columns} == {
        "number", "at", "actor", "action", "object_kind", "object_id", "facts", "previous_digest", "digest",
    }  # fmt: skip


def test_style_and_script_are_one_request_each_and_kept_by_the_browser(app: Flask) -> None:
    client = app.test_client()
    page = client.get("/sign-in").text
    addresses = re.findall(r'(?:href|src)="(/[^"]+\.(?:css|js))"', page)
    assert [address.rpartition("/")[2] for address in addresses] == ["page.css", "page.js"]
    for address in addresses:
        plain, packed = client.get(address), client.get(address, headers={"Accept-Encoding": "gzip"})
        assert "immutable" in plain.headers["Cache-Control"]
        assert gzip.decompress(packed.data) == plain.data
        assert client.get(re.sub("/assets/[0-9a-f]+", "/assets/0", address)).status_code == 404
