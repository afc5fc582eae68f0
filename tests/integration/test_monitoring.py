"""The alert rules and the dashboard of deploy/monitoring/, against the metrics that the program has."""

import json
import pathlib
import re
import shutil
import subprocess

import pytest

from fronts import DEPLOY

MONITORING = DEPLOY / "monitoring"
SOURCES = pathlib.Path(__file__).parents[2] / "src/metrics"
promtool = pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool (package prometheus) is not installed")


@promtool
@pytest.mark.parametrize("command", [["check", "rules", "alerts.yml"], ["test", "rules", "alerts_test.yml"]])
def test_promtool_accepts_the_alerts(command):
    done = subprocess.run(["promtool", *command], cwd=MONITORING, capture_output=True, text=True)
    assert done.returncode == 0, done


def families():
    text = "".join(file.read_text() for file in SOURCES.glob("*.c"))
    return set(re.findall(r'"([a-z_]+_(?:total|seconds|info|files|entries))"', text)) | \
        {"connections", "threads", "crls", "ca_certificates", "rules"}


def used(text):
    return {re.sub(r"_(bucket|sum|count)$", "", name) for name in re.findall(r"\bpeercert_([a-z_]+)", text)}


def test_alerts_and_dashboard_name_metrics_that_exist():
    dashboard = json.loads((MONITORING / "dashboard.json").read_text())
    expressions = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    names = used((MONITORING / "alerts.yml").read_text()) | used(" ".join(expressions))
    assert len(names) > 10
    known = families()
    assert not {name for name in names if name not in known and f"{name}_total" not in known}, sorted(known)
