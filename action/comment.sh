#!/usr/bin/env bash
# Writes FILE as the one comment of kong2x on pull request NUMBER, in place of the one that is there.
set -euo pipefail
number=$1 file=$2

# sed reads to the end: gh must not find its reader gone.
existing=$(gh api --paginate "repos/$GITHUB_REPOSITORY/issues/$number/comments" \
  --jq '.[] | select(.body | startswith("<!-- kong2x diff -->")) | .id' | sed -n 1p)
if [ -n "$existing" ]; then
  gh api --method PATCH "repos/$GITHUB_REPOSITORY/issues/comments/$existing" -F "body=@$file" --silent
else
  gh api --method POST "repos/$GITHUB_REPOSITORY/issues/$number/comments" -F "body=@$file" --silent
fi
