// Lines of advice, each with the button that follows it. Text is set as text, never as HTML.
function render({ model, el }) {
  el.classList.add("hpo-advice");
  const draw = () => {
    el.replaceChildren(
      ...model.get("lines").map(({ text, label }) => {
        const line = document.createElement("div");
        const said = document.createElement("span");
        said.textContent = text;
        const button = document.createElement("button");
        button.textContent = label;
        button.addEventListener("click", () => model.send({ follow: text }));
        line.append(said, button);
        return line;
      }),
    );
  };
  model.on("change:lines", draw);
  draw();
}
export default { render };
