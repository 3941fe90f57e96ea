"""The findings that reading can make: surprises of YAML, and inputs that are no manifests."""

from __future__ import annotations

from kong2x.model.finding import Code, Level, Severity

DUPLICATE_KEY = Code(
    "yaml/duplicate-key",
    Level.IGNORED,
    "A key stands twice in one mapping, and the first value is lost.",
    "Kubernetes keeps the last value of a repeated key and says nothing, so Kong never saw the first one. "
    "kong2x reads the same, and the lost value takes part in nothing.",
    "Delete the line that is not meant.",
    severity=Severity.WARNING,
)
KEY_COLLISION = Code(
    "yaml/key-collision",
    Level.IGNORED,
    "Two different keys of one mapping become the same string.",
    'Keys that are not text become text: `on` becomes "true", `0777` becomes "511". Where that meets another '
    "key of the mapping, which value Kubernetes keeps is not defined; kong2x keeps the last one.",
    "Quote both keys, and delete the one that is not meant.",
    severity=Severity.WARNING,
)
BOOLEAN_VALUE = Code(
    "yaml/boolean-value",
    Level.EXACT,
    "An unquoted word is read as a boolean.",
    "Kubernetes reads the unquoted words yes, no, on, off, y and n as booleans. Readers of YAML 1.2 take them "
    "for text, so other tools may show another value for the same file.",
    "Write true or false, or quote the word if text is meant.",
)
BOOLEAN_KEY = Code(
    "yaml/boolean-key",
    Level.EXACT,
    "An unquoted key is read as a boolean.",
    'Kubernetes reads the unquoted keys yes, no, on, off, y and n as booleans, and the key becomes "true" or '
    '"false".',
    "Quote the key.",
    severity=Severity.WARNING,
)
OCTAL = Code(
    "yaml/octal",
    Level.EXACT,
    "An unquoted number with a leading zero is read in base 8.",
    "Kubernetes reads 0777 as 511. Readers of YAML 1.2 read 777, so other tools may show another value for the "
    "same file.",
    "Write the decimal number, or quote the digits if text is meant.",
    severity=Severity.WARNING,
)
MERGE_OVERRIDES = Code(
    "yaml/merge-overrides",
    Level.EXACT,
    "A merge key replaces a value that is written out above it.",
    "Kubernetes applies `<<` where it stands, so a merge after an explicit key replaces that key's value; most "
    "other YAML readers let the explicit key win.",
    "Move `<<` to the top of the mapping if the explicit value is meant.",
    severity=Severity.WARNING,
)
CONTENT_DROPPED = Code(
    "yaml/content-dropped",
    Level.IGNORED,
    "Text after the end of a YAML document is dropped.",
    "Kubernetes reads one YAML document between two `---` lines; whatever follows its end, for example after a "
    "`...` line, is dropped without a word, so the cluster never saw it.",
    "Put a `---` line in front of it, or delete it.",
    severity=Severity.WARNING,
)
YAML_CODES = (
    DUPLICATE_KEY,
    KEY_COLLISION,
    BOOLEAN_VALUE,
    BOOLEAN_KEY,
    OCTAL,
    MERGE_OVERRIDES,
    CONTENT_DROPPED,
)


def _error(id: str, summary: str, meaning: str, remedy: str) -> Code:
    return Code(id, Level.UNKNOWN, summary, meaning, remedy, severity=Severity.ERROR)


MISSING_PATH = _error(
    "input/missing-path",
    "A path that was named does not exist.",
    "Nothing was read from it.",
    "Check the spelling and the folder that the command runs in.",
)
UNREADABLE = _error(
    "input/unreadable",
    "A file or folder cannot be opened.",
    "Nothing was read from it.",
    "Check its permissions.",
)
NO_MANIFESTS = _error(
    "input/no-manifests",
    "An input holds no manifests.",
    "A folder is searched, with its subfolders, for *.yaml, *.yml and *.json; hidden files and folders are "
    "left out. A file must hold at least one object.",
    "Name the folder or file that holds the manifests.",
)
NOT_UTF8 = _error(
    "input/not-utf8",
    "A file is not UTF-8 text.",
    "Kubernetes reads UTF-8 only.",
    "Save the file as UTF-8.",
)
BROKEN_YAML = _error(
    "input/broken-yaml",
    "A document is not valid YAML.",
    "kubectl would refuse it too; nothing of the document was read.",
    "Correct the line that is named.",
)
HELM_TEMPLATE = _error(
    "input/helm-template",
    "A file is a Helm template, not a manifest.",
    "Template marks such as {{ .Values.host }} become values only when Helm renders the chart.",
    "Render it first: `helm template RELEASE CHART | kong2x convert - --to TARGET`.",
)
KUSTOMIZATION = _error(
    "input/kustomization",
    "A file is a kustomization, not a manifest.",
    "A kustomization says how kustomize builds manifests; it holds none itself.",
    "Build it first: `kustomize build FOLDER | kong2x convert - --to TARGET`.",
)
OVERLAY_PATCH = _error(
    "input/overlay-patch",
    "A file is a patch of a kustomize overlay.",
    "A patch holds parts of an object, so what the cluster serves is only known after kustomize has applied it.",
    "Build the overlay first: `kustomize build FOLDER | kong2x convert - --to TARGET`.",
)
ALIAS_BOMB = _error(
    "input/alias-bomb",
    "The aliases of a document multiply beyond the limit of Kubernetes.",
    "Kubernetes refuses documents in which nearly everything comes out of aliases, because a few lines can "
    "stand for gigabytes.",
    "Write the values out.",
)
TOO_DEEP = _error(
    "input/too-deep",
    "A document is nested too deeply.",
    "No Kubernetes object nests like this; nothing of the document was read.",
    "Check how the file was made.",
)
NOT_AN_OBJECT = _error(
    "input/not-an-object",
    "A document is not a Kubernetes object.",
    "A manifest has apiVersion, kind and metadata.name, and all of them are text.",
    "Complete the document, or leave the file out.",
)
DUPLICATE_OBJECT = Code(
    "input/duplicate-object",
    Level.IGNORED,
    "One object is written twice in the input.",
    "Group, kind, namespace and name are the identity of an object, and a cluster holds one of each. The one "
    "that is read last counts, as if the inputs were applied in order.",
    "Delete the one that is not meant, or convert the environments one by one.",
    severity=Severity.WARNING,
)
KUSTOMIZATION_SEEN = Code(
    "input/kustomization-seen",
    Level.IGNORED,
    "A folder holds a kustomization that only lists manifests.",
    "The manifests beside it are read as they stand; kustomize was not run.",
    "Nothing has to be done. What kustomize builds can be converted as well: "
    "`kustomize build FOLDER | kong2x convert - --to TARGET`.",
)
KUSTOMIZATION_CHANGES = Code(
    "input/kustomization-changes",
    Level.APPROXIMATE,
    "A folder holds a kustomization that changes manifests or adds some.",
    "The manifests beside it are read as they stand; kustomize was not run, so namespaces, prefixes, labels "
    "and generated objects of the cluster are not those that were read.",
    "Convert what kustomize builds: `kustomize build FOLDER | kong2x convert - --to TARGET`.",
)
GENERATED_SKIPPED = Code(
    "input/generated-skipped",
    Level.IGNORED,
    "A file that kong2x wrote is not read as an input.",
    "The output of an earlier run lies inside an input folder; reading it would convert it again.",
    "Keep the output outside of the inputs.",
)
KIND_NOT_READ = Code(
    "input/kind-not-read",
    Level.UNKNOWN,
    "The cluster does not let this user list a kind of objects.",
    "References to objects of that kind cannot be resolved.",
    "Ask for the right to list them, or add their manifests with --also-read.",
    severity=Severity.WARNING,
)
INPUT_CODES = (
    MISSING_PATH,
    UNREADABLE,
    NO_MANIFESTS,
    NOT_UTF8,
    BROKEN_YAML,
    HELM_TEMPLATE,
    KUSTOMIZATION,
    OVERLAY_PATCH,
    ALIAS_BOMB,
    TOO_DEEP,
    NOT_AN_OBJECT,
    DUPLICATE_OBJECT,
    KUSTOMIZATION_SEEN,
    KUSTOMIZATION_CHANGES,
    GENERATED_SKIPPED,
    KIND_NOT_READ,
)
CODES = (*YAML_CODES, *INPUT_CODES)
