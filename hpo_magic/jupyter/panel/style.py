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
.hpo-row { align-items: center; }
.hpo-row .widget-text input, .hpo-row .widget-toggle-button { margin: 1px; }
.hpo-name { font-family: var(--jp-code-font-family, monospace); overflow: hidden; text-overflow: ellipsis; }
.hpo-when { color: var(--jp-content-font-color2, #777); font-size: 0.85em; }
.hpo-row .widget-label { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
.hpo-row .widget-html { overflow: hidden; }
.hpo-row .widget-html-content { white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
.hpo-row .widget-toggle-button.mod-active { background: var(--jp-brand-color1, #1976d2); color: #fff; }
.hpo-plot { max-width: 100%; }
.jp-OutputArea-child:has(.hpo-panel) ~ .jp-OutputArea-child .hpo-static-plot { display: none !important; }
"""
