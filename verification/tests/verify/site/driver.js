// Runs inside of a page with a schedule, after the page's own script: plays it, and says what is wrong.
(() => {
  const problems = window.problems;
  const schedule = JSON.parse(document.getElementById("schedule").textContent);
  const { steps, wrong } = schedule;
  const total = steps.length;
  const find = (selector) => document.querySelector(selector);
  const go = (name) => find(`[data-go=${name}]`).click();
  const press = (key) => document.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
  const check = (holds, what) => holds || problems.push(what);
  const at = (place, how) => {
    const shown = find("[data-position]").textContent;
    check(shown === `${place} / ${total}`, `${how}: ${shown} is not step ${place} of ${total}`);
  };
  const shows = (place) => {
    const step = steps[place - 1];
    const cells = step.queues.flatMap((queue) => queue.cells);
    const shown = [...document.querySelectorAll("[data-queues] .item, [data-queues] .stop")];
    const texts = shown.map((cell) => cell.textContent).join();
    const expected = cells.map((cell) => (cell === null ? "◆" : String(cell))).join();
    check(texts === expected, `step ${place}: the queue shows ${texts} and holds ${expected}`);
    const asleep = step.asleep.filter(Boolean).length;
    const sets = [...document.querySelectorAll(".sets > span")].map((set) => set.textContent);
    const names = sets.join().match(/\{[^}]+\}/g) || [];
    const named = names.flatMap((set) => set.split(",")).length;
    check(named === asleep, `step ${place}: ${named} of ${asleep} sleeping threads are shown`);
    check(document.querySelectorAll(".box.now").length === 1, `step ${place}: no box is marked`);
    if (wrong) {
      const reached = find("[data-wrong]").classList.contains("reached");
      check(reached === place > wrong[0], `step ${place}: the fault is shown at another step`);
    }
  };
  try {
    check(total > 0, "there are no steps");
    at(0, "at first");
    for (let place = 1; place <= total; place += 1) {
      go("forward");
      at(place, "forward");
      shows(place);
    }
    check(find("[data-go=forward]").disabled, "there is a step after the last one");
    check(document.querySelectorAll(".grid .box").length === total, "there is not a box for each step");
    const used = steps.filter((step) => step.woken_by !== null).length;
    const arrows = document.querySelectorAll("svg path.head").length;
    check(arrows === used, `${arrows} arrows for ${used} notifications`);
    if (wrong) check(document.querySelectorAll(".verdict").length === 1, "the fault is not marked");
    if (schedule.beside) {
      const printed = steps.filter((step) => step.printed !== null).map((step) => `${step.printed}\n`);
      check(find("[data-printed]").textContent === printed.join(""), "what was printed is not shown");
      const report = find("[data-report]");
      check(Boolean(report) === Boolean(schedule.beside.report), "the report is missing");
      check(!report || !report.hidden, "the report is hidden at the end");
    }
    press("ArrowLeft");
    at(total - 1, "arrow left");
    press("Home");
    at(0, "home");
    press("ArrowRight");
    at(1, "arrow right");
    press("End");
    at(total, "end");
    go("back");
    at(total - 1, "back");
    go("first");
    at(0, "first");
    go("play");
    check(find("[data-go=play]").textContent === "Pause", "play does not start");
    go("play");
    check(find("[data-go=play]").textContent === "Play", "play does not stop");
  } catch (error) {
    problems.push(String(error));
  }
  parent.postMessage({ name: schedule.id, problems, steps: total }, "*");
})();
