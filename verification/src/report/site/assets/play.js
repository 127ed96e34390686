// Plays a schedule: draws its threads as columns and its steps as rows, and steps through them.
"use strict";
(() => {
  const schedule = JSON.parse(document.getElementById("schedule").textContent);
  const { steps, threads, wrong } = schedule;
  const find = (selector) => document.querySelector(selector);
  const conditions = ["not empty", "not full", "all done", "flushed"];
  const waiters = ["receivers", "senders", "joiners", "flushers"];
  const waited = new Set(steps.flatMap((step) => step.asleep.filter(Boolean).map((s) => s[1])));
  let position = 0;
  let timer = null;

  function element(name, classes, text) {
    const made = document.createElement(name);
    made.className = classes || "";
    if (text !== undefined) made.textContent = text;
    return made;
  }

  // ----- the drawing -----
  const grid = element("div", "grid");
  grid.style.gridTemplateColumns = `2.2rem repeat(${threads.length}, minmax(7rem, 1fr))`;
  grid.style.width = `${2.2 + 7 * threads.length}rem`;
  const boxes = [];
  const rows = [];

  function life(thread, place) {
    const before = steps.slice(0, place + 1).filter((step) => step.thread === thread);
    if (before.length === 0) return "idle";
    if (before[before.length - 1].finished) return "done";
    return place > 0 && steps[place - 1].asleep[thread] ? "asleep" : "awake";
  }

  function draw() {
    grid.append(element("div", "name", ""));
    threads.forEach((name) => grid.append(element("div", "name", name)));
    steps.forEach((step, place) => {
      const row = [element("div", "number", String(place + 1))];
      threads.forEach((_, thread) => {
        const cell = element("div", `cell ${life(thread, place)}`);
        if (thread === step.thread) {
          const box = element("div", step.printed === null ? "box" : "box prints");
          const lines = step.printed === null ? step.lines : [step.printed];
          lines.forEach((line) => box.append(element("div", "", line)));
          if (lines.length === 0) box.append(element("div", "", "looks, and does nothing"));
          box.classList.toggle("sleeps", Boolean(step.asleep[thread]));
          box.classList.toggle("fails", Boolean(wrong) && wrong[0] === place);
          boxes.push(box);
          cell.append(box);
        }
        row.push(cell);
      });
      rows.push(row);
      grid.append(...row);
      if (wrong && wrong[0] === place) {
        const verdict = element("div", "verdict", `Here it goes wrong. ${wrong[1]}`);
        row.push(verdict);
        grid.append(verdict);
      }
    });
    find(".lanes").append(grid);
  }

  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  function path(classes, shape, place) {
    const made = document.createElementNS("http://www.w3.org/2000/svg", "path");
    made.setAttribute("class", classes);
    made.setAttribute("d", shape);
    made.dataset.step = place;
    svg.append(made);
  }

  function drawArrows() {
    svg.replaceChildren();
    svg.setAttribute("width", 1);
    svg.setAttribute("height", 1);
    const origin = grid.getBoundingClientRect();
    steps.forEach((step, place) => {
      if (step.woken_by === null) return;
      const from = boxes[step.woken_by].getBoundingClientRect();
      const to = boxes[place].getBoundingClientRect();
      const right = steps[step.woken_by].thread < step.thread;
      const x1 = (right ? from.right : from.left) - origin.left;
      const y1 = from.bottom - 8 - origin.top;
      const x2 = (right ? to.left : to.right) - origin.left;
      const y2 = to.top + 10 - origin.top;
      const bend = right ? 14 : -14;
      path("", `M${x1},${y1} C${x1 + bend},${y1} ${x2 - bend},${y2} ${x2},${y2}`, place);
      const back = right ? -8 : 8;
      path("head", `M${x2},${y2} l${back},-4 l0,8 z`, place);
    });
    grid.append(svg);
    fade();
  }

  function fade() {
    rows.forEach((row, place) => {
      row.forEach((cell) => cell.classList.toggle("future", place >= position));
    });
    boxes.forEach((box, place) => box.classList.toggle("now", place === position - 1));
    svg.querySelectorAll("path").forEach((arrow) => {
      arrow.classList.toggle("future", Number(arrow.dataset.step) >= position);
    });
  }

  // ----- what is shown of the moment -----
  function cells(queue) {
    const shown = element("div", "cells");
    const items = queue.cells.filter((cell) => cell !== null).length;
    queue.cells.forEach((cell) => {
      const made = element("span", cell === null ? "stop" : "item", cell === null ? "◆" : cell);
      made.title = cell === null ? "a sentinel" : `item ${cell}`;
      shown.append(made);
    });
    const free = queue.capacity === null ? 0 : Math.max(0, queue.capacity - items);
    for (let slot = 0; slot < Math.min(free, 12); slot += 1) {
      shown.append(element("span", "slot", ""));
    }
    if (queue.cells.length === 0 && free === 0) shown.append(element("span", "none", "empty"));
    return shown;
  }

  function waitSets(queue, number, asleep) {
    const sets = element("div", "sets");
    conditions.forEach((condition, side) => {
      if (side > 0 && !waited.has(condition)) return;
      const names = threads.filter((_, thread) => {
        const where = asleep[thread];
        return where && where[0] === number && where[1] === condition;
      });
      const set = element("span", "");
      set.append(element("b", "", `${waiters[side]} asleep until ${condition}: `));
      const notified = queue.notified[side] > 0 ? `; ${queue.notified[side]} notified` : "";
      set.append(`{${names.join(", ")}}${notified}`);
      sets.append(set);
    });
    return sets;
  }

  function showQueues(step) {
    const place = find("[data-queues]");
    place.replaceChildren();
    step.queues.forEach((queue, number) => {
      const card = element("div", "queue");
      const name = step.queues.length > 1 ? `Queue ${number + 1}` : "Queue";
      const room = queue.capacity === null ? "no limit" : `capacity ${queue.capacity}`;
      const tasks = queue.unfinished > 0 ? `, ${queue.unfinished} unfinished tasks` : "";
      const open = queue.closed ? "closed" : "open";
      card.append(element("h3", "", `${name}: ${room}, ${open}${tasks}`));
      card.append(cells(queue), waitSets(queue, number, step.asleep));
      place.append(card);
    });
  }

  function before() {
    const queues = steps.length > 0 ? steps[0].queues : [];
    const empty = (queue) => ({ ...queue, cells: [], closed: false, unfinished: 0, notified: [0, 0, 0, 0] });
    return { queues: queues.map(empty), asleep: threads.map(() => null) };
  }

  function say(step) {
    if (!step) return "Before the first step. Step with the buttons or with the arrow keys.";
    const text = step.printed === null ? step.lines.join(", ") : `prints: ${step.printed}`;
    const by = step.woken_by === null ? "" : ` (notified in step ${step.woken_by + 1})`;
    return `${threads[step.thread]} ${text || "looks, and does nothing"}${by}.`;
  }

  function show(wanted) {
    position = Math.max(0, Math.min(steps.length, wanted));
    const step = steps[position - 1];
    find("[data-said]").textContent = say(step);
    find("[data-position]").textContent = `${position} / ${steps.length}`;
    find("input[type=range]").value = position;
    showQueues(step || before());
    fade();
    const reached = Boolean(wrong) && position > wrong[0];
    const banner = find("[data-wrong]");
    if (banner) banner.classList.toggle("reached", reached);
    const printed = find("[data-printed]");
    if (printed) {
      const lines = steps.slice(0, position).filter((s) => s.printed !== null);
      printed.textContent = lines.map((s) => `${s.printed}\n`).join("");
      printed.scrollTop = printed.scrollHeight;
    }
    const report = find("[data-report]");
    if (report) report.hidden = !reached;
    for (const name of ["first", "back"]) find(`[data-go=${name}]`).disabled = position === 0;
    for (const name of ["forward", "last"]) {
      find(`[data-go=${name}]`).disabled = position === steps.length;
    }
    scroll();
  }

  function scroll() {
    const lanes = find(".lanes");
    const box = boxes[position - 1];
    if (!box) {
      lanes.scrollTop = 0;
      return;
    }
    const cell = box.parentElement;
    lanes.scrollTop = cell.offsetTop - lanes.clientHeight / 2;
    const left = cell.offsetLeft;
    if (left < lanes.scrollLeft || left + cell.offsetWidth > lanes.scrollLeft + lanes.clientWidth) {
      lanes.scrollLeft = left - lanes.clientWidth / 4;
    }
  }

  // ----- stepping -----
  function stop() {
    clearInterval(timer);
    timer = null;
    find("[data-go=play]").textContent = "Play";
  }

  function play() {
    if (timer !== null) return stop();
    if (position === steps.length) show(0);
    find("[data-go=play]").textContent = "Pause";
    timer = setInterval(() => {
      show(position + 1);
      if (position === steps.length) stop();
    }, 700);
  }

  const moves = {
    first: () => show(0),
    back: () => show(position - 1),
    forward: () => show(position + 1),
    last: () => show(steps.length),
    wrong: () => show(wrong[0] + 1),
    play,
  };
  document.querySelectorAll("[data-go]").forEach((button) => {
    button.addEventListener("click", () => {
      if (button.dataset.go !== "play") stop();
      moves[button.dataset.go]();
    });
  });
  const keys = { ArrowRight: "forward", ArrowLeft: "back", Home: "first", End: "last" };
  document.addEventListener("keydown", (event) => {
    const isInput = event.target instanceof HTMLInputElement;
    const move = keys[event.key];
    if (!move || isInput || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    stop();
    moves[move]();
  });
  const range = find("input[type=range]");
  range.max = steps.length;
  range.addEventListener("input", () => {
    stop();
    show(Number(range.value));
  });

  draw();
  drawArrows();
  new ResizeObserver(drawArrows).observe(grid);
  show(0);
})();
