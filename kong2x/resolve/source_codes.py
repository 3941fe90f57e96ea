"""What is said about objects as a whole: their kind, their class, fields that nothing reads."""

from __future__ import annotations

from kong2x.model.finding import Code, Level, Severity

KIND_NEVER_READ = Code(
    "source/kind-never-read",
    Level.IGNORED,
    "The Kong Ingress Controller does not read this kind.",
    "It belongs to Kong's operator or to Konnect, so it says nothing about what the controller serves.",
    severity=Severity.WARNING,
)
OTHER_CLASS = Code(
    "source/other-class",
    Level.IGNORED,
    "An object belongs to another class.",
    "KIC only sees objects of its own class; those without a class count when the class is the default.",
    "Use --set kong.class or --set kong.default-class when the controller runs with other settings.",
    severity=Severity.WARNING,
)
NOTHING_CONVERTED = Code(
    "source/nothing-converted",
    Level.IGNORED,
    "No Ingress is of the controller's class.",
    "Kong serves none of them, so there is nothing to convert.",
    "Run again with --set kong.class=… for the class that Kong serves.",
    severity=Severity.WARNING,
)
FIELD_NOT_READ = Code(
    "source/field-not-read",
    Level.IGNORED,
    "Kong does not read a field.",
    "The API server drops fields that a kind does not have, and the controller reads no such field.",
    "Correct its name, or remove it.",
    severity=Severity.WARNING,
)
NOT_WATCHED = Code(
    "source/namespace-not-watched",
    Level.IGNORED,
    "The controller does not watch a namespace.",
    "Objects outside of --watch-namespace are not seen, as if they did not exist.",
    "Correct --set kong.watch-namespaces when the controller watches it.",
)
CODES = (KIND_NEVER_READ, OTHER_CLASS, NOT_WATCHED, NOTHING_CONVERTED, FIELD_NOT_READ)
