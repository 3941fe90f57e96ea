"""The HTML report: one self-contained file for the people who decide about the migration."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from html import escape
from pathlib import Path

from kong2x.model.finding import Finding, Level, Severity
from kong2x.model.result import Result, RouteRow
from kong2x.model.source import dotted

ASSETS = Path(__file__).with_name("html_assets")
POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'"


def render(result: Result, *, verbose: bool = False, quiet: bool = False, color: bool = False) -> str:
    """The page; it loads nothing from anywhere, works without scripts, and prints."""
    title = f"Kong to {result.title or result.to} {result.target_version}"
    style = (ASSETS / "style.css").read_text(encoding="utf-8")
    script = (ASSETS / "script.js").read_text(encoding="utf-8")
    parts = [
        "<!doctype html>",
        '<html lang="en"><head><meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{text(title)}</title>",
        f"<style>\n{style}</style></head><body>",
        f'<header><h1>{text(title)}</h1>{contents()}</header><main id="top">',
        assumptions(result),
        counts(result),
        readiness(result),
        route_map(result.routes),
        finding_list(result),
        f"</main><script>\n{script}</script></body></html>",
    ]
    return "\n".join(part for part in parts if part) + "\n"


def text(value: object) -> str:
    """Anything as text that cannot act as markup."""
    return escape(str(value), quote=True)


def contents() -> str:
    """Links to the sections."""
    links = [("assumptions", "Assumptions"), ("counts", "Counts"), ("readiness", "Readiness")]
    links += [("routes", "Routes"), ("findings", "Findings")]
    return "<nav aria-label='Sections'>" + " · ".join(f'<a href="#{i}">{t}</a>' for i, t in links) + "</nav>"


def assumptions(result: Result) -> str:
    """What was assumed and what was stated about the source."""
    rows = "".join(
        f"<tr><td><code>{text(key)}</code></td><td><code>{text(value or '-')}</code></td>"
        f"<td>{'stated' if key in result.stated else 'assumed'}</td></tr>"
        for key, value in result.assumptions.items()
    )
    return (
        '<section id="assumptions"><h2>What is assumed of the source</h2>'
        '<p class="soft">Change any of these with <code>--set KEY=VALUE</code>.</p>'
        '<div class="scroll" tabindex="0" role="region" aria-label="Assumptions"><table><thead><tr>'
        f'<th scope="col">Setting</th><th scope="col">Value</th><th scope="col">Origin</th></tr></thead>'
        f"<tbody>{rows}</tbody></table></div></section>"
    )


def counts(result: Result) -> str:
    """The big numbers."""
    summary = result.summary
    errors = sum(1 for finding in result.open_findings if finding.severity is Severity.ERROR)
    warnings = sum(1 for finding in result.open_findings if finding.severity is Severity.WARNING)
    cards = [
        (summary.objects_converted, "Kong objects"),
        (summary.routes, "routes"),
        (summary.routes_denied, "routes denied"),
        (sum(summary.emitted.values()), "objects written"),
        (errors, "errors"),
        (warnings, "warnings"),
    ]
    items = "".join(f"<li><strong>{number}</strong>{text(label)}</li>" for number, label in cards)
    made = ", ".join(f"{count} {text(kind)}" for kind, count in summary.emitted.items()) or "nothing"
    return (
        f'<section id="counts"><h2>Counts</h2><ul class="cards">{items}</ul><p>Written: {made}.</p></section>'
    )


def readiness(result: Result) -> str:
    """Coverage by level, per namespace and in total."""
    by_namespace: dict[str, Counter[Level]] = {}
    for row in result.ledger:
        by_namespace.setdefault(row.object.namespace or "(cluster)", Counter())[row.level] += 1
    open_by: Counter[str] = Counter(
        (f.object.namespace or "(cluster)")
        for f in result.open_findings
        if f.object is not None and f.severity is Severity.ERROR
    )
    rows = []
    for namespace in sorted(by_namespace):
        levels = by_namespace[namespace]
        total = sum(levels.values())
        acting = levels[Level.EXACT] + levels[Level.APPROXIMATE] + levels[Level.IGNORED]
        bar = "".join(
            f'<span class="{level}" style="width:{100 * levels[level] / total:.2f}%"></span>'
            for level in Level
            if levels[level]
        )
        legend = ", ".join(f"{levels[level]} {level}" for level in Level if levels[level])
        rows.append(
            f'<tr><th scope="row">{text(namespace)}</th><td>{100 * acting // total}%</td>'
            f'<td><div class="bar" role="img" aria-label="{text(legend)}">{bar}</div></td>'
            f"<td>{text(legend)}</td><td>{open_by[namespace]}</td></tr>"
        )
    return (
        '<section id="readiness"><h2>Readiness by namespace</h2>'
        '<div class="scroll" tabindex="0" role="region" aria-label="Readiness"><table><thead><tr>'
        '<th scope="col">Namespace</th><th scope="col">Arrives</th><th scope="col">Settings</th>'
        '<th scope="col">By level</th><th scope="col">Open errors</th></tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table></div></section>"
    )


def route_map(rows: Sequence[RouteRow]) -> str:
    """Every route, before and after side by side, with filters."""
    if not rows:
        return '<section id="routes"><h2>Routes</h2><p>No route.</p></section>'
    namespaces = sorted({row.namespace for row in rows})
    states = sorted({row.state for row in rows})
    body = "".join(route_line(row) for row in rows)
    return (
        '<section id="routes" data-filtered><h2>Routes</h2><div class="filters">'
        + search("Host or path", "text")
        + choice("Namespace", "namespace", namespaces)
        + choice("State", "state", states)
        + '<p role="status"><span data-count></span> shown</p></div>'
        '<table class="map"><thead><tr><th scope="col">Host</th><th scope="col">Path</th>'
        '<th scope="col">On Kong</th><th scope="col">On the target</th><th scope="col">State</th></tr></thead>'
        f"<tbody>{body}</tbody></table></section>"
    )


def route_line(row: RouteRow) -> str:
    """One row of the route map."""
    hosts = ", ".join(row.hosts) or "any host"
    paths = ", ".join(row.paths) or "any path"
    narrower = " ".join([*row.methods, *row.conditions])
    before = f"<code>{text(row.backend)}</code><br>" + chips(row.plugins, ())
    after = f"<code>{text(row.after_backend or '-')}</code>"
    if row.after:
        after += f'<br><span class="soft">{text(row.after)}</span>'
    after += "<br>" + chips(row.after_plugins, ())
    searched = f"{hosts} {paths} {row.backend} {row.name}"
    return (
        f'<tr data-row data-text="{text(searched)}" data-namespace="{text(row.namespace)}" '
        f'data-state="{text(row.state)}"><td data-label="Host">{text(hosts)}</td>'
        f'<td data-label="Path"><code>{text(paths)}</code> <span class="soft">{text(narrower)}</span></td>'
        f'<td data-label="On Kong">{before}</td><td data-label="On the target">{after}</td>'
        f'<td data-label="State" class="state-{text(row.state)}">{text(row.state)}</td></tr>'
    )


def chips(names: Sequence[str], lost: Sequence[str]) -> str:
    """Plugin names as chips."""
    return "".join(
        f'<span class="chip{" lost" if name in lost else ""}">{text(name)}</span>' for name in names
    )


def search(label: str, key: str) -> str:
    """A text filter."""
    return f'<label>{text(label)}<input type="search" data-filter="{key}" autocomplete="off"></label>'


def choice(label: str, key: str, values: Sequence[str]) -> str:
    """A choice filter."""
    options = "".join(f'<option value="{text(value)}">{text(value)}</option>' for value in values)
    everything = '<option value="">all</option>'
    return f'<label>{text(label)}<select data-filter="{key}">{everything}{options}</select></label>'


def finding_list(result: Result) -> str:
    """Every finding with its source line and remedy, worst first."""
    order = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.INFO: 2}
    found = sorted(result.findings, key=lambda f: (f.accepted is not None, order[f.severity]))
    if not found:
        return '<section id="findings"><h2>Findings</h2><p>None: everything arrives exactly.</p></section>'
    areas = sorted({finding.code.partition("/")[0] for finding in found})
    body = "".join(finding_block(finding, result.excerpts.get(finding.fingerprint, "")) for finding in found)
    return (
        '<section id="findings" data-filtered><h2>Findings</h2><div class="filters">'
        + search("Text", "text")
        + choice("Severity", "severity", [str(severity) for severity in Severity])
        + choice("Area", "area", areas)
        + f'<p role="status"><span data-count></span> shown</p></div>{body}</section>'
    )


def finding_block(finding: Finding, excerpt: str) -> str:
    """One finding."""
    where = f" · <code>{text(finding.source)}</code>" if finding.source else ""
    field = f" <code>{text(dotted(finding.path))}</code>" if finding.path else ""
    subject = f"<p>{text(finding.object)}{field}</p>" if finding.object else ""
    routes = f'<p class="soft">Routes: {text(", ".join(finding.routes))}</p>' if finding.routes else ""
    remedy = f"<p><strong>Fix:</strong> {text(finding.remedy)}</p>" if finding.remedy else ""
    accepted = f"<p><strong>Accepted:</strong> {text(finding.accepted)}</p>" if finding.accepted else ""
    line = f"<pre><code>{text(excerpt)}</code></pre>" if excerpt else ""
    searched = f"{finding.code} {finding.object} {finding.message} {' '.join(finding.routes)}"
    return (
        f'<article class="finding {finding.severity}" data-row data-text="{text(searched)}" '
        f'data-severity="{finding.severity}" data-area="{text(finding.code.partition("/")[0])}">'
        f'<h3><span class="severity">{finding.severity}</span> <code>{text(finding.code)}</code> '
        f'<span class="soft">{finding.level}</span>{where}</h3>'
        f"{subject}<p>{text(finding.message)}</p>{line}{routes}{remedy}{accepted}</article>"
    )
