#!/usr/bin/env bash
# Makes a project from each section of the page on model checking alone, outside of the workspace, and
# runs its command. What is added: where the unpublished crate is, and an empty library.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
page=$root/core/docs/model_checking.md
projects=$(mktemp -d)
trap 'rm -rf "$projects"' EXIT

# Prints the only block of a section in that language.
block() {
    awk -v section="## With $1" -v fence="\`\`\`$2" '
        /^## / { inside = $0 == section }
        $0 == "```" { on = 0 }
        on { print }
        inside && $0 == fence { on = 1 }' "$page"
}

for checker in loom shuttle; do
    project=$projects/$checker
    mkdir -p "$project/src" "$project/tests"
    echo '//! A crate with the queue inside.' > "$project/src/lib.rs"
    {
        block $checker toml
        printf '\n[patch.crates-io]\nsentinel-queue = { path = "%s/core" }\n' "$root"
    } > "$project/Cargo.toml"
    block $checker rust,ignore > "$project/tests/pool.rs"
    cd "$project"
    export CARGO_TARGET_DIR=$root/target/outside/$checker
    run=$(bash -euo pipefail -c "$(block $checker sh)" 2>&1) || { echo "$run"; exit 1; }
    grep 'test result: ok. 1 passed' <<< "$run" # and not 0 tests
    # Without the feature the flag is an error, which names the lines that the page has.
    sed -i "/features = /d" Cargo.toml
    run=$(bash -euo pipefail -c "$(block $checker sh)" 2>&1) && { echo "$run"; exit 1; }
    grep "needs its feature \`$checker\`" <<< "$run"
    block $checker toml > page.toml
    grep -qF "$(grep -o 'sentinel-queue = { version.*}$' <<< "$run")" page.toml
done
