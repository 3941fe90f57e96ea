#!/bin/sh
# Converts the story of samples/imprun to both targets and shows where to look. Called by `make demo`.
set -eu
BIN=${BIN:-.venv/bin}
OUT=${DEMO:-demo-out}
kong2x="$BIN/kong2x"

echo "== Kong to APISIX"
"$kong2x" convert samples/imprun --to apisix -d "$OUT/apisix" --force --prune --fail-on never \
  --report "json=$OUT-apisix.json" --report "html=$OUT-apisix.html"
echo
echo "== Kong to Gateway API"
"$kong2x" convert samples/imprun --to gateway-api -d "$OUT/gateway-api" --force --prune --fail-on never \
  --report "json=$OUT-gateway-api.json" --report "html=$OUT-gateway-api.html"
echo
echo "== The same requests, on Kong and on each target"
"$kong2x" verify samples/imprun --to apisix
"$kong2x" verify samples/imprun --to gateway-api
echo
echo "Look at:"
echo "  $OUT/apisix/routes/       one ApisixRoute a source object"
echo "  $OUT/apisix/plugins/      the ApisixPluginConfig that they share"
echo "  $OUT/apisix/tls/          ApisixTls, and the Certificates that now must exist"
echo "  $OUT/gateway-api/routes/  HTTPRoutes for any implementation"
echo "  $OUT-apisix.html, $OUT-gateway-api.html  the reports to pass around"
