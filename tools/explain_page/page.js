// Puts the page together, and keeps what is chosen: one loop, shown in the source, among the cards, in the picture and as code.

const data = JSON.parse(byId("data").textContent);

function pick(number) {
  document.querySelectorAll("[data-loop]").forEach((each) => {
    each.setAttribute("aria-pressed", String(each.getAttribute("data-loop") === String(number)));
  });
  markSource(data, data.pipelines[number]);
  replace("loop", loopPane(data, number));
  history.replaceState(null, "", `#loop-${number}`);
}

// From elsewhere on the page: the loop is to be seen, too.
function pickAndShow(number) {
  pick(number);
  byId("loop-pane").scrollIntoView({block: "nearest"});
}

function start() {
  const name = data.source.name.split("/").pop();
  document.title = `${name} \u2013 weld explain`;
  replace("title", name);
  replace("summary", summaryOf(data));
  replace("source", sourceRows(data, pick));
  replace("cards", cardsOf(data, pick));
  replace("graph-before", drawGraph(data.dataflow.before, "Dataflow before the passes", pickAndShow));
  replace("graph-after", drawGraph(data.dataflow.after, "Dataflow after the passes", pickAndShow));
  showPasses(data);
  replace("missed-list", missedTable(data, pickAndShow));
  replace("optimized-text", codeRows(data.optimized, "weld"));
  const wanted = Number((location.hash.match(/^#loop-(\d+)$/) || [])[1] || 0);
  if (data.pipelines.length === 0) replace("loop", element("p", {class: "note"}, "The program has no loop."));
  else pick(Math.min(wanted, data.pipelines.length - 1));
}

start();
