#!/usr/bin/env bash
# The one step of the GitHub Action: install, check, compare with the base, write summary, comment and SARIF.
# Reads KONG2X_* variables, so that nothing from an event is ever pasted into a script.
set -euo pipefail

mkdir -p "$KONG2X_OUT"
if [ "$KONG2X_RELEASE" != local ]; then
  python3 -m venv "$KONG2X_OUT/.venv"
  "$KONG2X_OUT/.venv/bin/pip" install --quiet "kong2x==$KONG2X_RELEASE"
  PATH="$PWD/$KONG2X_OUT/.venv/bin:$PATH"
fi

read -r -a paths <<<"$KONG2X_PATHS"
read -r -a args <<<"$KONG2X_ARGS"
common=(--to "$KONG2X_TARGET" ${args[@]+"${args[@]}"})

code=0
kong2x check "${paths[@]}" "${common[@]}" -o github --fail-on "$KONG2X_FAIL" \
  --report "sarif=$KONG2X_OUT/report.sarif" --report "json=$KONG2X_OUT/report.json" \
  --report "markdown=$KONG2X_OUT/summary.md" || code=$?

comment="$KONG2X_OUT/comment.md"
if [ -n "${KONG2X_BASE:-}" ] && [ "$code" -ne 2 ]; then
  # A shallow checkout has no base commit yet.
  git cat-file -e "$KONG2X_BASE^{commit}" 2>/dev/null || git fetch --quiet --depth=1 origin "$KONG2X_BASE"
  kong2x diff "${paths[@]}" "${common[@]}" --base "$KONG2X_BASE" -o markdown --fail-on never >"$comment"
fi

if [ -n "${GITHUB_STEP_SUMMARY:-}" ] && [ -f "$KONG2X_OUT/summary.md" ]; then
  { [ -f "$comment" ] && cat "$comment" && echo; cat "$KONG2X_OUT/summary.md"; } >>"$GITHUB_STEP_SUMMARY"
fi
if [ -n "${GITHUB_OUTPUT:-}" ]; then
  { echo "comment=$comment"; echo "sarif=$KONG2X_OUT/report.sarif"; } >>"$GITHUB_OUTPUT"
fi

# A pull request from a fork has a read-only token: there, hand the file to a second workflow (docs/github.md).
if [ "$KONG2X_COMMENT" = true ] && [ "${KONG2X_FORK:-}" != true ] && [ -f "$comment" ] && [ -n "${KONG2X_NUMBER:-}" ]; then
  existing=$(gh api --paginate "repos/$GITHUB_REPOSITORY/issues/$KONG2X_NUMBER/comments" \
    --jq '.[] | select(.body | startswith("<!-- kong2x diff -->")) | .id' | head -n 1)
  if [ -n "$existing" ]; then
    gh api --method PATCH "repos/$GITHUB_REPOSITORY/issues/comments/$existing" -F "body=@$comment" --silent
  else
    gh api --method POST "repos/$GITHUB_REPOSITORY/issues/$KONG2X_NUMBER/comments" -F "body=@$comment" --silent
  fi
fi
exit "$code"
