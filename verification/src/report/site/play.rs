//! The page of one schedule: its controls, the place where it is drawn, and the same as text.

use super::data::{Beside, Schedule, Step};
use super::html::escape;
use std::fmt::Write;

/// Returns the body of the page; on a site, with a link to its claim.
pub(super) fn section(schedule: &Schedule, on_site: bool) -> String {
    let mut text = String::new();
    if let Some(claim) = schedule.claim.as_ref().filter(|_| on_site) {
        let _ = writeln!(text, "<p>About <a href=\"claim-{claim}.html\">{claim}</a>.</p>");
    }
    if let Some((place, why)) = &schedule.wrong {
        let (step, why) = (place + 1, escape(why));
        let _ = writeln!(
            text,
            "<p class=\"wrong\" data-wrong><button type=\"button\" data-go=\"wrong\">Step {step}\
             </button> <span>{why}</span></p>"
        );
    }
    text.push_str(CONTROLS);
    if let Some(beside) = &schedule.beside {
        text.push_str(&outputs(beside));
    }
    let _ = writeln!(text, "<p class=\"source\">{}</p>", escape(&schedule.source));
    if let Some(command) = &schedule.again {
        let _ = writeln!(text, "<pre>{}</pre>", escape(command));
    }
    text.push_str(&transcript(schedule));
    // Only this sequence ends a script.
    let json = serde_json::to_string(schedule).expect("a schedule is data").replace('<', "\\u003c");
    let script = include_str!("assets/play.js");
    let _ = write!(
        text,
        "<script type=\"application/json\" id=\"schedule\">{json}</script>\n\
         <script>\n{script}</script>\n"
    );
    text
}

const CONTROLS: &str = "\
<section class=\"play\" aria-label=\"The schedule\">
<div class=\"controls\" role=\"group\" aria-label=\"Steps\">
<button type=\"button\" data-go=\"first\" aria-label=\"First step\">⇤</button>
<button type=\"button\" data-go=\"back\">← Back</button>
<button type=\"button\" data-go=\"play\">Play</button>
<button type=\"button\" data-go=\"forward\">Forward →</button>
<button type=\"button\" data-go=\"last\" aria-label=\"Last step\">⇥</button>
<input type=\"range\" min=\"0\" value=\"0\" aria-label=\"Step\">
<output aria-live=\"off\" data-position></output>
</div>
<p class=\"said\" aria-live=\"polite\" data-said></p>
<div class=\"panels\"><div data-queues></div></div>
<div class=\"lanes\" tabindex=\"0\" role=\"img\" aria-label=\"The interleaving; the same as text is below\"></div>
<p class=\"legend\"><span class=\"key run\"></span> running <span class=\"key sleep\"></span> asleep
<span class=\"key box\"></span> critical section <span class=\"key arrow\"></span> notification that ended a wait</p>
</section>
";

fn outputs(beside: &Beside) -> String {
    let report = beside.report.as_ref().map_or(String::new(), |report| {
        format!(
            "<div class=\"report\" data-report><h2>The report</h2><pre>{}</pre></div>",
            escape(report)
        )
    });
    format!(
        "<div class=\"beside\"><div><h2>This queue printed</h2><pre data-printed></pre></div>\
         <div><h2>gevent printed</h2><pre>{}</pre></div></div>\n{report}\
         <details><summary>The program in Python</summary><pre>{}</pre></details>\n",
        escape(beside.gevent),
        escape(beside.program)
    )
}

/// Returns the steps as text, as an alternative to the drawing.
fn transcript(schedule: &Schedule) -> String {
    let item = |step: &Step| {
        let name = schedule.threads.get(step.thread).map_or("?", String::as_str);
        let printed = step.printed.as_ref().map_or(String::new(), |text| format!(": {text}"));
        format!("<li>{}</li>\n", escape(&format!("{name} {}{printed}", step.lines.join(", "))))
    };
    let steps: String = schedule.steps.iter().map(item).collect();
    format!("<details><summary>The steps as text</summary><ol>\n{steps}</ol></details>\n")
}
