"""Floor 0: the types that every other part of kong2x speaks in; standard library only.

* `source`   — one Kubernetes object as it was read, with the place it came from
* `finding`  — what kong2x has to tell the operator, and the catalogue entry behind it
* `ledger`   — which source leaf ended where; proves that nothing is lost silently
* `route`    — the route model: what Kong does with a request, in Kong's own terms
* `plugin`   — one effective plugin use, its mapped form and the consumers
* `target`   — emitted objects and the protocol of an emitter
* `traffic`  — a request, the answer to it, and the protocol of a router model
* `settings` — what manifests cannot say: source facts and conversion options
* `scalars`  — what an unquoted YAML scalar means to Kubernetes
"""
