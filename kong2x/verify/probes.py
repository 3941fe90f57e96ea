"""Generated requests as curl commands, a Hurl file, a k6 script or JSON lines."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence

from kong2x.model.traffic import Request
from kong2x.verify.rendering import request_data


def as_probes(requests: Sequence[Request], form: str) -> str:
    """The requests in the given form. `GATEWAY` (curl), `{{gateway}}` (Hurl) or `__ENV.GATEWAY` (k6)
    stands for the address of the gateway under test; the Host header carries the host."""
    writers = {"curl": curl, "hurl": hurl, "k6": k6, "json": json_lines}
    return writers[form](requests)


def curl(requests: Sequence[Request]) -> str:
    """One curl command a line; paths are sent as they are."""
    lines = [
        "#!/bin/sh",
        "# Usage: GATEWAY=address sh probes.sh; prints status and target of each request.",
        "set -u",
    ]
    for request in requests:
        words = ["curl", "-sk", "--path-as-is", "-o", "/dev/null", "-X", request.method]
        words += ["-w", "%{http_code} %{redirect_url}\\n"]
        port = "443" if request.scheme == "https" else "80"
        name = request.server_name or request.host or "gateway"
        words += ["-H", f"Host: {request.host}"]
        for header, value in request.headers:
            words += ["-H", f"{header}: {value}"]
        url = f"{request.scheme}://{name}:{port}{request.path}"
        quoted = " ".join(shlex.quote(word) for word in words)
        lines.append(f'{quoted} --connect-to "::$GATEWAY:{port}" {shlex.quote(url)}')
    return "\n".join(lines) + "\n"


def hurl(requests: Sequence[Request]) -> str:
    """A Hurl file without assertions: run it against both gateways and compare."""
    blocks = []
    for request in requests:
        lines = [
            f"{request.method} {request.scheme}://{{{{gateway}}}}{request.path}",
            f"Host: {request.host}",
        ]
        lines += [f"{name}: {value}" for name, value in request.headers]
        lines += ["[Options]", "path-as-is: true", "insecure: true"]
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks) + "\n"


def k6(requests: Sequence[Request]) -> str:
    """A k6 script that sends each request once an iteration."""
    data = json.dumps([request_data(request) for request in requests], ensure_ascii=False, indent=1)
    return (
        'import http from "k6/http";\n\n'
        f"const requests = {data};\n\n"
        "export const options = { insecureSkipTLSVerify: true, maxRedirects: 0 };\n\n"
        "export default function () {\n"
        "  for (const r of requests) {\n"
        "    const headers = Object.assign({ Host: r.host },\n"
        '      Object.fromEntries(Object.entries(r.headers).map(([k, v]) => [k, v.join(", ")])));\n'
        "    http.request(r.method, `${r.scheme}://${__ENV.GATEWAY}${r.path}`, null, { headers });\n"
        "  }\n"
        "}\n"
    )


def json_lines(requests: Sequence[Request]) -> str:
    """One JSON object a line, as `kong2x routes --requests` and `kong2x probe` read it."""
    return "".join(json.dumps(request_data(request), ensure_ascii=False) + "\n" for request in requests)
