"""The panel's style sheet, in JupyterLab's own colours so that it follows the theme."""

CSS = """
.hpo-panel { border: 1px solid var(--jp-border-color2, #ccc); border-radius: 4px; padding: 8px 10px; overflow: hidden;
  color: var(--jp-content-font-color1, inherit); }
.hpo-panel .widget-html-content { line-height: 1.5; }
.hpo-head { display: flex; flex-wrap: wrap; gap: 4px 18px; align-items: center; }
.hpo-head b { font-size: 1.1em; }
.hpo-state { padding: 0 8px; border-radius: 9px; border: 1px solid currentColor; font-size: 0.92em; }
.hpo-state.running { color: #008a5e; } .hpo-state.paused, .hpo-state.pausing { color: #b37a00; }
.hpo-state.stopped, .hpo-state.stopping { color: #d55e00; } .hpo-state.finished { color: #0091c8; }
.hpo-head progress { width: 160px; }
.hpo-message { color: var(--jp-warn-color0, #b35a00); white-space: pre-wrap; }
.hpo-message.plain { color: var(--jp-content-font-color2, inherit); }
.hpo-row { align-items: center; flex-wrap: wrap; } .hpo-row > * { flex-shrink: 0; }
.hpo-row .widget-text input, .hpo-row .widget-toggle-button { margin: 1px; }
.hpo-name { font-family: var(--jp-code-font-family, monospace); overflow: hidden; text-overflow: ellipsis; }
.hpo-when { color: var(--jp-content-font-color2, #777); font-size: 0.85em; }
.hpo-row .widget-label { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
.hpo-row .widget-html { overflow: hidden; }
.hpo-row .widget-html-content { white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
.hpo-row .widget-toggle-button.mod-active { background: var(--jp-brand-color1, #1976d2); color: #fff; }
.hpo-bar { display: inline-block; width: 30px; height: 8px; margin: 0 4px; background: var(--jp-layout-color2, #ddd); }
.hpo-bar span { display: block; height: 100%; background: #0091c8; }
.hpo-advice div { display: flex; flex-wrap: wrap; gap: 4px 12px; align-items: center; padding: 2px 0; }
.hpo-advice span::before { content: "☞ "; }
.hpo-panel .hpo-advice button, .hpo-pages button { border: 1px solid var(--jp-border-color1, #bbb); border-radius: 3px;
  padding: 2px 8px; background: var(--jp-layout-color2, #eee); color: inherit; font: inherit; cursor: pointer; }
.hpo-scroll { max-height: 320px; overflow: auto; }
.hpo-scroll table { border-collapse: collapse; font-size: 0.9em; width: 100%; }
.hpo-scroll th { position: sticky; top: 0; background: var(--jp-layout-color2, #eee); cursor: pointer;
  text-align: right; padding: 3px 8px; white-space: nowrap; }
.hpo-scroll td { padding: 2px 8px; text-align: right; white-space: nowrap; }
.hpo-trial { cursor: pointer; } .hpo-trial:hover { background: var(--jp-layout-color2, #eee); }
.hpo-trial.chosen { background: var(--jp-layout-color3, #ddd);
  box-shadow: inset 3px 0 var(--jp-brand-color1, #1976d2); }
.hpo-trial.failed { color: #d55e00; } .hpo-trial.distrusted { text-decoration: line-through; opacity: 0.6; }
.hpo-pages { display: flex; gap: 10px; align-items: center; padding: 4px 0; font-size: 0.9em; }
.hpo-detail pre { max-height: 260px; overflow: auto; margin: 4px 0; white-space: pre-wrap; overflow-wrap: anywhere; }
.hpo-error { color: #d55e00; white-space: pre-wrap; }
.hpo-panel .jupyter-button { flex-shrink: 0; } .hpo-panel .widget-hbox { flex-wrap: wrap; }
.hpo-panel:has(.hpo-state:is(.idle, .stopped, .finished)) :is(.hpo-do-pause, .hpo-do-stop),
.hpo-panel:has(.hpo-state:is(.running, .stopping)) .hpo-do-resume,
.hpo-panel:has(.hpo-state:is(.pausing, .paused, .stopping)) .hpo-do-pause,
.hpo-panel:not(:has(.hpo-best)) .hpo-do-apply-best { opacity: 0.45; }
.hpo-panel .jupyter-widget-tab > .lm-TabBar .lm-TabBar-tab { flex: 0 0 auto; min-width: 0; padding: 0 10px; }
.hpo-panel .jupyter-widget-tab > .lm-TabBar { height: auto; max-height: none; }
.hpo-panel .jupyter-widget-tab > .lm-TabBar .lm-TabBar-content { flex-wrap: wrap; }
.hpo-panel .widget-tab-contents { padding: 4px 8px; }
.hpo-plot { flex: 1 1 360px; min-width: 0; max-width: 540px; height: auto; align-self: flex-start;
  aspect-ratio: 540 / 300; object-fit: contain; }
.jp-OutputArea-child:has(.hpo-panel) ~ .jp-OutputArea-child .hpo-static-plot { display: none !important; }
"""
