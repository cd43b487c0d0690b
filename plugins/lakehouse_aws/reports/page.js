const figures = JSON.parse(document.getElementById("figures").textContent);
const dark = matchMedia("(prefers-color-scheme: dark)");
const narrow = matchMedia("(max-width: 640px)");

function draw() {
  const style = getComputedStyle(document.documentElement);
  const [text, muted, line, card] = ["text", "muted", "line", "card"].map((name) => style.getPropertyValue(`--${name}`).trim());
  for (const [id, { data, layout }] of Object.entries(figures)) {
    const themed = structuredClone(layout);
    themed.font.color = text;
    if (narrow.matches && themed.showlegend) themed.height += 20 * data.length;
    themed.hoverlabel = { bgcolor: card, bordercolor: line, font: { color: text } };
    for (const axis of [themed.xaxis, themed.yaxis]) {
      Object.assign(axis, { gridcolor: line, linecolor: line, tickcolor: line, fixedrange: narrow.matches });
      axis.tickfont = { color: muted, size: narrow.matches ? 11 : 12 };
      axis.title.font = { color: muted, size: 12 };
      if (axis.nticks && narrow.matches) axis.nticks = 5;
    }
    Plotly.react(id, data, themed, { displayModeBar: false, responsive: true });
  }
}

dark.addEventListener("change", draw);
narrow.addEventListener("change", draw);
draw();
