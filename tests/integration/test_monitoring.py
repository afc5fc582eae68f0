"""The alert rules and the dashboard of deploy/monitoring/, against the metrics that the program has."""

import json
import re
import shutil
import subprocess

import pytest

from fronts import DEPLOY
from source import metrics_of_the_source

MONITORING = DEPLOY / "monitoring"
promtool = pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool (package prometheus) is not installed")


@promtool
@pytest.mark.parametrize("command", [["check", "rules", "alerts.yml"], ["test", "rules", "alerts_test.yml"]])
def test_promtool_accepts_the_alerts(command):
    done = subprocess.run(["promtool", *command], cwd=MONITORING, capture_output=True, text=True)
    assert done.returncode == 0, done


def test_crls_signed_by_the_recipe_do_not_come_near_their_alert():
    alert = re.search(r"peercert_next_crl_end_timestamp_seconds - time\(\) < (\d+) \* 86400", (MONITORING / "alerts.yml").read_text())
    for file in ("certs/README.md", "certs/peercert-ca.8", "certs/lib/terminal.sh", "deploy/README.md"):
        recipes = re.findall(r"crl --days (\d+) --ahead (\d+)", (DEPLOY.parent / file).read_text())
        assert recipes, file
        for days, ahead in recipes:
            # Each is due when three quarters of the one before are over, and cron puts it in force within a day.
            assert int(days) / 4 - 1 > int(alert[1]), (file, days)
            assert 180 < int(ahead) * int(days) * 3 / 4 + int(days) < 190, (file, "half a year")


def used(text):
    return {re.sub(r"_(bucket|sum|count)$", "", name) for name in re.findall(r"\bpeercert_([a-z_]+)", text)}


def test_alerts_and_dashboard_name_metrics_that_exist():
    dashboard = json.loads((MONITORING / "dashboard.json").read_text())
    expressions = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    names = used((MONITORING / "alerts.yml").read_text()) | used(" ".join(expressions))
    assert len(names) > 10
    assert names <= metrics_of_the_source(), sorted(names - metrics_of_the_source())
