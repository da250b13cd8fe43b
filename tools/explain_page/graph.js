// Pictures of the dataflow: steps in layers, each below all that it reads; edges past a layer get a place of their own in it, and
// the order within layers is improved by barycentres (Sugiyama, Tagawa and Toda, 1981).

const graphMost = 300;
const nodeHeight = 42;
const layerGap = 46;
const nodeGap = 22;

function shorten(text, most) {
  return text.length <= most ? text : text.slice(0, most - 1) + "\u2026";
}

// An edge is in memory when what it carries was made by a loop or sort in memory, for another step: not given back as it is.
function isMemory(steps, from, to) {
  const isGivenBack = steps[to].inputs.some((input) => input.from === from && input.how === "given back");
  return steps[from].in_memory && !isGivenBack;
}

function layersOf(steps) {
  const nodes = steps.map((step, number) => ({number, step, layer: 0, inputs: []}));
  const edges = [];
  for (const node of nodes) {
    const ways = new Map();
    for (const input of node.step.inputs) {
      node.layer = Math.max(node.layer, nodes[input.from].layer + 1);
      ways.set(input.from, [...(ways.get(input.from) || []), input.how]);
    }
    for (const [from, how] of ways) edges.push({from: nodes[from], to: node, how: [...new Set(how)].join(", ")});
  }
  const layers = [];
  const place = (node) => (layers[node.layer] ||= []).push(node);
  const last = nodes[nodes.length - 1];
  last.layer = Math.max(...nodes.map((node) => node.layer + (node === last ? 0 : 1)), 0);
  nodes.forEach(place);
  for (const edge of edges) {
    edge.points = [edge.from];
    for (let layer = edge.from.layer + 1; layer < edge.to.layer; layer++) {
      const bend = {layer, inputs: [], bend: true};
      place(bend);
      edge.points.push(bend);
    }
    edge.points.push(edge.to);
    for (let i = 1; i < edge.points.length; i++) edge.points[i].inputs.push(edge.points[i - 1]);
  }
  return {nodes, edges, layers: layers.filter(Boolean)};
}

function orderLayers(layers) {
  const middle = (others, own) => others.length ? others.reduce((sum, other) => sum + other.order, 0) / others.length : own;
  layers.forEach((layer) => layer.forEach((node, index) => { node.order = index; node.outputs = []; }));
  layers.flat().forEach((node) => node.inputs.forEach((input) => input.outputs.push(node)));
  for (let sweep = 0; sweep < 4; sweep++) {
    const down = sweep % 2 === 0;
    for (const layer of down ? layers : [...layers].reverse()) {
      for (const node of layer) node.weight = middle(down ? node.inputs : node.outputs, node.order);
      layer.sort((left, right) => left.weight - right.weight);
      layer.forEach((node, index) => { node.order = index; });
    }
  }
}

function placeNodes(layers) {
  let width = 0;
  layers.forEach((layer, index) => {
    let x = 0;
    for (const node of layer) {
      node.label = node.bend ? "" : shorten(node.step.name ? `${node.step.label}: ${node.step.name}` : node.step.label, 28);
      node.type = node.bend ? "" : shorten(node.step.type, 30);
      node.width = node.bend ? 6 : Math.max(72, node.label.length * 7.6 + 24, node.type.length * 6.6 + 20);
      node.x = x + node.width / 2;
      node.y = 6 + index * (nodeHeight + layerGap) + nodeHeight / 2;
      x += node.width + nodeGap;
    }
    layer.width = x - nodeGap;
    width = Math.max(width, layer.width);
  });
  for (const layer of layers) {
    for (const node of layer) node.x += (width - layer.width) / 2 + 6;
  }
  return width + 12;
}

function edgePath(points) {
  let path = "";
  points.forEach((point, index) => {
    const isEnd = index === points.length - 1;
    const y = point.y + (index === 0 ? nodeHeight / 2 : isEnd ? -nodeHeight / 2 - 7 : 0);
    if (index === 0) {
      path = `M${point.x},${y}`;
    } else {
      const before = points[index - 1];
      const from = before.y + (index === 1 ? nodeHeight / 2 : 0);
      path += ` C${before.x},${(from + y) / 2} ${point.x},${(from + y) / 2} ${point.x},${y}`;
    }
  });
  return path;
}

function drawEdge(steps, edge) {
  const memory = isMemory(steps, edge.from.number, edge.to.number) ? " memory" : "";
  const tip = edge.to.y - nodeHeight / 2;
  const title = `${edge.from.step.label} to ${edge.to.step.label}: ${edge.how}${memory ? ", through memory" : ""}`;
  return drawn("g", {}, drawn("title", {}, title), drawn("path", {class: "edge" + memory, d: edgePath(edge.points)}),
    drawn("path", {class: "tip" + memory, d: `M${edge.to.x - 4.5},${tip - 8} l9,0 l-4.5,8 z`}));
}

function drawNode(node, pick) {
  const step = node.step;
  const isLoop = step.pipeline !== null;
  const choose = () => pick(step.pipeline);
  const rounding = step.kind === "parameter" ? nodeHeight / 2 : 7;
  return drawn("g", {
      class: "node " + step.kind,
      ...(isLoop ? {role: "button", tabindex: "0", "data-loop": step.pipeline, "aria-pressed": "false",
        "aria-label": step.label + ", " + step.type, onclick: choose,
        onkeydown: (event) => {
          if (event.key !== "Enter" && event.key !== " ") return;
          event.preventDefault();
          choose();
        }} : {}),
    },
    drawn("title", {}, `${step.label}: ${step.type}`),
    drawn("rect", {x: node.x - node.width / 2, y: node.y - nodeHeight / 2, width: node.width, height: nodeHeight, rx: rounding}),
    drawn("text", {class: "kind", x: node.x, y: node.y - 3}, node.label),
    drawn("text", {class: "type", x: node.x, y: node.y + 13}, node.type));
}

// pick(number) is called when the node of a pipeline is chosen.
function drawGraph(steps, title, pick) {
  if (steps.length > graphMost) return element("p", {class: "note"}, `${count(steps.length)} steps are too many to draw.`);
  const {nodes, edges, layers} = layersOf(steps);
  orderLayers(layers);
  const width = placeNodes(layers);
  const height = layers.length * (nodeHeight + layerGap) - layerGap + 12;
  return drawn("svg", {width, height, viewBox: `0 0 ${width} ${height}`, role: "group", "aria-label": title},
    edges.map((edge) => drawEdge(steps, edge)), nodes.map((node) => drawNode(node, pick)));
}
