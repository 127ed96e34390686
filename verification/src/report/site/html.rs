//! The common parts of all pages: frame, tables, badges. Each page contains its style and its script,
//! so that it works from a file.

use crate::report::Verdict;
use std::fmt::Write;

/// Escapes text for HTML.
pub(super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

const NAVIGATION: [(&str, &str); 4] = [
    ("index.html", "Claims"),
    ("bugs.html", "Seeded bugs"),
    ("schedules.html", "Schedules"),
    ("blog.html", "The blog"),
];

/// Returns a page of the site.
pub(super) fn page(title: &str, current: &str, body: &str) -> String {
    let link = |&(target, name): &(&str, &str)| {
        let mark = if target == current { " aria-current=\"page\"" } else { "" };
        format!("<a href=\"{target}\"{mark}>{name}</a>")
    };
    let links: Vec<_> = NAVIGATION.iter().map(link).collect();
    let navigation = format!("<nav aria-label=\"Pages\">{}</nav>", links.join(" "));
    document(title, &navigation, body)
}

/// Returns a standalone page.
pub(super) fn document(title: &str, navigation: &str, body: &str) -> String {
    let title = escape(title);
    let style = include_str!("assets/site.css");
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; \
         style-src 'unsafe-inline'; script-src 'unsafe-inline'\">\n\
         <title>{title} · sentinel-queue</title>\n<style>\n{style}</style>\n</head>\n<body>\n\
         <header><span class=\"brand\">sentinel-queue</span>{navigation}</header>\n\
         <main>\n<h1>{title}</h1>\n{body}</main>\n</body>\n</html>\n"
    )
}

/// Returns a table that scrolls by itself where it is too wide.
pub(super) fn table(label: &str, head: &[String], rows: &[Vec<String>]) -> String {
    let mut text = format!(
        "<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"{}\"><table><thead><tr>",
        escape(label)
    );
    for cell in head {
        let _ = write!(text, "<th scope=\"col\">{cell}</th>");
    }
    text.push_str("</tr></thead><tbody>\n");
    for row in rows {
        text.push_str("<tr>");
        for (column, cell) in row.iter().enumerate() {
            let (open, close) =
                if column == 0 { ("<th scope=\"row\">", "</th>") } else { ("<td>", "</td>") };
            let _ = write!(text, "{open}{cell}{close}");
        }
        text.push_str("</tr>\n");
    }
    text + "</tbody></table></div>\n"
}

/// Returns words as owned strings for a table.
pub(super) fn strings(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// Returns a verdict in its colour.
pub(super) fn badge(verdict: Verdict) -> String {
    let class = match verdict {
        Verdict::Holds | Verdict::Killed => "good",
        Verdict::Skipped => "skipped",
        _ => "bad",
    };
    format!("<span class=\"badge {class}\">{}</span>", verdict.name())
}

/// Formats a sentence with code in backticks and emphasis in asterisks.
pub(super) fn marked(text: &str) -> String {
    let mut html = String::new();
    for (place, part) in escape(&text.replace("**", "")).split('`').enumerate() {
        if place % 2 == 1 {
            let _ = write!(html, "<code>{part}</code>");
            continue;
        }
        for (place, part) in part.split('*').enumerate() {
            let _ = if place % 2 == 1 {
                write!(html, "<em>{part}</em>")
            } else {
                write!(html, "{part}")
            };
        }
    }
    html
}
