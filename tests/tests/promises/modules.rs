//! Modules of the repository: each imports only from those declared before it, so there is no import
//! circle, and the order of the declarations is an order to read them in.

use crate::words::{files, root};
use std::collections::BTreeMap;

/// The files of one crate, by the paths of their modules; its root is the empty path.
type Modules<'a> = BTreeMap<Vec<&'a str>, String>;

/// Returns the modules of the crate of this root, without comments and unit tests.
fn modules<'a>(files: &'a [(String, String)], folder: &str, root: &str) -> Modules<'a> {
    let module = |(path, text): &'a (String, String)| {
        let name = path.strip_prefix(folder)?.strip_suffix(".rs")?;
        let name = if path == root { "" } else { name };
        let code = text.split("#[cfg(test)]\nmod tests {").next()?.lines();
        let code: Vec<_> = code.filter_map(|line| line.split("//").next()).collect();
        Some((name.split('/').filter(|part| !part.is_empty()).collect(), code.join("\n")))
    };
    files.iter().filter_map(module).collect()
}

/// Returns the names of the modules that a file declares.
fn declared(code: &str) -> Vec<&str> {
    let names = code.lines().filter_map(|line| line.strip_suffix(';')?.split_once("mod "));
    names
        .filter(|(before, _)| before.is_empty() || before.starts_with("pub"))
        .map(|(_, name)| name)
        .collect()
}

/// Returns the paths that begin at the start of a text: several if there are braces.
fn paths(text: &str) -> Vec<String> {
    let (mut paths, mut path, mut prefixes) = (Vec::new(), String::new(), Vec::new());
    for letter in text.chars() {
        match letter {
            '{' => prefixes.push(path.clone()),
            _ if letter.is_alphanumeric() || "_:".contains(letter) => path.push(letter),
            _ if prefixes.is_empty() => break,
            _ => {
                if prefixes.last() != Some(&path) {
                    paths.push(path);
                }
                if letter == '}' {
                    prefixes.pop();
                }
                path = prefixes.last().cloned().unwrap_or_default();
            }
        }
    }
    paths.push(path);
    paths
}

/// Returns the paths that begin with one of these words, in their parts.
fn paths_from(code: &str, starts: &[&str]) -> Vec<Vec<String>> {
    let parts = |path: String| {
        let parts = path.split(':').filter(|part| !part.is_empty());
        parts.map(str::to_owned).collect::<Vec<_>>()
    };
    let is_start =
        |place: usize| !code[..place].ends_with(|c: char| c.is_alphanumeric() || "_:$".contains(c));
    let places = starts.iter().flat_map(|start| code.match_indices(start));
    let places = places.filter(|(place, _)| is_start(*place));
    places
        .flat_map(|(place, _)| paths(&code[place..]))
        .map(parts)
        .filter(|parts| parts.len() > 1)
        .collect()
}

/// Returns the module that a path names, or that has what it names.
fn target<'a>(modules: &Modules<'a>, own: &[&'a str], path: &[String]) -> Vec<&'a str> {
    let ups = path.iter().take_while(|part| *part == "super").count();
    let mut here =
        if ups == 0 { Vec::new() } else { own[..own.len().saturating_sub(ups)].to_vec() };
    for part in &path[ups.max(1)..] {
        let code = &modules[&here];
        let mut children = modules
            .keys()
            .filter(|module| module.split_last().is_some_and(|(_, up)| up == here.as_slice()));
        let child = children.clone().find(|child| child.last() == Some(&part.as_str()));
        // What a module has from a child by `use` is the child's.
        let reexported = || {
            let has = |child: &&Vec<&str>| {
                let start = format!("use {}::", child[here.len()]);
                let used = code.match_indices(&start);
                let mut used = used.flat_map(|(place, _)| paths(&code[place + "use ".len()..]));
                used.any(|path| path.rsplit("::").next() == Some(part))
            };
            children.find(has)
        };
        match child.or_else(reexported) {
            Some(module) => here = module.clone(),
            None => break,
        }
    }
    here
}

/// Returns the imports of modules that are declared later, and the number of all imports.
fn imports_from_below(files: &[(String, String)]) -> (Vec<String>, usize) {
    let (mut found, mut count) = (Vec::new(), 0);
    // A binary beside a library is a module below all of the library's.
    let has_library = |path: &str| {
        let library = path.replace("/main.rs", "/lib.rs");
        files.iter().any(|(other, _)| *other == library)
    };
    let is_root = |path: &&str| {
        path.ends_with("/lib.rs") || (path.ends_with("/main.rs") && !has_library(path))
    };
    for root in files.iter().map(|(path, _)| path.as_str()).filter(is_root) {
        let folder = &root[..=root.rfind('/').unwrap()];
        let modules = modules(files, folder, root);
        for (own, code) in &modules {
            for path in paths_from(code, &["crate::", "super::"]) {
                let target = target(&modules, own, &path);
                let common = own.iter().zip(&target).take_while(|(a, b)| a == b).count();
                let (Some(from), Some(to)) = (own.get(common), target.get(common)) else {
                    continue;
                };
                let order = declared(&modules[&own[..common]]);
                let place = |name| order.iter().position(|other| other == name);
                count += 1;
                if place(from).zip(place(to)).is_some_and(|(from, to)| to > from) {
                    let path = path.join("::");
                    found.push(format!(
                        "{folder}{}.rs: {path}: `{to}` is below `{from}`",
                        own.join("/")
                    ));
                }
            }
        }
    }
    found.sort();
    found.dedup();
    (found, count)
}

#[test]
fn modules_import_only_from_those_above() {
    let (found, count) = imports_from_below(&files(&root(), ""));
    assert!(count > 1000, "only {count} imports were found");
    assert!(found.is_empty(), "declared in an order that is none:\n{}", found.join("\n"));
}

#[test]
fn seeded_circle_is_found() {
    let file = |path: &str, text: &str| (format!("x/src/{path}.rs"), text.to_owned());
    let files = [
        file("lib", "mod a;\npub mod b;\nmod c;\npub use c::{D, E};\n"),
        file("a", "use crate::{\n    b::One,\n};\n// crate::c::Three\n"),
        file("b", "use super::a::Two;\nfn f(_: crate::D) {}\nmod e;\n"),
        file("b/e", "use crate::a::Two;\nuse super::X;\n"),
        file("c", "#[cfg(test)]\nmod tests {\n    use super::*;\n}\n"),
    ];
    let found = ["a.rs: crate::b::One: `b` is below `a`", "b.rs: crate::D: `c` is below `b`"];
    assert_eq!(imports_from_below(&files), (found.map(|text| format!("x/src/{text}")).to_vec(), 4));
}

#[test]
fn modules_are_files_beside_their_folders() {
    let files = files(&root(), "");
    let found: Vec<_> = files.iter().filter(|(path, _)| path.ends_with("/mod.rs")).collect();
    assert!(found.is_empty(), "not folder.rs beside folder/: {found:?}");
}
