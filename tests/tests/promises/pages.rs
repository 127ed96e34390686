//! The pages of the repository: their links lead somewhere, and what two of them say is the same.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// All pages outside of what cargo builds.
fn pages() -> Vec<PathBuf> {
    let mut folders = vec![root()];
    let mut pages = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
            let name = entry.file_name().into_string().unwrap();
            let is_folder = entry.file_type().unwrap().is_dir();
            if is_folder && name != "target" && !name.starts_with('.') {
                folders.push(entry.path());
            } else if entry.path().extension().is_some_and(|extension| extension == "md") {
                pages.push(entry.path());
            }
        }
    }
    pages
}

/// The text without its code blocks, and the targets of its links.
fn links(text: &str) -> Vec<&str> {
    let prose = text.split("```").step_by(2);
    let inline = prose.clone().flat_map(|part| part.split("](").skip(1));
    let inline = inline.filter_map(|rest| rest.split(')').next());
    let defined = prose.flat_map(str::lines).filter(|line| line.starts_with('['));
    inline.chain(defined.filter_map(|line| line.split_once("]: ")).map(|(_, to)| to)).collect()
}

/// The anchors of a page's headings, as GitHub makes them.
fn anchors(text: &str) -> BTreeSet<String> {
    let headings = text.lines().filter(|line| line.starts_with('#'));
    let kept = |c: &char| c.is_alphanumeric() || " -_".contains(*c);
    let anchor = |heading: &str| {
        heading.trim_start_matches('#').trim().to_lowercase().chars().filter(kept).collect()
    };
    headings.map(anchor).map(|anchor: String| anchor.replace(' ', "-")).collect()
}

#[test]
fn every_link_leads_somewhere() {
    let mut followed = 0;
    for page in pages() {
        let text = read(&page);
        for link in links(&text).into_iter().filter(|link| !link.contains("://")) {
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target = match file {
                "" => page.clone(),
                file => page.parent().unwrap().join(file),
            };
            assert!(target.exists(), "{}: {link}", page.display());
            let has = anchor.is_empty() || anchors(&read(&target)).contains(anchor);
            assert!(has, "{}: {link} has no such heading", page.display());
            followed += 1;
        }
    }
    assert!(followed > 20, "{followed}");
}

#[test]
fn readme_is_short_and_shows_what_the_examples_print() {
    let readme = read("README.md");
    assert!(readme.lines().count() <= 120, "{}", readme.lines().count());
    let examples = read("core/examples/README.md");
    let mut shown = readme.split("```text\n").skip(1).filter_map(|rest| rest.split("```").next());
    let report = shown.find(|text| text.starts_with("$ cargo run -q --example blog_2_in_scope"));
    assert!(examples.contains(report.expect("it is shown")));
}

/// On crates.io a link into the repository breaks.
#[test]
fn page_of_the_crate_says_what_readme_says_and_has_no_links() {
    let (page, readme) = (read("core/README.md"), read("README.md"));
    assert!(links(&page).is_empty(), "{:?}", links(&page));
    for block in page.split("```").skip(1).step_by(2) {
        assert!(readme.contains(block), "{block}");
    }
    for line in page.lines().filter(|line| line.starts_with("| ") || line.starts_with("- ")) {
        assert!(readme.contains(line), "{line}");
    }
}

#[test]
fn readme_names_theorems_that_are_headlines() {
    let (readme, headlines) = (read("README.md"), read("models/proofs/headlines.txt"));
    let mut named = 0;
    for link in readme.split("[`C").skip(1) {
        let Some((name, rest)) = link.split_once("`](models/proofs/") else { continue };
        let file = rest.split(".v)").next().unwrap();
        let headline = format!("{file} C{name}");
        assert!(headlines.lines().any(|line| line == headline), "{headline}");
        named += 1;
    }
    assert!(named >= 10, "{named}");
}

#[test]
fn citation_names_the_version_and_the_day_of_the_changelog() {
    let (citation, changelog) = (read("CITATION.cff"), read("CHANGELOG.md"));
    let value = |name: &str| citation.lines().find_map(|line| line.strip_prefix(name));
    let version = value("version: ").expect("a version");
    assert_eq!(version, env!("CARGO_PKG_VERSION"));
    let released = changelog.lines().find_map(|line| line.strip_prefix("## [")?.split_once("] - "));
    match released {
        Some(release) => assert_eq!(release, (version, value("date-released: ").expect("a day"))),
        None => assert_eq!(value("date-released: "), None, "nothing is released yet"),
    }
}
