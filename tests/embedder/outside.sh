#!/usr/bin/env bash
# Makes a project from the page on model checking alone, outside of the workspace, and runs its
# command. What is added: where the unpublished crate is, and an empty library.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
page=$root/core/docs/model_checking.md
project=$(mktemp -d)
trap 'rm -rf "$project"' EXIT

# Prints the only block of the page in that language.
block() { awk -v fence="\`\`\`$1" '$0 == "```" { on = 0 } on { print } $0 == fence { on = 1 }' "$page"; }

mkdir "$project/src" "$project/tests"
echo '//! A crate with the queue inside.' > "$project/src/lib.rs"
{ block toml; printf '\n[patch.crates-io]\nsentinel-queue = { path = "%s/core" }\n' "$root"; } > "$project/Cargo.toml"
block rust,ignore > "$project/tests/pool.rs"
cd "$project"
export CARGO_TARGET_DIR=$root/target/outside
run=$(bash -euo pipefail -c "$(block sh)" 2>&1) || { echo "$run"; exit 1; }
grep 'test result: ok. 1 passed' <<< "$run" # and not 0 tests
