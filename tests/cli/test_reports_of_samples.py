"""Reports of real manifests through the command line: the page in a browser, and what keeps its shape."""

from __future__ import annotations

import json
import re
import shutil
import subprocess

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
SAMPLE = "samples/patterns"


@pytest.fixture(scope="module")
def made(root, tmp_path_factory):
    """All reports of one sample, written by one command."""
    import sys

    folder = tmp_path_factory.mktemp("reports")
    forms = ("text", "json", "sarif", "github", "junit", "markdown", "html")
    reports = [f"--report={form}={folder / form}" for form in forms]
    program = "from kong2x.cli import main; main()"
    command = [sys.executable, "-c", program, "check", SAMPLE, "--to", "apisix", "-q", *reports]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stderr
    routes = [sys.executable, "-c", program, "routes", SAMPLE, "-o", "json"]
    rows = json.loads(subprocess.run(routes, cwd=root, capture_output=True, text=True, check=True).stdout)
    return {form: (folder / form).read_text() for form in forms}, rows


def test_the_reports_agree_on_the_findings(made):
    texts, _ = made
    findings = json.loads(texts["json"])["findings"]
    loud = [one for one in findings if one["severity"] != "info"]
    results = json.loads(texts["sarif"])["runs"][0]["results"]
    assert [one["partialFingerprints"]["kong2x/v1"] for one in results] == [f["fingerprint"] for f in loud]
    assert texts["html"].count('<article class="finding') == len(findings)
    assert texts["github"].count("\n::") + texts["github"].startswith("::") == len(loud)
    assert texts["junit"].count("<testcase") == max(1, len(loud))
    assert all(one["code"] in texts["text"] and one["code"] in texts["markdown"] for one in loud)


def test_the_page_maps_every_route(made, tmp_path):
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed (Debian: chromium)")
    texts, rows = made
    script = """
      const rows = Array.from(document.querySelectorAll("#routes [data-row]"));
      const beside = rows.filter(row => {
        const after = row.querySelector("[data-label='On the target'] code");
        return after && after.textContent !== "-";
      });
      document.title = [rows.length, beside.length, performance.getEntriesByType("resource").length,
        document.documentElement.scrollWidth <= window.innerWidth].join("|");
    """
    file = tmp_path / "report.html"
    file.write_text(texts["html"].replace("</body>", f"<script>{script}</script></body>"), encoding="utf-8")
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--enable-logging=stderr"]
    flags += ["--virtual-time-budget=3000", "--window-size=500,900", f"--user-data-dir={tmp_path / 'p'}"]
    done = subprocess.run(
        [CHROMIUM, *flags, "--dump-dom", f"file://{file}"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    [title] = re.findall("<title>(.*?)</title>", done.stdout)
    total, beside, loaded, fits = title.split("|")
    assert int(total) == len(rows) > 3
    assert int(beside) == len(rows), "every route of this sample is answered on the target"
    assert (loaded, fits) == ("0", "true")
    assert "CONSOLE" not in done.stderr


def test_names_of_files_are_uris_in_sarif(run, tmp_path):
    folder = tmp_path / "a b"
    folder.mkdir()
    (folder / "x.yaml").write_text(
        "apiVersion: configuration.konghq.com/v1\nkind: KongPlugin\n"
        "metadata: {name: p, namespace: d, annotations: {kubernetes.io/ingress.class: kong}}\nplugin: 7\n"
    )
    code, out, _ = run("check", folder, "--to", "apisix", "-o", "sarif", "-v")
    places = re.findall(r'"uri": "(.*?)"', out)
    assert code in (0, 1) and places
    assert all(place.startswith("file:///") and " " not in place for place in places)
