"""What docs/operations.md and deploy/ say is so: units, settings, numbers and commands."""

import re
import subprocess
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from consult.cli import COMMANDS, main
from consult.config import PREFIX, Settings, load_settings
from tests.conftest import make_app
from tests.tools import ROOT, need

DEPLOY = ROOT / "deploy"
GUIDE = (ROOT / "docs" / "operations.md").read_text("utf-8")
BLOCKS = re.findall(r"```sh\n(.*?)```", GUIDE, re.DOTALL)
SETTINGS = {field.name for field in fields(Settings)}


def commands() -> list[str]:
    """Return the guide's own commands, in its order."""
    lines = [line.removeprefix("drill ") for block in BLOCKS for line in block.splitlines()]
    return [line.replace("$(date +%F)", "2026-11-25") for line in lines if line.startswith("consult ")]


@pytest.mark.parametrize("unit", ["consult-web.service", "consult-work@.service"])
def test_systemd_takes_the_units(tmp_path: Path, unit: str) -> None:
    text = (DEPLOY / unit).read_text("utf-8")
    copy = tmp_path / unit.replace("@", "@1")
    copy.write_text(re.sub(r"/opt/consult/bin/(gunicorn|consult)", "/bin/true", text).replace("User=consult", "User=root")
                    .replace("Group=consult", "Group=root"))  # fmt: skip
    run = subprocess.run([need("systemd-analyze"), "verify", copy], capture_output=True, text=True, check=False)
    assert (run.returncode, [line for line in run.stderr.splitlines() if copy.name in line]) == (0, []), run.stderr


def test_the_units_run_what_there_is() -> None:
    for unit in DEPLOY.glob("*.service"):
        (command,) = re.findall(r"^ExecStart=/opt/consult/bin/(.*)$", unit.read_text("utf-8"), re.MULTILINE)
        assert command == "consult work" or command.endswith('"consult.serving:wsgi_app()"')


def test_the_settings_of_a_server_can_be_used(tmp_path: Path) -> None:
    text = (DEPLOY / "consult.env").read_text("utf-8")
    environment = dict(line.split("=", 1) for line in text.splitlines() if line.startswith(PREFIX))
    settings = load_settings(tmp_path, environment)
    assert (settings.jobs, settings.is_https) == ("procrastinate", True)


def test_the_compose_file_is_whole_and_names_settings_that_exist() -> None:
    compose: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))
    services = compose["services"]
    assert {"web", "work", "proxy", "database", "files"} <= services.keys()
    for name in ("web", "work"):
        given = services[name]["environment"]
        assert {key.removeprefix(PREFIX).lower() for key in given} <= SETTINGS
        assert set(services[name]["depends_on"]) <= services.keys()
    mounted = {volume.partition(":")[0] for service in services.values() for volume in service.get("volumes", ())}
    for source in mounted:
        assert source in compose["volumes"] or (DEPLOY / source).is_file(), source
    assert (ROOT / services["web"]["build"]["dockerfile"]).is_file()


def test_every_number_that_alarms_or_is_explained_is_told(tmp_path: Path) -> None:
    client = make_app(tmp_path / "instance", metrics_from="127.0.0.1").test_client()
    client.get("/sign-in")
    told = set(re.findall(r"^(consult_\w+)", client.get("/metrics").text, re.MULTILINE)) | {"consult_tick_age_seconds"}
    named = set(re.findall(r"\bconsult_\w+", GUIDE + (DEPLOY / "alarms.yaml").read_text("utf-8")))
    assert {name for name in named if name not in told and f"{name}_bucket" not in told} == set()
    alarms = {
        rule["alert"]
        for group in yaml.safe_load((DEPLOY / "alarms.yaml").read_text())["groups"]
        for rule in group["rules"]
    }
    assert {alarm for alarm in alarms if not re.search(rf"^\|[^|]*\b{alarm}\b", GUIDE, re.MULTILINE)} == set()


def test_the_guide_names_only_what_is_there() -> None:
    for path in re.findall(r"(?<![/\w])((?:deploy|docs|consult|requirements)/[\w@.-]+\.\w+)", GUIDE):
        assert (ROOT / path).exists(), path
    for name in re.findall(r"`([a-z0-9_]+)(?: = [^`]*)?`", GUIDE):
        if name in ("files_url", "jobs", "base_url") or name.startswith(
            ("s3_", "metrics_", "ready_", "tick_", "largest_")
        ):
            assert name in SETTINGS or name == "s3_", name
    for command in re.findall(r"\bconsult ([a-z][a-z-]*)", "\n".join(re.findall(r"`([^`\n]+)`", GUIDE))):
        assert command in COMMANDS, command


def test_the_guide_s_commands_do_what_it_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On an instance of its own; the doctor finds fault with a machine without mail and https, and rightly so."""
    for name in (PREFIX + "DATABASE_URL", PREFIX + "FILES_URL", PREFIX + "TEST_DATABASE"):
        monkeypatch.delenv(name, raising=False)
    ran = []
    for line in commands():
        is_drill = line.startswith(("consult restore", "consult check"))
        monkeypatch.setenv(f"{PREFIX}INSTANCE_PATH", str(tmp_path / ("drill" if is_drill else "server")))
        words = [word.strip('"') for word in re.findall(r'"[^"]*"|\S+', line)][1:]
        words = [str(tmp_path / "all.backup") if word.startswith("/backup/") else word for word in words]
        run = CliRunner().invoke(main, words)
        assert run.exit_code == (1 if words[0] == "doctor" else 0), (line, run.output)
        ran.append(words[0])
    assert ran == ["doctor", "organisation", "person", "sign-in-link", "backup", "restore", "check"]
