"""The options that several commands share, and how they become `Options`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar, get_args

import click

from kong2x.cli.inputs import Inputs
from kong2x.model.errors import UsageError
from kong2x.model.result import FailOn
from kong2x.model.settings import Channel, Options, SecurityLoss

F = TypeVar("F", bound=Callable[..., Any])


def apply(*decorators: Callable[[F], F]) -> Callable[[F], F]:
    """Several option decorators as one, in the order in which they are listed in --help."""

    def decorate(function: F) -> F:
        for decorator in reversed(decorators):
            function = decorator(function)
        return function

    return decorate


input_options = apply(
    click.argument("paths", nargs=-1, metavar="PATH..."),
    click.option("-f", "--filename", "more_paths", multiple=True, help="Another file or folder; - is stdin."),
    click.option("--also-read", multiple=True, help="Files that only resolve references."),
    click.option(
        "-n",
        "--namespace",
        "namespaces",
        multiple=True,
        envvar="KONG2X_NAMESPACE",
        help="Convert only this namespace.",
    ),
    click.option("-l", "--selector", default="", help="Convert only objects with these labels."),
    click.option("--cluster", is_flag=True, help="Read from the cluster with your own kubectl."),
    click.option(
        "--context", default=None, envvar="KONG2X_CONTEXT", help="The kubectl context for --cluster."
    ),
    click.option("--keep-going", is_flag=True, help="Convert the other files when one cannot be read."),
)

target_options = apply(
    click.option(
        "--to",
        envvar="KONG2X_TO",
        metavar="TARGET",
        help="apisix, gateway-api, or an installed target.",
    ),
    click.option(
        "--target-version",
        envvar="KONG2X_TARGET_VERSION",
        metavar="VERSION",
        help="Version of the target's CRDs.",
    ),
    click.option(
        "--channel",
        envvar="KONG2X_CHANNEL",
        type=click.Choice(get_args(Channel)),
        help="Gateway API's channel (standard).",
    ),
    click.option(
        "--set",
        "sets",
        multiple=True,
        envvar="KONG2X_SET",
        metavar="KEY=VALUE",
        help="A source fact or target option; `kong2x targets` lists the keys.",
    ),
    click.option("--mappings", multiple=True, metavar="DIR", help="A folder with mapping files of your own."),
    click.option("--schemas", multiple=True, metavar="DIR", help="A folder with CRDs of your own."),
    click.option(
        "--on-security-loss",
        envvar="KONG2X_ON_SECURITY_LOSS",
        type=click.Choice(get_args(SecurityLoss)),
        help="What becomes of a route whose protection cannot be carried over (deny).",
    ),
    click.option("--accept", multiple=True, metavar="CODE=REASON", help="Live with a finding, for a reason."),
)

fail_on_option = click.option(
    "--fail-on",
    envvar="KONG2X_FAIL_ON",
    type=click.Choice(get_args(FailOn)),
    help="From which level on findings make the exit code 1 (unsupported).",
)

report_options = apply(
    click.option(
        "--report", "reports", multiple=True, metavar="FORMAT=FILE", help="Write a report; repeatable."
    ),
    fail_on_option,
    click.option("-q", "--quiet", is_flag=True, help="Only errors."),
    click.option("-v", "--verbose", is_flag=True, help="Also what arrived exactly."),
    click.option(
        "--color",
        type=click.Choice(["auto", "always", "never"]),
        default="auto",
        envvar="KONG2X_COLOR",
        help="Colours in text (auto: on a terminal without NO_COLOR).",
    ),
)


def take_options(values: dict[str, Any], inputs: Inputs) -> Options:
    """The conversion options: command line before environment before configuration before default.

    Words of the configuration that belong to the command itself (`fail-on`, `layout`, `reports`) are
    filled into `values` where the command line left them open.
    """
    import datetime

    from kong2x.cli.config import find_config

    config = find_config(inputs.paths)
    written = config.values

    def pick(name: str, default: Any = None) -> Any:
        return values.pop(name, None) or written.get(name.replace("_", "-"), default)

    to = pick("to")
    if not to:
        raise UsageError("Name the target with --to, for example --to apisix or --to gateway-api.")
    for name, default in (("fail_on", "unsupported"), ("layout", None)):
        values[name] = values.get(name) or written.get(name.replace("_", "-"), default)
    values["reports"] = (*config.reports, *values.get("reports", ()))
    return Options(
        to=to,
        settings={**config.settings, **pairs(values.pop("sets"), "--set", "KEY=VALUE")},
        target_version=pick("target_version"),
        channel=pick("channel", "standard"),
        on_security_loss=pick("on_security_loss", "deny"),
        accept=pairs(values.pop("accept"), "--accept", "CODE=REASON"),
        accept_rules=config.accept,
        today=datetime.date.today().isoformat(),
        namespaces=inputs.namespaces,
        selector=inputs.selector,
        keep_going=inputs.keep_going,
        mappings=(*values.pop("mappings"), *config.mappings),
        schemas=(*values.pop("schemas"), *config.schemas),
    )


def pairs(written: Sequence[str], option: str, form: str) -> dict[str, str]:
    """`KEY=VALUE` arguments as a mapping; a repeated key joins its values with commas."""
    out: dict[str, str] = {}
    for item in written:
        for part in item.split() if option == "--set" and item.count("=") > 1 else [item]:
            key, equals, value = part.partition("=")
            if not equals or not key or not value:
                raise UsageError(f"{option} {item}: expected {form}.")
            out[key] = f"{out[key]},{value}" if key in out else value
    return out
