"""What is told about instances that do not run, run less, or run otherwise than they look."""

from __future__ import annotations

from collections.abc import Sequence

from kong2x.model.finding import Code
from kong2x.model.plugin import PluginUse
from kong2x.resolve import plugin_codes as codes
from kong2x.resolve.plugins_combine import Combined, Instance
from kong2x.resolve.precedence import Seen, only_streams

_EARLY = ("certificate", "rewrite")


def tell(combined: Combined, everywhere: Sequence[Instance], seen: Seen) -> None:
    """Adds the findings on what the choice of instances noticed, in a stable order."""
    _disabled(combined, everywhere, seen)
    for use, routes in seen.subsystem.values():
        kinds = "HTTP" if only_streams(use) else "stream"
        said = f"the protocols {', '.join(use.protocols)}" if use.protocols else "no protocols"
        message = f"{use.label} does not run on {kinds} routes of {use.attached_to}, because it lists {said}."
        _say(combined, codes.OTHER_SUBSYSTEM, use, message, routes)
    for use, routes in seen.early.values():
        who = use.consumer or use.group
        message = f"{use.label} runs before the consumer is known, so it does not act for {who}."
        _say(combined, codes.BEFORE_AUTHENTICATION, use, message, routes)
    for made, use, routes in seen.generated.values():
        message = f"{use.attached_to} lists {use.label}, and the controller makes a {made.plugin} of its own for it."
        _say(combined, codes.GENERATED, use, message, routes)
    _phases(combined)


def _say(combined: Combined, code: Code, use: PluginUse, message: str, routes: dict[str, None]) -> None:
    where = use.attached
    combined.findings.append(
        code.finding(
            message,
            object=where.object if where else use.origin,
            path=where.path if where else (),
            routes=tuple(routes),
        )
    )


def _disabled(combined: Combined, everywhere: Sequence[Instance], seen: Seen) -> None:
    """Switched-off instances: those that let another one run, then the quiet ones."""
    told = set()
    for off, runs, routes in seen.disabled.values():
        told.add(off.origin)
        message = f"{off.label} is switched off on {off.attached_to}, and {runs.label} runs there instead."
        _say(combined, codes.DISABLED_NOT_OFF, off, message, routes)
    bodies = [instance.body for _, instance in combined.instances()] + [i.body for i in everywhere]
    personal = {i.use.origin: i.use for _, i in combined.instances() if i.use.consumer or i.use.group}
    plain = {use.plugin for use in seen.ran.values() if not (use.consumer or use.group)}
    for body in {id(body): body for body in bodies}.values():
        use = personal.get(body.obj.ref)
        if body.disabled and use is not None and body.plugin in plain:
            who = use.consumer or use.group
            message = (
                f"{use.label} is switched off for {who}, "
                f"and the {body.plugin} of the routes runs for it as for everybody."
            )
            _say(combined, codes.DISABLED_NOT_OFF, use, message, {})
        elif body.disabled and body.obj.ref not in told:
            message = f"{body.obj.ref} is switched off, so it acts nowhere."
            combined.findings.append(codes.DISABLED.finding(message, object=body.obj.ref, path=("disabled",)))


def _phases(combined: Combined) -> None:
    """Functions for phases before routing: only a global instance runs them."""
    told = set()
    for _, instance in combined.instances():
        body = instance.body
        if body.plugin not in ("pre-function", "post-function") or body.obj.ref in told:
            continue
        told.add(body.obj.ref)
        for phase in _EARLY:
            if body.config.get(phase):
                message = f"The {phase} functions of {body.obj.ref} run only where it is global."
                combined.findings.append(
                    codes.EARLY_PHASE.finding(message, object=body.obj.ref, path=("config", phase))
                )
