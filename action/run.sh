#!/usr/bin/env bash
# The one step of the GitHub Action: install, check, compare with the base, write summary, comment and SARIF.
# Reads KONG2X_* variables, so that nothing from an event is ever pasted into a script.
set -euo pipefail

# Outside of the checkout unless asked otherwise: `paths: .` must not read the reports of this run.
out=${KONG2X_OUT:-${RUNNER_TEMP:-/tmp}/kong2x}
mkdir -p "$out"
out=$(cd "$out" && pwd)
if [ "$KONG2X_RELEASE" != local ]; then
  python3 -m venv "$out/venv"
  "$out/venv/bin/pip" install --quiet "kong2x==$KONG2X_RELEASE"
  PATH="$out/venv/bin:$PATH"
fi

# Blanks and line ends separate; read gives 1 at the end of its input.
read -r -d '' -a paths <<<"$KONG2X_PATHS" || true
read -r -d '' -a args <<<"${KONG2X_ARGS:-}" || true
common=(--to "$KONG2X_TARGET" ${args[@]+"${args[@]}"})

comment="$out/comment.md" summary="$out/summary.md" sarif="$out/report.sarif"
rm -f "$comment" "$summary" "$sarif"

code=0
kong2x check "${paths[@]}" "${common[@]}" -o github --fail-on "$KONG2X_FAIL" \
  --report "sarif=$sarif" --report "json=$out/report.json" --report "markdown=$summary" || code=$?

if [ -n "${KONG2X_BASE:-}" ] && [ "$code" -ne 2 ]; then
  # A shallow checkout has no base commit yet.
  git cat-file -e "$KONG2X_BASE^{commit}" 2>/dev/null ||
    git fetch --quiet --depth=1 origin "$KONG2X_BASE" || true
  diffed=0
  kong2x diff "${paths[@]}" "${common[@]}" --base "$KONG2X_BASE" -o markdown --fail-on "$KONG2X_FAIL" \
    >"$comment" || diffed=$?
  if [ "$diffed" -eq 2 ]; then
    rm -f "$comment"
    echo "::warning title=kong2x::The change could not be compared with $KONG2X_BASE; the log says why"
  fi
  [ "$diffed" -le "$code" ] || code=$diffed
fi

if [ -n "${GITHUB_STEP_SUMMARY:-}" ]; then
  for part in "$comment" "$summary"; do
    [ ! -f "$part" ] || { cat "$part" && echo; } >>"$GITHUB_STEP_SUMMARY"
  done
fi
if [ -n "${GITHUB_OUTPUT:-}" ]; then
  { echo "folder=$out"; echo "comment=$comment"; echo "sarif=$sarif"; } >>"$GITHUB_OUTPUT"
fi

# A pull request from a fork has a read-only token: there, hand the file to a second workflow (docs/github.md).
if [ "$KONG2X_COMMENT" = true ] && [ "${KONG2X_FORK:-}" != true ] && [ -f "$comment" ] &&
  [ -n "${KONG2X_NUMBER:-}" ]; then
  bash "$(dirname "$0")/comment.sh" "$KONG2X_NUMBER" "$comment" ||
    echo "::warning title=kong2x::The comment could not be written: does the job have pull-requests write?"
fi
exit "$code"
