"""The HTML report in a real headless Chromium: filters work, nothing is loaded, nothing is logged."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import replace

import pytest

from kong2x.model.finding import Code, Level, Protects
from kong2x.model.result import LedgerRow, Result, RouteRow, Summary
from kong2x.model.source import Location, ObjectRef
from kong2x.report import render

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed (Debian: chromium)")

INGRESS = ObjectRef("networking.k8s.io", "Ingress", "shop", "web")
LOSS = Code("acl/lost", Level.UNSUPPORTED, "s", "m", "Keep Kong in front.", Protects.ACCESS)
NEAR = Code("paths/raw-prefix", Level.APPROXIMATE, "s", "m", "Use Prefix.")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--enable-logging=stderr",
    "--v=0",
    "--virtual-time-budget=3000",
]


def route(host, namespace, state):
    return RouteRow(f"{namespace}.{host}", namespace, INGRESS, (host,), ("/…",), (), (), "shop/web:80", ("cors",),
                    "ApisixRoute shop/web web", "shop/web:80", ("cors",), state)  # fmt: skip


@pytest.fixture(scope="module")
def page():
    findings = [
        LOSS.finding("Anybody <could> call.", object=INGRESS, routes=("a",)).located(
            Location("a.yaml", 3, 1)
        ),
        NEAR.finding("/foo also answers /foobar.", object=INGRESS),
    ]
    result = Result(
        "apisix",
        "APISIX CRDs",
        "2.2",
        findings=[*findings, replace(findings[1], accepted="fine", message="Known.")],
        assumptions={"kong.router": "traditional"},
        summary=Summary(3, 3, 3, 1, {"ApisixRoute": 1}, {Level.EXACT: 3}),
        ledger=[
            LedgerRow(INGRESS, ("spec",), Level.EXACT, "x"),
            LedgerRow(INGRESS, ("a",), Level.UNSUPPORTED, "y"),
        ],
        routes=[route("one.example", "shop", "served"), route("two.example", "pay", "denied")],
    )
    return render(result, "html")


def browse(tmp_path, page, script="", *flags):
    """The page after `script` ran in the browser, and what the browser logged."""
    file = tmp_path / "report.html"
    file.write_text(page.replace("</body>", f"<script>{script}</script></body>"), encoding="utf-8")
    command = [CHROMIUM, *FLAGS, *flags, f"--user-data-dir={tmp_path / 'profile'}", f"file://{file}"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, cwd=tmp_path)
    return done.stdout, done.stderr


def test_no_console_message_and_no_request(tmp_path, page):
    dom, log = browse(
        tmp_path, page, "document.title = performance.getEntriesByType('resource').length", "--dump-dom"
    )
    assert "<title>0</title>" in dom
    assert "CONSOLE" not in log


def test_filters_narrow_the_rows_and_say_how_many(tmp_path, page):
    script = """
      const section = document.getElementById("routes");
      const box = section.querySelector("input[data-filter=text]");
      box.value = "TWO"; box.dispatchEvent(new Event("input"));
      const shown = Array.from(section.querySelectorAll("[data-row]")).filter(row => !row.hidden);
      const select = document.querySelector("#findings select[data-filter=severity]");
      select.value = "error"; select.dispatchEvent(new Event("input"));
      const findings = document.querySelectorAll("#findings [data-row]:not([hidden])").length;
      document.title = [shown.length, shown[0].dataset.namespace,
        section.querySelector("[data-count]").textContent, findings].join("|");
    """
    dom, log = browse(tmp_path, page, script, "--dump-dom")
    assert "<title>1|pay|1 of 2|1</title>" in dom, re.findall("<title>.*?</title>", dom)
    assert "CONSOLE" not in log


def test_readable_at_phone_width(tmp_path, page):
    script = (
        "document.title = document.documentElement.scrollWidth <= window.innerWidth ? 'fits' : 'too wide'"
    )
    dom, _ = browse(tmp_path, page, script, "--dump-dom", "--window-size=500,800")
    assert "<title>fits</title>" in dom


ACCESSIBILITY = """
  const faults = [];
  if (!document.documentElement.lang) { faults.push("no language"); }
  for (const control of document.querySelectorAll("input, select")) {
    if (!control.labels || !control.labels.length) { faults.push("unlabelled " + control.tagName); }
  }
  for (const cell of document.querySelectorAll("th")) { if (!cell.scope) { faults.push("header without scope"); } }
  for (const image of document.querySelectorAll("[role=img]")) {
    if (!image.getAttribute("aria-label")) { faults.push("image without text"); }
  }
  let last = 0;
  for (const heading of document.querySelectorAll("h1, h2, h3, h4")) {
    const level = Number(heading.tagName[1]);
    if (level > last + 1) { faults.push("heading level jumps to " + level); }
    last = level;
  }
  const ids = Array.from(document.querySelectorAll("[id]")).map(e => e.id);
  if (new Set(ids).size !== ids.length) { faults.push("an id stands twice"); }
  for (const link of document.querySelectorAll("a[href^='#']")) {
    if (!document.getElementById(link.hash.slice(1))) { faults.push("dead link " + link.hash); }
  }
  function channel(c) { c /= 255; return c <= 0.03928 ? c / 12.92 : Math.pow((c + 0.055) / 1.055, 2.4); }
  function luminance(rgb) { return 0.2126 * channel(rgb[0]) + 0.7152 * channel(rgb[1]) + 0.0722 * channel(rgb[2]); }
  function parse(text) { return text.match(/[\\d.]+/g).map(Number); }
  function background(e) {
    for (; e; e = e.parentElement) {
      const c = parse(getComputedStyle(e).backgroundColor);
      if (c.length < 4 || c[3]) { return c; }
    }
    return [255, 255, 255];
  }
  for (const e of document.querySelectorAll("p, td, th, h1, h2, h3, span, a, li, label")) {
    if (!e.textContent.trim() || e.closest(".bar")) { continue; }
    const a = luminance(parse(getComputedStyle(e).color)), b = luminance(background(e));
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) { faults.push("contrast " + ratio.toFixed(2) + " of " + e.tagName + "." + e.className); }
  }
  document.title = "faults: " + Array.from(new Set(faults)).join("; ");
"""


@pytest.mark.parametrize("mode", [[], ["--force-dark-mode", "--blink-settings=preferredColorScheme=0"]])
def test_accessible_in_light_and_dark(tmp_path, page, mode):
    dom, _ = browse(tmp_path, page, ACCESSIBILITY, "--dump-dom", *mode)
    assert "<title>faults: </title>" in dom, re.findall("<title>.*?</title>", dom)


def test_a_screenshot_for_people(tmp_path, page):
    browse(tmp_path, page, "", "--screenshot=shot.png", "--window-size=1280,1600")
    shot = tmp_path / "shot.png"
    assert shot.stat().st_size > 20_000
    folder = os.environ.get("KONG2X_ARTIFACTS")
    if folder:
        os.makedirs(folder, exist_ok=True)
        shutil.copy(shot, os.path.join(folder, "report.png"))
