"""Lines and objects that hold secrets, and as many that hold none."""

from __future__ import annotations

import pytest

from kong2x.model.masking import CHANGED, HIDDEN, hidden, hidden_line, hidden_lines, is_secret

S = "s3cr3t-value"


@pytest.mark.parametrize(
    "text",
    [
        f"config:\n  redis_password: {S}\n",
        f"config:\n  redis: {{host: r, password: {S}}}\n",
        f"config:\n  client_secret:\n  - {S}\n",
        f"config:\n  client_secret:\n    - {S}\n",
        f"config:\n  auth:\n    header_name: Authorization\n    header_value: Bearer {S}\n",
        f"config:\n  auth: {{type: basic, value: {S}}}\n",
        f"config:\n  authentication:\n    mechanism: PLAIN\n    user: {S}\n",
        f"config:\n  request_signing_key: |\n    -----BEGIN\n    {S}\n  issuer: x\n",
        f"config:\n  key: >-\n    {S}\n",
        f'config:\n  session_secret: "{S}\n    more"\n',
        f"config:\n  http_endpoint: https://hooks.example/{S}\n",
        f"config:\n  uri: https://me:{S}@log.example/x\n",
        f"config:\n  add:\n    headers:\n    - X-Api-Key:{S}\n",
        f"config:\n  headers:\n    Authorization: Bearer {S}\n",
        f"- name: http-logger\n  config:\n    auth_header: Basic {S}\n",
        f"kind: Secret\nstringData:\n  anything: {S}\n",
        f"kind: Secret\ndata:\n  a: x\n  tls.crt: {S}\n",
        f'{{"kind": "KongPlugin", "config": {{"redis": {{"password": "{S}"}}}}}}\n',
        f'{{\n  "config": {{\n    "redis_password": "{S}",\n    "minute": 5\n  }}\n}}\n',
        f"items:\n- config:\n    client_jwk:\n    - kty: oct\n      k: {S}\n",
    ],
)
def test_a_secret_is_hidden(text):
    lines = hidden_lines(text)
    assert len(lines) == len(text.splitlines()) and S not in "".join(lines)
    document = text.splitlines()
    kind_is_secret = text.startswith("kind: Secret")  # excerpts never show anything of a Secret
    for at in range(0 if not kind_is_secret else len(document), len(document)):
        assert S not in hidden_line(document, at)


@pytest.mark.parametrize(
    "text",
    [
        "config:\n  minute: 5\n  hide_credentials: true\n",
        "config:\n  key_names: [apikey]\n  key_in_header: false\n",
        "config:\n  key: consumer_name\n  key_type: var\n",
        "config:\n  key: $remote_addr minute\n",
        "config:\n  cache_key:\n  - $host\n  - $request_uri\n",
        "config:\n  cookie_names:\n  - sess\n  uri_param_names: [jwt]\n",
        "config:\n  auth:\n    header_name: Authorization\n",
        "config:\n  token_endpoint_auth_method: client_secret_basic\n",
        "spec:\n  secret:\n    name: tls\n    namespace: shop\n",
        "spec:\n  tls:\n  - secretName: shop-tls\n",
        "plugins:\n- name: key-auth\n  secretRef: alice\n",
        "kind: ConfigMap\ndata:\n  minute: five\n",
        "kind: Secret\nmetadata:\n  name: alice\ntype: Opaque\n",
        "# Made from shop/token-holder\nspec:\n  hosts: [shop.example]\n",
    ],
)
def test_what_is_no_secret_stays(text):
    assert "".join(hidden_lines(text)) == text


def test_the_next_document_starts_anew():
    text = f"kind: Secret\ndata:\n  a: {S}\n---\nkind: ConfigMap\ndata:\n  a: open\n"
    assert "".join(hidden_lines(text)) == text.replace(S, HIDDEN)


def test_what_only_changed_says_so_and_shows_nothing():
    before, after = f"password: {S}\nuri: redis://a:{S}@r/\n", "password: other\nuri: redis://a:new@r/\n"
    assert hidden_lines(after, before) == [f"password: {CHANGED}\n", f"uri: redis://{CHANGED}@r/\n"]
    assert hidden_lines(before, before) == [f"password: {HIDDEN}\n", f"uri: redis://{HIDDEN}@r/\n"]


def test_an_excerpt_far_below_its_key_is_still_hidden():
    lines = ["config:", "  secret_list:", *(f"  - filler{n}" for n in range(50)), f"  - {S}"]
    assert S not in hidden_line(lines, len(lines) - 1)


def test_objects_are_hidden_by_the_same_words():
    value = {
        "kind": "ApisixPluginConfig",
        "spec": {"plugins": [{"name": "a", "config": {"auth_header": S, "timeout": 3, "ssl_verify": False}}]},
    }
    found = hidden(value, value)
    assert found["spec"]["plugins"][0]["config"] == {
        "auth_header": HIDDEN,
        "timeout": 3,
        "ssl_verify": False,
    }
    assert hidden({"kind": "Secret", "data": {"a": S}, "type": "Opaque"}, {}) == {
        "kind": "Secret",
        "data": {"a": CHANGED},
        "type": "Opaque",
    }
    assert hidden(S, S, ("data", "a"), "Secret") == HIDDEN and hidden(S, S, ("data", "a"), "ConfigMap") == S


def test_a_path_is_judged_by_its_last_key_first():
    assert is_secret(("secret",)) and not is_secret(("secret", "name"))
    assert is_secret(("auth", 0, "value")) and not is_secret(("matches", 0, "headers", 0, "value"))
