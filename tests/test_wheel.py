"""The wheel works outside the checkout; the sdist holds nothing of an instance."""

import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from tests.tools import ROOT


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("dist")
    secret = ROOT / "instance" / f"secret-of-a-test-{os.getpid()}.txt"
    secret.write_text("not for anybody")
    try:
        subprocess.run(
            [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(out), str(ROOT)],
            check=True,
            capture_output=True,
        )
    finally:
        secret.unlink()
    return out


def test_the_wheel_holds_templates_migrations_and_htmx(built: Path) -> None:
    names = zipfile.ZipFile(next(built.glob("*.whl"))).namelist()
    for wanted in (
        "consult/_templates/base.html",
        "consult/_migrations/env.py",
        "consult/static/vendor/htmx.min.js",
        *(f"consult/translations/{code}/LC_MESSAGES/messages.po" for code in ("fr", "de", "it", "ru", "es")),
    ):
        assert wanted in names


def test_the_sdist_holds_nothing_of_the_instance(built: Path) -> None:
    with tarfile.open(next(built.glob("*.tar.gz"))) as sdist:
        names = sdist.getnames()
    assert not [n for n in names if "/instance/" in n and not n.endswith(".gitkeep")]
    assert not [n for n in names if n.endswith((".sqlite", ".eml", ".key"))]


def test_the_app_starts_from_the_wheel(built: Path, tmp_path: Path) -> None:
    target = tmp_path / "site"
    with zipfile.ZipFile(next(built.glob("*.whl"))) as wheel:
        wheel.extractall(target)
    program = (
        "import sys, pathlib; sys.path.insert(0, sys.argv[1]); import consult; from consult.config import Settings\n"
        "assert consult.__file__.startswith(sys.argv[1]), consult.__file__\n"
        "from consult import create_app, schema; from consult.models import db\n"
        "app = create_app(Settings(instance_path=pathlib.Path(sys.argv[2])))\n"
        "with app.app_context(): schema.upgrade(db.engine)\n"
        "page = app.test_client().get('/sign-in'); assert page.status_code == 200, page.status_code\n"
        "page = app.test_client().get('/sign-in', headers={'Accept-Language': 'ru'})\n"
        "assert '<html lang=\"ru\"' in page.text\n"
        "assert app.test_client().get('/static/vendor/htmx.min.js').status_code == 200\n"
        "from consult import jail; from tests_draft import data; print(len(jail.read_draft(data).paragraphs))\n"
    )
    (tmp_path / "tests_draft.py").write_text(
        "from consult.demo_draft import write_demo_draft\ndata = write_demo_draft()\n", encoding="utf-8"
    )
    program = f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n{program}"
    run = subprocess.run(
        [sys.executable, "-P", "-c", program, str(target), str(tmp_path / "instance")],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    assert int(run.stdout) > 40
