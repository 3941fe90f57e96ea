"""What is said about annotations of routes that Kong does not take as they are written."""

from __future__ import annotations

from kong2x.model.finding import Code, Level, Severity

INVALID_VALUE = Code(
    "annotations/invalid-value",
    Level.IGNORED,
    "Kong ignores an annotation because of its value.",
    "The controller reads the value strictly and falls back to the default without any event. The target "
    "gets what Kong does, not what the annotation seems to ask for.",
    "Correct the value, or remove the annotation.",
    severity=Severity.WARNING,
)
METHODS_VOID = Code(
    "annotations/methods-void",
    Level.IGNORED,
    "One bad method voids the whole list.",
    "With the classic routers KIC drops konghq.com/methods as a whole when one entry is not made of "
    "letters; the route then serves every method, on Kong and on the target.",
    "Write methods of letters only.",
    severity=Severity.WARNING,
)
SNIS_VOID = Code(
    "annotations/snis-void",
    Level.IGNORED,
    "One bad server name voids the whole list.",
    "With the classic routers KIC drops konghq.com/snis as a whole when one entry is no plain host name, a "
    "wildcard for instance; the route then does not look at the TLS server name.",
    "Write plain host names.",
    severity=Severity.WARNING,
)
ALIASES_VOID = Code(
    "annotations/host-aliases-void",
    Level.IGNORED,
    "One bad alias voids the whole list.",
    "With the classic routers KIC drops konghq.com/host-aliases as a whole when one entry is no host name.",
    "Write host names, with at most one wildcard at either end.",
    severity=Severity.WARNING,
)
ENTRY_DROPPED = Code(
    "annotations/entry-dropped",
    Level.IGNORED,
    "Kong leaves one entry of a list out.",
    "With the expressions router KIC writes the good entries and drops the bad ones.",
    "Correct the entry, or remove it.",
    severity=Severity.WARNING,
)
FLAVOUR = Code(
    "annotations/router-flavour",
    Level.IGNORED,
    "An annotation does nothing with the expressions router.",
    "KIC writes expressions for that router and leaves this annotation out of them.",
)
NO_EFFECT = Code(
    "annotations/no-effect",
    Level.IGNORED,
    "An annotation does nothing where it stands.",
    "It only acts together with another setting, which is absent.",
)
REDIRECT_ALONE = Code(
    "annotations/redirect-without-https",
    Level.IGNORED,
    "A redirect status does nothing while the route also serves plain HTTP.",
    "Kong answers plain HTTP itself only when konghq.com/protocols names TLS protocols alone.",
    "Set konghq.com/protocols: https where a redirect is wanted.",
    severity=Severity.WARNING,
)
FORCE_SSL_UNDONE = Code(
    "annotations/force-ssl-undone",
    Level.IGNORED,
    "force-ssl-redirect is undone by konghq.com/protocols.",
    "The protocols are applied later and win, so plain HTTP is served without redirect.",
    "Remove konghq.com/protocols, or let it name https alone.",
    severity=Severity.WARNING,
)
MIXED_GRPC = Code(
    "annotations/grpc-and-http",
    Level.IGNORED,
    "gRPC and HTTP protocols on one route become HTTP with a stripped path.",
    "With the classic routers KIC replaces the mixture by http and https and unsets strip_path, whose "
    "default in Kong is true; the backend then gets the path without its matched part.",
    "Use one family of protocols on one object.",
    severity=Severity.WARNING,
)
MISPLACED = Code(
    "annotations/misplaced",
    Level.IGNORED,
    "An annotation stands on an object where Kong does not read it.",
    "Route annotations act on the Ingress or route object, service annotations on the core Service.",
    "Move it to the right object where it is meant to act.",
    severity=Severity.WARNING,
)
UNKNOWN = Code(
    "annotations/unknown",
    Level.IGNORED,
    "Kong knows no such annotation.",
    "The controller skips keys that it does not know, without any event.",
    "Correct the spelling, or remove it.",
    severity=Severity.WARNING,
)
DEAD = Code(
    "annotations/dead-spelling",
    Level.IGNORED,
    "An annotation is spelt as before KIC 1.0.",
    "Nothing has read that spelling since, so Kong behaves as if it were absent.",
    "Use the konghq.com/ spelling where it is meant to act.",
    severity=Severity.WARNING,
)
NOT_TEXT = Code(
    "annotations/not-text",
    Level.IGNORED,
    "The value of an annotation is not a text.",
    "The API server refuses such an object; kong2x reads the value as if it were quoted.",
    "Put quotes around the value.",
    severity=Severity.WARNING,
)
CODES = (
    INVALID_VALUE,
    METHODS_VOID,
    SNIS_VOID,
    ALIASES_VOID,
    ENTRY_DROPPED,
    FLAVOUR,
    NO_EFFECT,
    REDIRECT_ALONE,
    FORCE_SSL_UNDONE,
    MIXED_GRPC,
    MISPLACED,
    UNKNOWN,
    DEAD,
    NOT_TEXT,
)
