//! Wording of the repository: no banned word, and docs of public functions that begin with a verb.

use std::fs;
use std::path::{Path, PathBuf};

/// The banned words, in parts: this file is checked, too.
const BANNED: &[&str] = &[
    concat!("t", "old"),
    concat!("no", "body"),
    concat!("some", "body"),
    concat!("every", "body"),
    concat!("who", "ever"),
    concat!("h", "e"),
    concat!("h", "im"),
    concat!("h", "is"),
    concat!("b", "ook"),
    concat!("d", "esk"),
    concat!("at", "las"),
    concat!("for", " ever"),
];

/// The folders and files that are not checked, each with the reason.
const ALLOWED: &[(&str, &str)] = &[
    (".git", "not part of the sources"),
    ("target", "build output"),
    ("Cargo.lock", "generated"),
    ("LICENSE-APACHE", "a quotation"),
    ("LICENSE-MIT", "a quotation"),
    ("verification/src/report/site/assets/blog", "quotations of the blog"),
];

/// The ends of the names of data and of files that tools generate.
const DATA: &[&str] = &[".json", ".glob", ".aux", ".cache", "/states", "/__pycache__"];

/// Words that end in *s* and are no verbs.
const NOUNS: [&str; 9] =
    ["Always", "Bounds", "Handles", "Items", "Its", "Sentinels", "Stats", "Tasks", "This"];

/// The share of public functions, in percent, whose docs must begin with a verb.
const VERBS: usize = 95;

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Returns the text files of a folder that are checked, by their paths in the repository.
pub(crate) fn files(root: &Path, folder: &str) -> Vec<(String, String)> {
    let mut files = Vec::new();
    for entry in fs::read_dir(root.join(folder)).expect("the folder can be read").flatten() {
        let name = entry.file_name().into_string().expect("names are text");
        let path = if folder.is_empty() { name } else { format!("{folder}/{name}") };
        let is_data = DATA.iter().any(|end| path.ends_with(end));
        if is_data || ALLOWED.iter().any(|(allowed, _)| *allowed == path) {
            continue;
        }
        if entry.path().is_dir() {
            files.extend(self::files(root, &path));
        } else if let Ok(text) = fs::read_to_string(entry.path()) {
            files.push((path, text));
        }
    }
    files
}

/// Returns whether a banned word, or its plural, stands in a line: alone, or in an identifier.
fn has_banned_word(line: &str, banned: &str) -> bool {
    let is_letter = |letter: char| letter.is_alphabetic();
    line.match_indices(banned).any(|(start, _)| {
        let (before, after) = (&line[..start], &line[start + banned.len()..]);
        let after = after.strip_prefix('s').unwrap_or(after);
        !before.ends_with(is_letter) && !after.starts_with(is_letter)
    })
}

/// Returns `file:line: word` for each banned word.
fn banned_words(path: &str, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.to_lowercase();
        let banned = BANNED.iter().filter(|banned| has_banned_word(&line, banned));
        found.extend(banned.map(|banned| format!("{path}:{number}: {banned}")));
    }
    found
}

/// Returns the first words of the docs of a file's public functions, each with its line.
fn first_words(text: &str) -> Vec<(usize, &str)> {
    let (mut words, mut first) = (Vec::new(), None);
    for (number, line) in (1..).zip(text.lines().map(str::trim)) {
        if let Some(doc) = line.strip_prefix("///") {
            first = first.or_else(|| doc.split_whitespace().next());
        } else if ["pub fn ", "pub const fn "].iter().any(|start| line.starts_with(start)) {
            words.push((number, first.take().unwrap_or("(no doc)")));
        } else if !line.starts_with('#') {
            first = None;
        }
    }
    words
}

fn is_verb(word: &str) -> bool {
    word.ends_with('s') && word.starts_with(char::is_uppercase) && !NOUNS.contains(&word)
}

#[test]
fn no_banned_word_is_in_the_repository() {
    let files = files(&root(), "");
    assert!(files.len() > 200, "only {} files were found", files.len());
    let found: Vec<_> = files.iter().flat_map(|(path, text)| banned_words(path, text)).collect();
    assert!(found.is_empty(), "{} banned words:\n{}", found.len(), found.join("\n"));
}

#[test]
fn docs_of_public_functions_of_core_begin_with_a_verb() {
    let files = files(&root(), "core/src");
    let (mut count, mut exceptions) = (0, Vec::new());
    for (path, text) in &files {
        for (line, word) in first_words(text) {
            count += 1;
            if !is_verb(word) {
                exceptions.push(format!("{path}:{line}: {word}"));
            }
        }
    }
    let verbs = count - exceptions.len();
    println!("{verbs} of {count} begin with a verb, not these:\n{}", exceptions.join("\n"));
    assert!(count > 50, "only {count} public functions were found");
    assert!(100 * verbs >= VERBS * count, "{verbs} of {count}, not these: {exceptions:#?}");
}

#[test]
fn seeded_words_are_found() {
    let seeded =
        format!("let x = 1;\n/// A doc that is {} so.\nlet is_{} = 2;", BANNED[0], BANNED[1]);
    assert_eq!(
        banned_words("a.rs", &seeded),
        [format!("a.rs:2: {}", BANNED[0]), format!("a.rs:3: {}", BANNED[1]),]
    );
    assert_eq!(banned_words("a.rs", concat!("two d", "esks")).len(), 1, "a plural");
    let joined = "the theory of a notebook, histories, bookkeeping and deskside";
    assert_eq!(banned_words("a.rs", joined), Vec::<String>::new());
}

#[test]
fn doc_without_a_verb_is_found() {
    let text = "/// Returns it.\n#[must_use]\npub fn a() {}\n/// The item.\n///\npub fn b() {}\npub fn c() {}";
    let words = first_words(text);
    assert_eq!(words, [(3, "Returns"), (6, "The"), (7, "(no doc)")]);
    assert_eq!(words.iter().filter(|(_, word)| is_verb(word)).count(), 1);
}
