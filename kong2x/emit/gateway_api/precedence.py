"""Which rules are added, copied or left out so that Kong's winner wins on the target too."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from kong2x.emit.gateway_api import codes_edge
from kong2x.emit.gateway_api.claim import Claim, Claims
from kong2x.emit.gateway_api.contest import Contest, Verdict, transplanted
from kong2x.emit.gateway_api.desk import Desk
from kong2x.emit.gateway_api.draft import PREFIX, REGEX, Draft, GatewayPath, Match, Scheme
from kong2x.emit.gateway_api.fallthrough import copies_for
from kong2x.emit.gateway_api.hosts import covers
from kong2x.emit.gateway_api.overlap import contains, may_meet
from kong2x.emit.gateway_api.parents import Attachment
from kong2x.emit.gateway_api.pattern_order import preferred
from kong2x.emit.gateway_api.precedence_findings import MOST_SHADOWS, Telling
from kong2x.emit.gateway_api.protocols import FORWARDED
from kong2x.emit.gateway_api.referee import KongReferee

_MOST_COPIES = 20_000


@dataclass(slots=True)
class _Plan:
    """What becomes of one rule: which matches live on which host, and which are added."""

    lives: dict[str, list[Match]] = field(default_factory=dict)
    copies: dict[str, list[Match]] = field(default_factory=dict)
    shadows: dict[str, list[Match]] = field(default_factory=dict)
    narrowed: dict[tuple[str, Scheme], list[Match]] = field(default_factory=dict)
    """Matches that live on one scheme only, because another rule takes the other scheme."""
    lifted: dict[str, list[Match]] = field(default_factory=dict)
    """Matches of regular expressions on the paths of rules that Kong prefers them to."""
    patterns: dict[tuple[object, ...], dict[str, None]] = field(default_factory=dict)
    """Lifted match -> the expressions that stand on its path."""
    origin: dict[tuple[object, ...], Match] = field(default_factory=dict)
    """Shadow match -> the match of the rule that it stems from, for the path rewrite."""
    touched: bool = False


class Precedence:
    """Compares the rules of every host, for each set of Gateways apart."""

    def __init__(self, desk: Desk, attachment: Attachment) -> None:
        self.desk, self.attachment = desk, attachment
        self.referee = KongReferee(desk.model)
        self.claims = Claims()
        self.plans: dict[int, _Plan] = {}
        self.copied = 0
        self.tell = Telling(desk)
        self.unreached: set[int] = set()
        """Routes with a match that is left out because Kong never reaches it."""

    def order(self, drafts: list[Draft]) -> list[Draft]:
        """The rules with what has to be added for Kong's winners.

        The classic routers of Kong rank HTTPRoutes as they rank Ingresses, so there nothing is added.
        """
        if self.desk.profile.keeps_kong and self.desk.model.facts.router != "expressions":
            return drafts
        groups: dict[tuple[object, ...], list[Draft]] = {}
        for draft in drafts:
            if draft.kind == "HTTPRoute" and draft.role == "":
                groups.setdefault(self.attachment.bases(draft.route), []).append(draft)
        for group in groups.values():
            self._group(group)
        units: dict[tuple[int, ...], _Plan] = {
            draft.position: self.plans[id(draft)] for draft in drafts if id(draft) in self.plans
        }
        out: list[Draft] = []
        for draft in drafts:
            plan = units.get(draft.position)
            if plan is None or not plan.touched or draft.kind != "HTTPRoute":
                out.append(draft)
            else:
                out += self._rewritten(draft, plan)
        return out

    def _group(self, drafts: list[Draft]) -> None:
        by_host: dict[str, list[tuple[Draft, Match]]] = {}
        for draft in drafts:
            for host in draft.hosts or ("",):
                by_host.setdefault(host, []).extend((draft, match) for match in draft.matches)
        wide = [host for host in by_host if not host or host.startswith("*.")]
        for host, pairs in by_host.items():
            own = [self.claims.claim(draft, match, match.path) for draft, match in pairs]
            broader = [pair for other in _broader(host, wide, by_host) for pair in by_host[other]]
            copies = self._copies(host, own, broader)
            if len(own) + len(copies) < 2:
                continue
            contest = Contest(
                self.desk.model.facts.router,
                [*own, *copies],
                self.claims,
                self.desk.profile.facts.regex_rank,
                self.referee.for_host(host),
            )
            verdict = contest.decide()
            self._take(host, verdict, copies)
            if self.desk.profile.lifts_patterns:
                self._arrange_patterns(host, [*own, *copies], verdict.shadows)

    def _copies(self, host: str, own: list[Claim], broader: list[tuple[Draft, Match]]) -> list[Claim]:
        """Rules of wildcard and host-less routes that Kong would still try for this host (D6 to D8)."""
        if not broader or not host:
            return []
        flavour = self.desk.model.facts.router
        copies = (self.claims.claim(draft, match, match.path, own=False) for draft, match in broader)
        kept = copies_for(flavour, own, copies, falls_through=self.desk.profile.facts.falls_through)
        if not kept:
            return []
        off = self.desk.choices.text("fall-through") == "none"
        if off or self.copied + len(kept) > _MOST_COPIES:
            why = "switched off" if off else "would be too many"
            self.desk.say_once(
                "copies" if not off else host,
                codes_edge.FALL_THROUGH,
                f"Requests for {host} that none of its rules take get 404 instead of the rule of a broader "
                f"host: copies are {why}.",
                route=kept[0].draft.route,
            )
            return []
        self.copied += len(kept)
        return kept

    def _take(self, host: str, verdict: Verdict, copies: list[Claim]) -> None:
        for claim in copies:
            if not claim.dead:
                plan = self._plan(claim.draft)
                plan.copies.setdefault(host, []).append(claim.match)
                plan.touched = True
        for winner, loser in verdict.dropped:
            if loser.own and not loser.generation:
                self._drop(host, winner, loser)
        for claim in verdict.moved:
            plan = self._plan(claim.draft)
            if claim.own and not claim.generation and host in plan.lives:
                plan.lives[host] = [match for match in plan.lives[host] if match.key != claim.match.key]
                plan.touched = True
        self._take_shadows(host, verdict)
        for winner, loser in verdict.unrepaired:
            self.tell.unrepaired(host, winner, loser)
        for one, other in verdict.ties:
            self.tell.tie(host, one, other)
        for pattern, other in verdict.regex:
            if not self._settled(host, pattern, other):
                self.tell.pattern(host, pattern, other)
        for winner, loser in verdict.reasons:
            self.tell.added(host, winner, loser)

    def _settled(self, host: str, pattern: Claim, other: Claim) -> bool:
        """Whether the profile orders a regular expression and another path as Kong does.

        Where Kong prefers the expression, its rule is written again on the other path.
        """
        if not self.desk.profile.lifts_patterns:
            return False
        routes, path = (pattern.draft.route, other.draft.route), other.match.path
        flavour = self.desk.model.facts.router
        order = preferred(flavour, routes[0], pattern.kong_path, routes[1], other.kong_path, path)
        if order is None or other.match.path.type == REGEX or order < 0:
            return order is not None
        plan = self._plan(pattern.draft)
        match = pattern.match._replace(path=GatewayPath(path.type, path.value, pattern.kong_path.source))
        known = plan.lifted.setdefault(host, [])
        if all(match.key != one.key for one in known):
            if len(known) >= MOST_SHADOWS:
                return False
            known.append(match)
        plan.patterns.setdefault(match.key, {})[pattern.match.path.value] = None
        plan.touched = True
        return True

    def _arrange_patterns(self, host: str, claims: list[Claim], shadows: list[Claim]) -> None:
        """Puts expressions ahead of added rules, and plain rules ahead of expressions on longer paths."""
        for pattern in [claim for claim in claims if claim.match.path.type == REGEX]:
            for shadow in shadows:
                meets = not shadow.dead and may_meet(pattern.match.path, shadow.match.path)
                alike = pattern.outcome.same(shadow.outcome)
                if meets and not alike and pattern.terms.compatible(shadow.terms):
                    self._settled(host, pattern, shadow)
            plan = self.plans.get(id(pattern.draft))
            for lifted in list(plan.lifted.get(host, ())) if plan else ():
                self._keep_ahead(host, claims, pattern, lifted)

    def _keep_ahead(self, host: str, claims: list[Claim], pattern: Claim, lifted: Match) -> None:
        """Writes rules on shorter paths again where a lifted expression would take their requests."""
        flavour, at = self.desk.model.facts.router, lifted.path
        for claim in claims:
            path = claim.match.path
            if claim.dead or path.type != PREFIX or path[:2] == at[:2] or not contains(path, at):
                continue
            routes = pattern.draft.route, claim.draft.route
            order = preferred(flavour, routes[0], pattern.kong_path, routes[1], claim.kong_path, at)
            if order == -1 and claim.terms.compatible(self.claims.terms(lifted)):
                self._repeat(host, claim, at)

    def _repeat(self, host: str, claim: Claim, path: GatewayPath) -> None:
        """Adds a rule's match on a longer path, where its filters can do the same there."""
        if transplanted(claim.draft, claim.match.path, path) is None:
            return
        plan = self._plan(claim.draft)
        match = claim.match._replace(path=path)
        known = plan.shadows.setdefault(host, [])
        if len(known) < MOST_SHADOWS and all(one.key != match.key for one in known):
            known.append(match)
            plan.origin.setdefault(match.key, claim.match._replace(path=claim.kong_path))
            plan.touched = True

    def _take_shadows(self, host: str, verdict: Verdict) -> None:
        counts: dict[int, int] = {}
        for claim in verdict.shadows:
            if claim.dead:
                continue
            plan = self._plan(claim.draft)
            counts[id(plan)] = counts.get(id(plan), 0) + 1
            if counts[id(plan)] > MOST_SHADOWS:
                self.tell.capped_at(host, claim)
                continue
            known = plan.shadows.setdefault(host, [])
            if all(match.key != claim.match.key for match in known):
                known.append(claim.match)
            plan.origin.setdefault(claim.match.key, claim.match._replace(path=claim.kong_path))
            plan.touched = True

    def _plan(self, draft: Draft) -> _Plan:
        plan = self.plans.get(id(draft))
        if plan is None:
            plan = self.plans[id(draft)] = _Plan({h: list(draft.matches) for h in draft.hosts or ("",)})
        return plan

    def _drop(self, host: str, winner: Claim, loser: Claim) -> None:
        plan = self._plan(loser.draft)
        lives = plan.lives.get(host)
        if lives is None:
            return
        plan.lives[host] = [match for match in lives if match.key != loser.match.key]
        plan.touched = True
        other = _other_scheme(winner.draft, loser.draft)
        if other:
            plan.narrowed.setdefault((host, other), []).append(loser.match)
            return
        self.unreached.add(id(loser.draft.route))
        self.tell.unreachable(host, winner, loser)

    def _rewritten(self, draft: Draft, plan: _Plan) -> Iterator[Draft]:
        """A rule after the contest; an answer to plain HTTP follows the rule it belongs to."""
        twin = draft.role == "to-https"
        for hosts, matches in _by_matches(plan.lives):
            kept = _kept(draft, matches)
            if kept:
                yield replace(draft, hosts=hosts, matches=kept)
        schemes: tuple[Scheme, ...] = ("http", "https")
        for scheme in schemes:
            part = {host: found for (host, which), found in plan.narrowed.items() if which == scheme}
            for hosts, matches in _by_matches(part):
                yield replace(draft, hosts=hosts, matches=_kept(draft, matches), scheme=scheme)
        for hosts, matches in _by_matches(plan.copies):
            kept = _kept(draft, matches)
            role = draft.role if twin else "fall-through"
            if kept:
                yield replace(draft, hosts=hosts, matches=kept, role=role, copied=True)
        for hosts, matches in _by_matches(plan.lifted):
            away = not set(hosts or ("",)) <= set(draft.hosts or ("",))
            lifted = replace(draft, hosts=hosts, role="shadow", copied=away)
            for match in matches:
                condition = self.desk.profile.lifted(list(plan.patterns[match.key]))
                yield replace(lifted, matches=(match,), conditions=(*draft.conditions, condition))
        own = set(draft.hosts or ("",))
        for away in (False, True):
            part = {host: found for host, found in plan.shadows.items() if (host not in own) is away}
            for hosts, matches in _by_matches(part):
                shadow = replace(draft, hosts=hosts, copied=away)
                yield from self._shadow_drafts(shadow, plan, matches)

    def _shadow_drafts(self, draft: Draft, plan: _Plan, matches: tuple[Match, ...]) -> Iterator[Draft]:
        twin = draft.role == "to-https"
        together: list[Match] = []
        for match in matches:
            source = plan.origin[match.key]
            filters = transplanted(draft, source.path, match.path)
            if filters is None:  # pragma: no cover - the contest has refused such shadows
                continue
            if twin:
                match = match._replace(headers=tuple(c for c in match.headers if c != FORWARDED))
            if draft.one_match:
                yield replace(
                    draft,
                    matches=(match,),
                    filters=filters,
                    role=draft.role if twin else "shadow",
                    ranked_as={match.key: source.path},
                )
            else:
                together.append(match)
        if together:
            ranked = {match.key: plan.origin[match.key].path for match in together if not twin}
            role = draft.role if twin else "shadow"
            yield replace(draft, matches=tuple(together), role=role, ranked_as=ranked)


def _other_scheme(winner: Draft, loser: Draft) -> Scheme | None:
    """The scheme that is left to a rule whose winner takes only one; a rule for HTTPS alone has its twin."""
    if winner.scheme == "any" or winner.route.https_only or loser.scheme == winner.scheme:
        return None
    return "https" if winner.scheme == "http" else "http"


def _broader(host: str, wide: list[str], by_host: dict[str, list[tuple[Draft, Match]]]) -> list[str]:
    """The wildcard and empty host patterns that cover `host`, narrowest first."""
    if not host or not wide:
        return []
    found = []
    labels = host.removeprefix("*.").split(".")
    for at in range(0 if host.startswith("*.") else 1, len(labels)):
        pattern = "*." + ".".join(labels[at:])
        if pattern != host and pattern in by_host and covers(pattern, host):
            found.append(pattern)
    return [*found, *([""] if "" in by_host else [])]


def _by_matches(
    hosts: dict[str, list[Match]],
) -> Iterable[tuple[tuple[str, ...], tuple[Match, ...]]]:
    """Hosts that have the same matches, together; no host at all is never put together with some."""
    groups: dict[tuple[bool, tuple[Match, ...]], list[str]] = {}
    for host, matches in hosts.items():
        if matches:
            key = (bool(host), tuple(sorted(matches, key=_order)))
            groups.setdefault(key, []).append(host)
    return [(tuple(group) if named else (), matches) for (named, matches), group in groups.items()]


def _order(match: Match) -> str:
    return repr(match.key)


def _kept(draft: Draft, alive: tuple[Match, ...]) -> tuple[Match, ...]:
    """The matches of a rule that live; an answer to plain HTTP lacks the header of its rule's matches."""
    if draft.role == "to-https":
        wanted = {_criteria(match) for match in alive}
        return tuple(match for match in draft.matches if _criteria(match) in wanted)
    keys = {match.key for match in alive}
    return tuple(match for match in draft.matches if match.key in keys)


def _criteria(match: Match) -> tuple[object, ...]:
    """What a rule and its answer to plain HTTP have in common: path and method."""
    return (match.path.type, match.path.value, match.method)
