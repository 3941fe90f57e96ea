"""How the path that Kong sends upstream is said in proxy-rewrite: stripping, base path, rewrite.

Kong's joining rules are those of kong-source.md 4.7. The patterns see the decoded path.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kong2x.emit.apisix import patterns
from kong2x.emit.apisix.paths import TargetPath
from kong2x.model.route import PathKind, Rewrite, Route
from kong2x.model.settings import RouterFlavour

Pairs = list[str]


@dataclass(frozen=True, slots=True)
class Shape:
    """What one path criterion takes: a text with what may follow it, or a pattern."""

    text: str = ""
    follows: str = ""
    """Empty: nothing; `segment`: a slash and more; `any`: anything."""
    pattern: str = ""
    regex: bool = False
    """Whether the classic routers rank the criterion before plain paths although it is a plain text."""

    @property
    def literal(self) -> str:
        """The text as a pattern."""
        return patterns.literal(self.text)

    @property
    def shortest(self) -> str:
        """The shortest path that a text takes."""
        return f"{self.text}/" if self.follows == "segment" else self.text

    def meets(self, other: Shape) -> bool:
        """Whether two texts take one path."""
        if self.shortest == other.shortest:
            return True
        return (bool(self.follows) and other.shortest.startswith(self.shortest)) or (
            bool(other.follows) and self.shortest.startswith(other.shortest)
        )


def path_rewrite(route: Route, paths: Sequence[TargetPath], router: RouterFlavour) -> dict[str, Any]:
    """The `uri` or `regex_uri` of proxy-rewrite for these paths of a route; empty when the path stays.

    `paths` come in the order in which Kong tries them. Only the classic `router` knows `path_handling: v1`.
    """
    classic = router == "traditional"
    shapes = list(dict.fromkeys(_shapes(paths)))
    if route.rewrite is not None and route.rewrite.template is not None:
        return _rewritten(route.rewrite, shapes)
    base = route.service.path or "/"
    strip = route.strip_path and not route.grpc
    if classic and route.path_handling == "v1" and (base != "/" or strip):
        return _compact(_v1(shapes, base, strip))
    if strip and any(shape.pattern or shape.text != "/" for shape in shapes):
        return _stripped(shapes, base, router)
    return _compact(_joined(shapes, base))


def _shapes(paths: Sequence[TargetPath]) -> Iterable[Shape]:
    for path in paths:
        match = path.source
        if match is None:
            yield Shape("/", "any")
        elif match.kind is PathKind.REGEX:
            plain = patterns.plain_text(match.value)
            if plain is None:
                yield Shape(pattern=patterns.core(match.value))
            else:
                yield Shape(plain[0], "" if plain[1] else "any", regex=True)
        elif match.kind is PathKind.RAW_PREFIX or (match.value == "/" and match.kind is not PathKind.EXACT):
            yield Shape(match.value, "any")
        elif match.kind is PathKind.EXACT or path.regex:
            yield Shape(match.value, "")
        else:
            yield Shape(match.value, "segment")


def _stripped(shapes: Sequence[Shape], base: str, router: RouterFlavour) -> dict[str, Any]:
    stem = base.removesuffix("/")
    plain = [shape for shape in shapes if not shape.pattern]
    texts = _by_length(plain, router)
    follows = {text: {s.follows for s in plain if s.text == text} for text in texts}
    found: Pairs = []
    for shape in shapes:
        if shape.pattern:
            found += _stripped_pattern(shape.pattern, stem, router == "traditional")
    if not found and len(texts) == 1 and follows[texts[0]] == {""}:
        return _constant(_emptied(texts[0], base))
    if _otherwise_ordered(plain, texts):
        for shape in plain:
            found += _stripped_shape(shape, stem, base)
        return _compact(found)
    if not stem:
        return _compact([*found, *_stripped_bare(texts, follows)])
    for text in texts:
        found += _stripped_text(text, follows[text], stem, base, alone=not _nested(texts))
    return _compact(found)


def _by_length(shapes: Sequence[Shape], router: RouterFlavour) -> list[str]:
    """The texts as Kong mostly tries them: patterns, then the longest plain path; with expressions as written."""
    if router != "expressions":
        plain = sorted((s for s in shapes if not s.regex), key=lambda s: (-len(s.text), s.text))
        shapes = [*(s for s in shapes if s.regex), *plain]
    return list(dict.fromkeys(shape.text for shape in shapes))


def _otherwise_ordered(shapes: Sequence[Shape], texts: Sequence[str]) -> bool:
    """Whether Kong tries a shape, given in its order, before one that takes the same path and stands earlier in
    `texts`; or another one takes the bare path that a segment prefix leaves."""
    place = {text: at for at, text in enumerate(texts)}
    bare = {shape.text for shape in shapes if shape.follows != "segment"}
    halves = [shape.text for shape in shapes if shape.follows == "segment" and shape.text not in bare]
    if any(shape.follows and text.startswith(shape.shortest) for text in halves for shape in shapes):
        return True
    return any(
        place[second.text] < place[first.text] and first.meets(second)
        for at, first in enumerate(shapes)
        for second in shapes[at + 1 :]
    )


def _stripped_shape(shape: Shape, stem: str, base: str) -> Pairs:
    """The pairs of one shape alone: they take no more than its own criterion does."""
    literal, to = shape.literal, template(stem)
    if not shape.follows:
        return [rf"^{literal}\z", template(_emptied(shape.text, base))]
    if shape.follows == "segment":
        return [f"^{literal}/(.*)$", f"{to}/$1"]
    if shape.text.endswith("/") or not stem:
        return [f"^{literal}/?(.*)$" if not shape.text.endswith("/") else f"^{literal}(.*)$", f"{to}/$1"]
    return [rf"^{literal}\z", to, f"^{literal}/?(.*)$", f"{to}/$1"]


def _stripped_bare(texts: Sequence[str], follows: Mapping[str, set[str]]) -> Pairs:
    """The pairs where no path of the service comes in front."""
    root = texts.index("/") if "any" in follows.get("/", ()) else len(texts)
    if root < len(texts):
        # What Kong tries after the path that takes everything is never stripped.
        texts = texts[: root + 1]
    wanted = [text for text in texts if text != "/"]
    if not wanted:
        return []
    kinds = {text: follows[text] - {""} or {""} for text in wanted}
    if not _nested(texts):
        return [f"^{_any_of(wanted)}/?(.*)$", "/$1"]
    if all(kind == {"segment"} for kind in kinds.values()):
        return [rf"^{_any_of(wanted)}(?:/|\z)(.*)$", "/$1"]
    return [part for text in wanted for part in _stripped_alone(text, kinds[text])]


def _nested(texts: Sequence[str]) -> bool:
    """Whether one text begins another one, so that it matters which of them matched."""
    stems = [text.rstrip("/") for text in texts]
    return any(
        at != other and longer.startswith(stem)
        for at, stem in enumerate(stems)
        for other, longer in enumerate(stems)
    )


def _stripped_alone(text: str, follows: set[str]) -> Pairs:
    """The pair of one text among several that begin alike: it takes no more than its own criterion does."""
    literal = patterns.literal(text)
    if text.endswith("/") and follows != {""}:
        return [f"^{literal}(.*)$", "/$1"]
    if "any" in follows:
        return [f"^{literal}/?(.*)$", "/$1"]
    if "segment" in follows:
        return [rf"^{literal}(?:/|\z)(.*)$", "/$1"]
    return [rf"^{literal}\z", "/"]


def _any_of(texts: Sequence[str]) -> str:
    literals = [patterns.literal(text.rstrip("/")) for text in texts]
    return literals[0] if len(literals) == 1 else f"(?:{'|'.join(literals)})"


def _stripped_text(text: str, follows: set[str], stem: str, base: str, *, alone: bool) -> Pairs:
    """The pairs of a text in front of which a path of the service comes; `alone`: no other text begins alike."""
    literal, to = patterns.literal(text), template(stem)
    if text == "/" and follows == {""}:
        return ["^/$", template(base)]
    if text == "/":
        return ["^/$", template(base), "^/(.*)$", f"{to}/$1"]
    if text.endswith("/"):
        rest = f"^{literal}(.*)$" if follows != {""} else f"^{literal}$"
        return [rest, f"{to}/$1" if follows != {""} else f"{to}/"]
    found = [f"^{literal}$" if alone else rf"^{literal}\z", to]
    if "any" in follows:
        found[0] = rf"^{literal}\z"
        found += [f"^{literal}/?(.*)$", f"{to}/$1"]
    elif "segment" in follows:
        found += [f"^{literal}/(.*)$", f"{to}/$1"]
    return found


def _stripped_pattern(pattern: str, stem: str, classic: bool) -> Pairs:
    """The match is atomic: Kong cuts off what the pattern takes by itself, and never gives anything back.

    The classic router strips with the last alternative only (kong-source.md 4.7); the others leave all.
    """
    branches = patterns.alternatives(pattern[3:-1]) if pattern.startswith("(?:") else [pattern]
    if classic and len(branches) > 1:
        others, last = "|".join(branches[:-1]), branches[-1]
        before = f"^(?!{others})"
        number = patterns.groups(pattern) + 1
        rest = [f"{before}(?>{last})/?(.*)$", f"{template(stem)}/${number}"]
        return rest if not stem else [*rest, "^/(.*)$", f"{template(stem)}/$1"]
    at = patterns.groups(pattern) + 1
    whole, to = f"(?>{pattern})", template(stem)
    rest = [f"^{whole}/?(.*)$", f"{to}/${at}"]
    if not stem:
        return rest
    return [rf"^{whole}(?<=/)\z", f"{to}/", rf"^{whole}\z", to, *rest]


def _emptied(text: str, base: str) -> str:
    """The upstream path where stripping leaves nothing."""
    stem = base.removesuffix("/")
    if not stem:
        return "/"
    if base != stem:
        return base if text.endswith("/") else stem
    return f"{base}/" if len(text) > 1 and text.endswith("/") else base


def _joined(shapes: Sequence[Shape], base: str) -> Pairs:
    if base == "/":
        return []
    if base.endswith("/"):
        return ["^/(.*)$", f"{template(base)}$1"]
    found = [] if all(s.text != "/" and not s.pattern for s in shapes) else ["^/$", template(base)]
    return [*found, "^/(.*)$", f"{template(base)}/$1"]


def _v1(shapes: Sequence[Shape], base: str, strip: bool) -> Pairs:
    """`path_handling: v1`: the service path is put in front as a bare text."""
    to = template(base)
    if not strip:
        return ["^/(.*)$", f"{to}$1"]
    found: Pairs = []
    slash = "/?" if base.endswith("/") else ""
    for shape in sorted(shapes, key=lambda s: (not s.pattern, -len(s.text), s.text, s.follows)):
        if shape.pattern:
            found += [f"^(?>{shape.pattern}){slash}(.*)$", f"{to}${patterns.groups(shape.pattern) + 1}"]
        elif not shape.follows:
            found += [f"^{shape.literal}$", to]
        elif shape.follows == "segment":
            found += [f"^{shape.literal}/(.*)$", f"{to}$1"]
        else:
            found += [f"^{shape.literal}{slash}(.*)$", f"{to}$1"]
    return found


def _rewritten(rewrite: Rewrite, shapes: Sequence[Shape]) -> dict[str, Any]:
    parts = rewrite.template or ()
    if rewrite.prefix is not None:
        return _exchanged(rewrite.prefix, "".join(str(part) for part in parts))
    if all(isinstance(part, str) for part in parts):
        return _constant("".join(str(part) for part in parts) or "/")
    found: Pairs = []
    for shape in shapes:
        if shape.pattern:
            count = patterns.groups(shape.pattern)
            found += [f"^{shape.pattern}.*$", _filled(parts, count)]
    if any(not shape.pattern for shape in shapes):
        found += ["^/.*$", _filled(parts, 0)]
    return _compact(found)


def _filled(parts: Sequence[str | int], groups: int) -> str:
    """The template with captures; one that the pattern does not have is empty, as in Kong."""
    out = ""
    for part in parts:
        if isinstance(part, int):
            out += f"${{{part}}}" if part <= groups else ""
        else:
            out += template(part)
    out = _plain_captures(out)
    return out if out.startswith(("/", "$")) else f"/{out}"


def _plain_captures(text: str) -> str:
    """`${1}` as `$1` where no digit follows."""
    import re

    return re.sub(r"\$\{(\d+)\}(?!\d)", r"$\1", text)


def _exchanged(prefix: str, new: str) -> dict[str, Any]:
    stem, old = template(new.rstrip("/")), patterns.literal(prefix.rstrip("/"))
    if not old:
        return _compact(["^/$", stem, "^/(.*)$", f"{stem}/$1"] if stem else [])
    return _compact([f"^{old}$", stem or "/", f"^{old}/(.*)$", f"{stem}/$1"])


def _constant(path: str) -> dict[str, Any]:
    """A fixed path; a dollar would begin a variable in `uri`, so such a path is a pattern's template."""
    path = path if path.startswith("/") else f"/{path}"
    return {"regex_uri": ["^/.*$", template(path)]} if "$" in path else {"uri": path}


def _compact(pairs: Pairs) -> dict[str, Any]:
    return {"regex_uri": pairs} if pairs else {}


def template(text: str) -> str:
    """Literal text in a substitution template."""
    return text.replace("$", "$$")
