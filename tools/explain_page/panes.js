// The parts of the page, each made from the data.

// Buttons of which one is chosen, as tabs: arrow keys move between them.
function tabs(list, names, show) {
  const buttons = names.map((name, index) => element("button", {
    type: "button", class: "tab", role: "tab", "aria-selected": "false", tabindex: "-1", onclick: () => choose(index),
    onkeydown: (event) => {
      const step = {ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1}[event.key];
      if (step === undefined) return;
      event.preventDefault();
      const next = (index + step + names.length) % names.length;
      choose(next);
      buttons[next].focus();
    },
  }, name));
  function choose(chosen) {
    buttons.forEach((button, index) => {
      button.setAttribute("aria-selected", String(index === chosen));
      button.tabIndex = index === chosen ? 0 : -1;
    });
    show(chosen);
  }
  list.replaceChildren(...buttons);
  if (buttons.length > 0) choose(0);
}

function summaryOf(data) {
  const items = [];
  const add = (kind, number, text) => items.push(element("li", {class: kind}, element("strong", {}, number), " " + text));
  const loops = data.pipelines.length;
  add("", count(loops), loops === 1 ? "loop runs" : "loops run");
  const sorts = data.sorts.length;
  if (sorts > 0) add("", count(sorts), sorts === 1 ? "sort runs" : "sorts run");
  const missed = data.missed_fusions.length;
  add(missed ? "memory" : "good", count(missed), missed === 1 ? "fusion did not happen" : "fusions did not happen");
  if (data.run) {
    add("", duration(data.run.nanoseconds), `on at most ${data.run.threads} threads`);
    add(data.run.intermediate_bytes ? "memory" : "good", bytes(data.run.intermediate_bytes), "for intermediate values");
    add("", bytes(data.run.result_bytes), "held until the result is freed");
  }
  return items;
}

// The source with a button beside the line where each loop begins. place.begin and end count bytes of UTF-8.
function sourceRows(data, pick) {
  const rows = codeRows(data.source.text, "weld");
  const places = rows.map((row) => {
    row.classList.add("with-places");
    const beside = element("span", {class: "places"});
    row.lastChild.before(beside);
    return beside;
  });
  data.pipelines.forEach((pipeline, number) => {
    if (!pipeline.place) return;
    places[pipeline.place.line - 1]?.append(element("button", {
      type: "button", class: "at", "data-loop": number, "aria-pressed": "false", onclick: () => pick(number),
    }, `loop ${number}`));
  });
  return rows;
}

function lineOfByte(text, offset) {
  const head = new TextDecoder().decode(new TextEncoder().encode(text).slice(0, offset));
  return head.split("\n").length;
}

function markSource(data, pipeline) {
  const rows = [...byId("source").children];
  rows.forEach((row) => row.classList.remove("picked"));
  if (!pipeline || !pipeline.place) return;
  const first = pipeline.place.line;
  const last = lineOfByte(data.source.text, pipeline.place.end);
  rows.slice(first - 1, last).forEach((row) => row.classList.add("picked"));
  const box = byId("source");
  const row = rows[first - 1];
  if (row) box.scrollTop = Math.max(0, row.offsetTop - box.offsetTop - box.clientHeight / 3);
}

function cardOf(pipeline, number, most, pick) {
  const measured = pipeline.measured;
  const cost = measured ? duration(measured.nanoseconds) : `\u2248 ${duration(pipeline.estimated_nanoseconds_per_row)}/row`;
  const share = measured ? measured.nanoseconds / most : pipeline.estimated_nanoseconds_per_row / most;
  return element("button", {type: "button", class: "card", "data-loop": number, "aria-pressed": "false", onclick: () => pick(number)},
    element("span", {class: "top"}, element("span", {}, `loop ${number}`), element("span", {}, cost)),
    element("span", {class: "line"}, pipeline.builders.map((builder) => builder.type).join(", ") || "no builder"),
    element("span", {class: "line"}, measured ? `${count(measured.rows)} rows, ${bytes(measured.output_bytes)} made` : pipeline.reads.join(", ")),
    element("span", {class: "bar"}, element("span", {style: `width:${Math.max(2, Math.round(share * 100))}%`})));
}

// A sort is not chosen: its card unfolds.
function sortCardOf(data, sort, most) {
  const measured = sort.measured;
  const share = measured ? measured.nanoseconds / most : 0;
  const order = sort.key === undefined ? ["Comparator", sort.comparator] : ["Key", sort.key];
  return element("details", {class: "card sort", "data-sort": sort.number},
    element("summary", {},
      element("span", {class: "top"}, element("span", {}, `sort ${sort.number}`), element("span", {}, measured ? duration(measured.nanoseconds) : "")),
      element("span", {class: "line"}, order[1]),
      element("span", {class: "line"}, measured ? `${count(measured.rows)} rows, ${bytes(measured.output_bytes)} made` : sort.reads),
      element("span", {class: "bar"}, element("span", {style: `width:${Math.max(2, Math.round(share * 100))}%`}))),
    facts([
      ...sort.fragments.map((fragment) => ["From", `fragment '${fragment.label}', ${fragment.line}:${fragment.column}`]),
      ["Place", sort.place ? `line ${sort.place.line}` : ""],
      ...usesOf(data, data.dataflow.after[sort.step]),
      ["Reads", sort.reads], order, ["First", sort.limit === null ? "" : `only so many elements are made: ${sort.limit}`],
      ["Code", sort.code],
      ["Makes", sort.in_result ? "the result" : "an intermediate value, in memory"],
      ...(measured ? sortFacts(measured) : data.run ? [["Measured", "it did not run"]] : []),
    ]));
}

function sortFacts(measured) {
  return [
    measuredRows(measured),
    ["Threads", `${measured.threads}`],
    ["Memory", `${bytes(measured.output_bytes)} for what it makes, ${bytes(measured.allocated_bytes)} allocated in all`],
    ...decisionFacts(measured),
  ];
}

// In the order of evaluation.
function cardsOf(data, pick) {
  const cost = (pipeline) => pipeline.measured ? pipeline.measured.nanoseconds : data.run ? 0 : pipeline.estimated_nanoseconds_per_row;
  const sortCost = (sort) => sort.measured ? sort.measured.nanoseconds : 0;
  const most = Math.max(1e-9, ...data.pipelines.map(cost), ...data.sorts.map(sortCost));
  const cards = [
    ...data.pipelines.map((pipeline, number) => [pipeline.step, cardOf(pipeline, number, most, pick)]),
    ...data.sorts.map((sort) => [sort.step, sortCardOf(data, sort, most)]),
  ];
  return cards.sort(([left], [right]) => left - right).map(([, card]) => card);
}

function facts(pairs) {
  return element("dl", {}, pairs.filter(([, text]) => text).map(([name, text]) => [element("dt", {}, name), element("dd", {}, text)]));
}

function planFacts(plan) {
  const code = plan.branches === null ? "without branches" : `with branches: ${plan.branches}`;
  return [
    ...plan.reads.map((reads) => ["Reads", reads]),
    ...plan.builders.map((builder) => ["Builder", `${builder.type}: ${builder.code}`]),
    ["Code", code],
    ["Rows", plan.obstacle_to_vectors === null ? "several at a time" : `one at a time: ${plan.obstacle_to_vectors}`],
    ["Rows kept", plan.rows_kept],
    ["Tiled", plan.tile_rows > 1 ? `${plan.tile_rows} rows go over the data of the inner loop together, those left over one by one` : ""],
    ["Ignored", plan.ignored],
    ["Estimate", `${duration(plan.estimated_nanoseconds_per_row)} a row`],
  ];
}

function measuredRows(measured) {
  const each = measured.rows > 0 ? `, ${duration(measured.nanoseconds / measured.rows)} a row` : "";
  return ["Measured", `${count(measured.rows)} rows in ${duration(measured.nanoseconds)}${each}`];
}

function decisionFacts(measured) {
  return measured.decisions.map((decision) => ["Decided", `${decision.site}: ${decision.choice} (${decision.evidence})`]);
}

function measuredFacts(measured) {
  return [
    measuredRows(measured),
    ["Threads", `${measured.threads}, ${count(measured.morsels)} morsels`],
    ["Memory", `${bytes(measured.output_bytes)} for builders, ${bytes(measured.row_bytes)} for rows alone, ${bytes(measured.allocated_bytes)} allocated in all`],
    ...decisionFacts(measured),
  ];
}

function innerLoops(plan) {
  return plan.inner.map((inner) =>
    element("div", {class: "inner"}, element("h4", {}, `Inside it, for each ${plan.tile_rows > 1 ? "tile" : "row"}, a loop`), facts(planFacts(inner)), innerLoops(inner)));
}

function stagesOf(pipeline) {
  const stages = [["Weld", pipeline.text, "weld"]];
  for (const code of pipeline.code) {
    const suffix = pipeline.code.length > 1 ? ` (${code.function})` : "";
    stages.push(["LLVM IR" + suffix, code.llvm, "llvm"], ["Optimized LLVM IR" + suffix, code.llvm_optimized, "llvm"],
      ["Assembly" + suffix, code.assembly, "assembly"]);
  }
  return stages.filter(([, text]) => text);
}

function made(pipeline) {
  const parts = pipeline.in_result.filter(Boolean).length;
  if (parts > 0) return parts === pipeline.in_result.length ? "the result" : "part of the result, and an intermediate value";
  return `an intermediate value, in ${pipeline.in_memory ? "memory" : "registers"}`;
}

// All but the parameters whose elements it goes over, which other facts name.
function usesOf(data, step) {
  const steps = data.dataflow.after;
  const goesOver = (input) => ["each element", "as many rows", "sorted"].includes(input.how);
  return step.inputs.filter((input) => steps[input.from].kind !== "parameter" || !goesOver(input))
    .map((input) => ["Uses", `${steps[input.from].label}, ${input.how}`]);
}

function loopPane(data, number) {
  const pipeline = data.pipelines[number];
  const step = data.dataflow.after[pipeline.step];
  const vectors = pipeline.code.map((code) => code.vectors).filter(Boolean).join("; ");
  const list = element("div", {class: "tabs", role: "tablist", "aria-label": `Code of loop ${number}`});
  const text = element("div", {class: "code", id: "loop-code", role: "tabpanel", tabindex: "0", "aria-label": `Code of loop ${number}`});
  const stages = stagesOf(pipeline);
  tabs(list, stages.map(([name]) => name), (chosen) => text.replaceChildren(...codeRows(stages[chosen][1], stages[chosen][2])));
  return [
    element("h4", {id: "loop-title"}, `loop ${number}` + (step.name ? `, ${step.name}` : "") + (pipeline.place ? `, line ${pipeline.place.line}` : "")),
    facts([
      ...pipeline.fragments.map((fragment) => ["From", `fragment '${fragment.label}', ${fragment.line}:${fragment.column}`]),
      ...usesOf(data, step), ...planFacts(pipeline),
      ["Vectors", vectors],
      ["Makes", made(pipeline)],
      ["Runs", pipeline.parallel ? "" : "as a plain loop on one thread"],
      ...(pipeline.measured ? measuredFacts(pipeline.measured) : data.run ? [["Measured", "it did not run"]] : []),
    ]),
    ...innerLoops(pipeline), list, text,
  ];
}

function diffPane(pass) {
  const rows = [];
  for (const hunk of pass.changes) {
    let before = hunk.before_line;
    let after = hunk.after_line;
    rows.push(element("div", {class: "hunk"}, `line ${before}`));
    for (const line of hunk.lines) {
      const mark = line[0];
      rows.push(element("div", {class: "row" + (mark === "+" ? " plus" : mark === "-" ? " minus" : "")},
        element("span", {class: "number"}, mark === "+" ? "" : String(before)),
        element("span", {class: "number"}, mark === "-" ? "" : String(after)), element("span", {}, line)));
      before += mark === "+" ? 0 : 1;
      after += mark === "-" ? 0 : 1;
    }
  }
  return [element("h3", {}, `${pass.name}, round ${pass.round}`), element("div", {class: "diff"}, rows)];
}

function showPasses(data) {
  const changed = data.passes.filter((pass) => pass.changed);
  const names = changed.map((pass) => [element("span", {}, `${pass.name}`), element("small", {}, `round ${pass.round}, ${duration(pass.milliseconds * 1e6)}`)]);
  tabs(byId("pass-list"), names, (chosen) => replace("pass", diffPane(changed[chosen])));
  if (changed.length === 0) replace("pass", element("p", {class: "note"}, "No pass changed the program."));
  const quiet = [...new Set(data.passes.filter((pass) => !pass.changed).map((pass) => pass.name))]
    .filter((name) => !changed.some((pass) => pass.name === name));
  if (quiet.length > 0) replace("quiet-passes", `Changed nothing: ${quiet.join(", ")}.`);
}

function missedTable(data, pick) {
  if (data.missed_fusions.length === 0) {
    return element("p", {class: "empty"}, "None: no step reads from memory what a loop or a sort made, and no two loops go over the same.");
  }
  const steps = data.dataflow.after;
  const cell = (number) => element("td", {}, steps[number].pipeline === null ? steps[number].label
    : element("button", {type: "button", class: "at", style: "margin:0", onclick: () => pick(steps[number].pipeline)}, steps[number].label));
  return element("table", {},
    element("thead", {}, element("tr", {}, ["First", "Then", "How they meet", "Why they are not one loop"].map((name) => element("th", {scope: "col"}, name)))),
    element("tbody", {}, data.missed_fusions.map((missed) =>
      element("tr", {}, cell(missed.producer), cell(missed.consumer),
        element("td", {}, missed.is_beside ? "both go over the same parameter" : "through memory"), element("td", {}, missed.reason)))));
}
