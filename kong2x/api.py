"""The library functions behind the public names; no printing, no exit, no global state."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TextIO

from kong2x.model.errors import Kong2xError
from kong2x.model.result import Result
from kong2x.model.settings import Options

if TYPE_CHECKING:
    from kong2x.compare import Change
    from kong2x.read import ReadResult, Source
    from kong2x.verify import Verification

Input = Any
"""A path, an open text stream, a `Source`, or one parsed object."""


def convert(
    *sources: str | os.PathLike[str] | TextIO | Source | Mapping[str, Any],
    to: str = "apisix",
    options: Options | None = None,
) -> Result:
    """Converts Kong manifests and gives back objects and findings.

    `sources` are paths of files and folders, open text streams, `Source` texts or parsed mappings;
    all of them form one world. Input mistakes come back as `Result.errors`, not as exceptions.
    Raises Kong2xError for wrong options, and for defects of kong2x itself.
    """
    from kong2x.pipeline import run

    chosen = replace(options or Options(), to=to)
    return run(_read(sources, chosen), chosen).result


def diff(
    old: Input | Sequence[Input],
    new: Input | Sequence[Input],
    *,
    to: str = "apisix",
    options: Options | None = None,
) -> Change:
    """What a change of the manifests does: to requests, to findings and to the written objects.

    `old` and `new` are one source each, or lists of sources. Raises Kong2xError when one of the two
    states cannot be read.
    """
    from kong2x.worlds import compared

    chosen = replace(options or Options(), to=to)
    change, errors, _ = compared(_read(_many(old), chosen), _read(_many(new), chosen), chosen)
    if errors:
        raise Kong2xError("; ".join(f"{error.source}: {error.message}" for error in errors))
    return change


def verify(
    *sources: str | os.PathLike[str] | TextIO | Source | Mapping[str, Any],
    to: str = "apisix",
    options: Options | None = None,
) -> Verification:
    """Sends generated requests through a model of Kong's router and of the target's.

    The result lists the requests that would be answered differently: `announced` by a finding, or
    `surprises`. Raises Kong2xError when the sources cannot be read or the target has no router model.
    """
    from kong2x.worlds import verified

    chosen = replace(options or Options(), to=to)
    outcome = verified(_read(sources, chosen), chosen)
    if outcome.errors:
        raise Kong2xError("; ".join(f"{error.source}: {error.message}" for error in outcome.errors))
    return outcome.verification


def explain(word: str, *, to: str = "apisix") -> str:
    """The page of a finding code, a plugin, or an annotation, as text.

    Raises Kong2xError, with the nearest known word, when there is none.
    """
    from kong2x.catalogue import page

    return page(word, to)


def _read(sources: Sequence[Input], options: Options) -> ReadResult:
    from kong2x.read import read_inputs

    return read_inputs(
        sources, namespaces=options.namespaces, selector=options.selector, keep_going=options.keep_going
    )


def _many(source: Input | Sequence[Input]) -> Sequence[Input]:
    return source if isinstance(source, list | tuple) else [source]
