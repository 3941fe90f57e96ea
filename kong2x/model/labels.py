"""Under which Kubernetes label key a consumer is known as a member of a Kong acl group."""

from __future__ import annotations

import hashlib
import re

ACL_MEMBER = "true"
"""The value of the label."""
_PREFIX = "acl.group/"
_PLAIN = re.compile(r"^[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$")
_ENCODED = re.compile(r"^encoded-[0-9a-f]{40}$")


def sets_identity(key: str) -> bool:
    """Whether APISIX reads who the consumer is from a label of this key.

    Kong gives labels of a KongConsumer no meaning, so such a label of the source is not carried over: it
    would put the consumer into a group, or send a custom id of its own to the service.
    """
    return key == "custom_id" or key.startswith(_PREFIX)


def acl_label(group: str) -> str:
    """The label key of a group: one key a group, because label values hold no commas and no blanks.

    The mapping of acl and the emitter of consumers must agree on it. A name that Kubernetes refuses in
    a label key (blanks, more than 63 characters) is replaced by a hash of itself.

    >>> acl_label("staff"), acl_label("night shift")[:18]
    ('acl.group/staff', 'acl.group/encoded-')
    """
    if _PLAIN.match(group) and not _ENCODED.match(group):
        return _PREFIX + group
    return f"{_PREFIX}encoded-{hashlib.sha256(group.encode()).hexdigest()[:40]}"
