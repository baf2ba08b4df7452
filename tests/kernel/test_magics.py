"""The magics in a real kernel."""

from __future__ import annotations

import json
import time

import pytest

from tests.kernel.kernel import SVM, Kernel, kernel

COMPLETE = "get_ipython().Completer"


@pytest.fixture(scope="module")
def shared(tmp_path_factory) -> Kernel:
    with kernel(tmp_path_factory.mktemp("kernel")) as made:
        assert made.run("%load_ext hpo_magic")["error"] == ""
        yield made


def svm(trials=12, options="--wait --store :memory:", name="svm"):
    return SVM.format(trials=trials, options=options).replace("%%hpo svm", f"%%hpo {name}", 1)


def test_a_search_runs_and_its_study_is_bound_at_once(shared):
    answer = shared.run(svm(options="--store :memory:", name="bound"))
    assert answer["error"] == "" and len(answer["widgets"]) == 1
    assert shared.value("len(bound.trials) >= 0")
    shared.run("%hpo wait bound")
    assert shared.value("len(bound.history.done)") == 12
    assert "bound (version 1): finished, 12 trials done, best accuracy" in shared.run("%hpo status bound")["text"]
    assert shared.value("bound.trials[0].config") == {"C": 1.0, "kernel": "rbf", "gamma": 0.1}


def test_the_notebook_is_not_touched_by_trials(shared):
    shared.run("C, accuracy = 'mine', 'too'")
    shared.run("before = set(globals())")
    shared.run(svm(options="--wait --no-panel --store :memory:", name="untouched"))
    assert shared.value("(C, accuracy)") == ("mine", "too")
    assert shared.value("{n for n in set(globals()) - before if n[0] != '_'} == {'untouched', 'before'}")


def test_best_log_and_apply(shared):
    shared.run(svm(name="tuned"))
    assert "accuracy = " in shared.run("%hpo best tuned")["text"]
    assert "trial 3, done" in shared.run("%hpo log 3 tuned")["text"]
    answer = shared.run("%hpo apply tuned")
    best = shared.value("tuned.best.config")
    assert shared.value("(C, kernel)") == (best["C"], best["kernel"])
    assert f"C = {best['C']!r}            # hpo: 1e-3..1e3 log" in answer["next"]
    assert "%%hpo" not in answer["next"]


def test_the_same_cell_goes_on_and_an_edited_one_is_a_new_version(shared):
    shared.run(svm(6, name="versions"))
    shared.run(svm(9, name="versions"))
    assert shared.value("(versions.version, len(versions.trials))") == (1, 9)
    shared.run(svm(5, name="versions").replace("degree / 10", "degree / 20"))
    assert shared.value("(versions.version, len(versions.trials))") == (2, 5)
    shared.run(svm(9, name="versions"))
    assert shared.value("(versions.version, len(versions.trials))") == (1, 9)


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ("%%hpo x\nx = 1  # hpo: 5..1\nx", "line 2: Int: low=5 must be below high=1"),
        ("%%hpo x --strategy bayesain\na = 1  # hpo: 1..5\na", "strategy='bayesain' is unknown"),
        ("%%hpo class\na = 1  # hpo: 1..5\na", "NAME='class' must be a Python name"),
        ("%%hpo a\na = 1  # hpo: 1..5\na", "the name 'a' is a variable of the cell"),
        (
            "%%hpo x\nk = 'a'  # hpo: a | b\nif kk == 'a':\n    y = 1  # hpo: 1..5\nk",
            "line 3: the condition reads 'kk', which is not defined",
        ),
        ("%%hpo x --strategy grdi\na = 1  # hpo: 1..5\na", "did you mean 'grid'?"),
        ("%%hpo x --minimize foo\na = 1  # hpo: 1..5\na", "never sets the metric 'foo'"),
        ("%%hpo x --trials 0\na = 1  # hpo: 1..5\na", "trials=0 must be a whole number above 0"),
        ("%%hpo x --minimize a a2 --target 3\na = 1  # hpo: 1..5\na2 = a", "target=3.0 watches the best value of one"),
        ("%%hpo x --strategy pbt\na = 1  # hpo: 1..5\na", "a population trains in steps"),
        ("%%hpo x --trials many\na = 1  # hpo: 1..5\na", "invalid int value"),
        ("%%hpo x --timeout -3\na = 1  # hpo: 1..5\na", "timeout=-3.0 must be a number of seconds"),
        ("%%hpo x --on moon\na = 1  # hpo: 1..5\na", "--on 'moon' is neither threads nor processes nor a variable"),
        ("%%hpo 3x\na = 1  # hpo: 1..5\na", "NAME='3x' must be a Python name"),
        ("%%hpo x\nb = 1\nb", "no parameter to tune"),
        ("%%hpo x\n  \n", "the cell is empty"),
        ("%%hpo x\n\n%%time\na = 1  # hpo: 1..5\na", "line 3: %%time takes the code below it as text"),
        ("%%hpo taken\na = 1  # hpo: 1..5\na", "'taken' holds a int in this notebook; choose another name"),
        ("%%hpo x --store sqlite:////no/such/hpo.db\na = 1  # hpo: 1..5\na", "cannot open the store"),
        ("%%hpo x\nact = nope  # hpo: nope | nada\n1", "line 2: the option 'nada' is not defined in the notebook"),
        ("%%hpo x --minimise a\na = 1  # hpo: 1..5\na", "--minimise a (did you mean '--minimize'?)"),
        ("%%hpo x --subject-to a < 3\na = 1  # hpo: 1..5\na", "put a constraint in quotes"),
        ("%%hpo list --wait\na = 1  # hpo: 1..5\na", "the name 'list' is Python's own"),
        ('%%hpo x\np = {"lr": 0.1}  # hpo: 0.01..1.0 log\n1', "the annotation stands inside the value of p"),
        ("%%hpo x --wait --store :memory:\na = 1  # hpo: 1..5\nimport nothing_here\na", ""),
        ("%%hpo x --minimize \"a'\na = 1  # hpo: 1..5\na", "a quote that is opened must be closed"),
        ("%hpo stpo", "%hpo stpo is unknown (did you mean 'stop'?)"),
        ("%hpo log x1", "the trial must be a number"),
        ("%hpo log 1 2 nobody", "%hpo log takes [NAME] [TRIAL], not 3 words: 1 2 nobody"),
        ("%hpo status 'nobody", "a quote that is opened must be closed"),
        ("%%hpo x --subject-to 'a < 3' 'a > 1'\na = 1  # hpo: 1..5\na", "every constraint a --subject-to of its own"),
        ("%hpo status nobody", "this session has no search 'nobody'"),
    ],
)
def test_bad_input_gets_a_clear_error_and_starts_nothing(shared, cell, message):
    shared.run("taken = 3; globals().pop('x', None)")
    answer = shared.run(cell)
    if message:
        assert message in answer["text"] + answer["error"]
        assert "Traceback" not in answer["text"]
        assert shared.value("'x' in globals()") is False
        assert shared.value("taken") == 3


def test_exit_ends_the_trial_and_not_the_kernel(shared):
    shared.run("%%hpo leaving --wait --trials 6\na = 1  # hpo: 1..6\nif a > 3:\n    exit()\na")
    assert shared.value("[t.state for t in leaving.trials].count('failed')") == 3
    assert shared.value("leaving.trials[-1].number") == 5


def test_apply_sets_what_the_cell_sets_and_no_local_of_its_functions(shared):
    shared.run("k = 'mine'\nn = 0")
    shared.run(
        "%%hpo applied --wait --trials 3\nn = 1  # hpo: 1..3\ndef f():\n    k = 3  # hpo: 1..9\n    return k\nf() + n"
    )
    told = shared.run("%hpo apply applied")["text"]
    assert "not set, as they have no variable of their own here: k = " in told
    assert shared.value("k") == "mine" and shared.value("n in (1, 2, 3)")


def test_a_cell_run_plain_before_is_not_refused_for_names_of_its_own(shared, tmp_path):
    cell = "x = 1.0  # hpo: 0.0..5.0\nfor i in range(2): pass\nwith open('own.txt', 'w') as file: file.write('x')\nx"
    shared.run(cell)
    shared.run("import os; os.remove('own.txt')")
    answer = shared.run(f"%%hpo plain --wait --trials 2 --on processes\n{cell}")
    assert shared.value("[str(t.state) for t in plain.trials]") == ["done", "done"], answer["text"]
    shared.run("os.remove('own.txt')")


def test_a_cell_that_was_refused_runs_as_soon_as_it_is_mended(shared):
    refused = shared.run("%%hpo mended --strategy pbt --trials 3\na = 1  # hpo: 1..5\na")
    assert "a population trains in steps" in refused["text"] + refused["error"]
    shared.run("%%hpo mended --wait --trials 3\na = 1  # hpo: 1..5\na")
    assert shared.value("(mended.version, len(mended.trials))") == (1, 3)


def test_constraints_that_nothing_meets_are_named(shared):
    shared.run("%%hpo unmet --wait --trials 3 --minimize a --subject-to 'b < 3'\na = 1  # hpo: 1..5\nb = a + 3")
    told = "none of 3 finished trials meets b < 3; trial"
    assert told in shared.run("%hpo best unmet")["text"] and told in shared.run("%hpo status unmet")["text"]
    assert told in (applied := shared.run("%hpo apply unmet"))["text"] + applied["error"]


def test_what_cannot_see_the_trials_values_is_named(shared):
    shared.run(
        "import functools\nwide = 7\nclass Net:\n    def size(self): return wide\ndef plain(): return wide\n"
        "part = functools.partial(plain)"
    )
    for used, named in (("Net().size()", True), ("part()", True), ("plain()", False)):
        answer = shared.run(f"%%hpo stale --dry-run\nwide = 3  # hpo: 1..9\nloss = {used}\nloss")
        assert ("reads wide, which the cell sets" in str(answer)) is named


def test_the_notebooks_figures_are_shown_after_trials_have_drawn(tmp_path):
    """The first figure of a kernel makes matplotlib interactive; drawn by a trial, it must stay so for the notebook."""
    with kernel(tmp_path) as fresh:
        fresh.run("%load_ext hpo_magic\nimport matplotlib.pyplot as plt")
        fresh.run("%%hpo drawn --wait --trials 3\nx = 1.0  # hpo: 0.0..2.0\nplt.plot([x])\nx")
        assert any("<Figure" in plain for plain in fresh.run("plt.plot([1, 2])")["plain"])


def test_repeats_stay_out_of_the_notebook(shared):
    shared.run("%%hpo drawn --wait --trials 4 --strategy random\na = 1.5  # hpo: 0.5..5.5\nimport matplotlib.pyplot as plt\n"
               "plt.figure()\ndisplay('shown')\na")  # fmt: skip
    answer = shared.run(
        "drawn.confirm(k=2, repeats=2); plt = __import__('matplotlib.pyplot').pyplot; len(plt.get_fignums())"
    )
    assert answer["result"] == "0" and "shown" not in answer["text"] + str(answer["plain"]) + str(answer["html"])


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("'0.5'", "accuracy is text ('0.5')"),
        ("None", "accuracy is None"),
        ("np.ones(3)", "accuracy is an array of shape (3,)"),
        ("float('nan')", "accuracy is nan"),
    ],
)
def test_a_metric_that_is_no_number_fails_the_trial_and_says_what_it_was(shared, value, message):
    shared.run("import numpy as np; globals().pop('odd', None)")
    shared.run(f"%%hpo odd --maximize accuracy -n 3 --wait --store :memory:\na = 1  # hpo: 1..5\naccuracy = {value}")
    assert shared.value("[t.state == 'failed' for t in odd.trials]") == [True] * 3
    assert message in shared.value("odd.trials[0].error.message")


def test_a_failure_quotes_the_cells_line(shared):
    shared.run("globals().pop('bad', None)")
    answer = shared.run("%%hpo bad -n 3 --wait --no-panel --store :memory:\na = 1  # hpo: 1..5\n\nb = a / 0\nb")
    shown = shared.value("str(bad.trials[0].error)")
    assert shown == "ZeroDivisionError: division by zero at line 4: b = a / 0"
    assert "first three trials all failed in the same way" in "".join(answer["html"] + answer["plain"])
    assert "line 4, in <module>\n    b = a / 0" in shared.run("%hpo log 0 bad")["text"]
    shared.run("%hpo stop bad")


def test_apply_keeps_magic_lines_and_says_what_it_cannot_set(shared):
    shared.run(
        "%%hpo lines -n 3 --wait --store :memory:\nword = !echo hello\nn = 2  # hpo: 1..3\ntotal = 0\n"
        "for i in range(n):\n    w = 8  # hpo: 4..16\n    total += w\ntotal"
    )
    best = shared.value("lines.best.config")
    answer = shared.run("%hpo apply lines")
    assert (
        answer["error"] == ""
        and f"set from trial {shared.value('lines.best.number')}: n = {best['n']}" in answer["text"]
    )
    assert f"not set, as they have no variable of their own here: w[0] = {best['w[0]']}" in answer["text"]
    assert answer["next"].startswith(f"word = !echo hello\nn = {best['n']}  # hpo: 1..3")


def test_a_count_of_passes_cannot_grow(shared):
    shared.run(
        "%%hpo passes -n 1 --wait --store :memory:\nn = 2  # hpo: 1..3\nfor i in range(n):\n    w = 8  # hpo: 4..16\nn"
    )
    answer = shared.run("passes.edit(lambda space: space.widen('n', 1, 6))")
    assert "a loop of the cell has parameters for that many passes only" in answer["error"]
    assert shared.value("passes.space['n'].high") == 3


def test_a_trial_leaves_plot_settings_and_the_environment_alone(shared):
    shared.run("import os, warnings, matplotlib; width = matplotlib.rcParams['lines.linewidth']")
    shared.run("filters, folder = list(warnings.filters), os.getcwd()")
    for option in ("-n 2 --wait --store :memory:", "--dry-run"):
        shared.run(
            f"%%hpo leaks {option}\nimport warnings\na = 1  # hpo: 1..5\nmatplotlib.rcParams['lines.linewidth'] = 9\n"
            "os.environ['LEAK'] = '1'\nos.chdir('/')\nwarnings.simplefilter('error')\na"
        )
        assert shared.value("matplotlib.rcParams['lines.linewidth'] == width and 'LEAK' not in os.environ")
        assert shared.value("(os.getcwd() == folder, warnings.filters == filters)") == (True, True)


def test_a_search_without_results_says_why_in_text_too(shared):
    shared.run("%%hpo shapes -n 20 --wait --store :memory:\na = 0.5  # hpo: 0.0..1.0\n[a]")
    status = shared.run("%hpo status shapes")["text"]
    assert "the first three trials all failed in the same way" in status and "failed: 3 × MetricError" in status
    assert "trial 2, failed" in shared.run("%hpo log shapes")["text"]


def test_several_metrics_and_a_constraint(shared):
    cell = (
        "%%hpo goals --minimize loss latency --subject-to 'size < 60' --subject-to size>2 -n 25 --wait --no-panel --store :memory:\n"
        "x = 0.5  # hpo: 0.0..1.0\nsize = 100 * x\nloss, latency = (x - 0.5) ** 2, x"
    )
    answer = shared.run(cell)
    assert answer["error"] == "" and "on the Pareto front of loss, latency" in answer["plain"][-1]
    assert "<th>loss</th><th>latency</th><th>size</th>" in answer["html"][-1]
    assert shared.value("all(2 < t.values['size'] < 60 for t in goals.pareto) and len(goals.pareto) > 3")
    assert shared.run("%hpo best goals")["text"].count("latency = ") == shared.value("min(len(goals.pareto), 20)")
    refused = shared.run(cell.replace("%%hpo goals", "%%hpo others").replace("size>2", "'sise > 2'"))
    assert "the cell never sets the metric 'sise' (did you mean 'size'?)" in refused["text"]


def test_magics_and_shell_lines_and_await_in_the_cell(shared):
    shared.run(
        "%%hpo mixed -n 2 --wait --store :memory:\nimport asyncio\nword = !echo from the shell\n"
        "a = 1  # hpo: 1..5\nawait asyncio.sleep(0)\n!echo $a {word[0]}\na"
    )
    assert shared.value("[t.state == 'done' for t in mixed.trials]") == [True, True]
    assert shared.value("mixed.trials[0].log") == "1 from the shell"


def test_expressions_are_filled_in_on_the_first_line_only(shared):
    shared.run("budget = 4; where = ':memory:'")
    answer = shared.run(
        "%%hpo filled -n {budget} --wait --store $where\na = 1  # hpo: 1..5\ntext = '{budget} $budget'\nprint(text)\na"
    )
    assert answer["error"] == ""
    assert shared.value("(len(filled.trials), filled.trials[0].log)") == (4, "{budget} $budget")


def test_a_dry_run_shows_the_space_and_starts_nothing(shared):
    answer = shared.run(svm(options="--dry-run", name="dry"))
    plain = next(text for text in answer["plain"] if "a grid over" in text)  # another search may say its last just now
    assert "gamma      0.0001..10.0 log   kernel == 'rbf'" in plain
    assert "4 parameters; a grid over them has 45 points" in plain
    assert "gives accuracy = 0.5" in plain
    assert shared.value("'dry' in globals()") is False


def test_what_may_not_be_meant_is_said(shared):
    body = (
        "C = 1.0  # hpo: 0..10\nkernel = 'rbf'  # hpo: rbf | poly\nif kernel == 'ploy':\n    degree = 2  # hpo: 2..5\nC"
    )
    for options in ("--dry-run", "--no-panel --wait --trials 2"):
        answer = shared.run(f"%%hpo doubted {options}\n{body}")
        told = answer["text"] + str(answer["plain"]) + str(answer["html"])
        assert "C is tried at whole numbers only" in told and "degree never exists" in told


def test_a_dry_run_of_a_cell_that_awaits(shared):
    answer = shared.run("%%hpo dry --dry-run\nimport asyncio\na = 3  # hpo: 1..5\nawait asyncio.sleep(0)\na")
    assert any("gives result = 3" in text for text in answer["plain"])


def test_grid_says_how_large_it_is(shared):
    answer = shared.run(
        svm(options="--strategy grid --no-panel --store :memory:", name="grid").replace("--trials 12", "")
    )
    assert "grid search over 45 points" in answer["text"]
    shared.run("%hpo wait grid")
    assert shared.value("len(grid.trials)") == 45


def test_help_completion_and_config(shared):
    shared.client.inspect("%%hpo", 5)
    reply = shared.client.get_shell_msg(timeout=10)
    text = reply["content"]["data"]["text/plain"]
    assert "--trials" in text and "hpo: relu | tanh" in text

    def complete(code):
        shared.client.complete(code, len(code))
        while True:
            message = shared.client.get_shell_msg(timeout=10)
            if message["msg_type"] == "complete_reply":
                return message["content"]["matches"]

    assert "--trials" in complete("%%hpo svm --tr")
    assert complete("%%hpo svm --strategy gr") == ["grid"]
    assert "pause" in complete("%hpo pa")
    shared.run(svm(2, name="findme"))
    assert "findme" in complete("%hpo status find")
    shared.run("%config HpoMagic.trials = 3")
    shared.run("%%hpo configured --wait --store :memory:\na = 1.0  # hpo: 1.0..5.0\na")
    assert shared.value("len(configured.trials)") == 3
    shared.run("%config HpoMagic.trials = 50")


def test_a_default_strategy_that_is_unknown_is_refused_at_once(shared):
    said = shared.run("%config HpoMagic.strategy = 'tpe+medium'")["text"]
    assert "strategy='tpe+medium' is unknown" in said and "choose one of auto, gp" in said
    assert shared.value("get_ipython().magics_manager.registry['HpoMagic'].strategy") == "auto"
    shared.run("%config HpoMagic.strategy = 'tpe+median'")
    assert shared.value("get_ipython().magics_manager.registry['HpoMagic'].strategy") == "tpe+median"
    shared.run("%config HpoMagic.strategy = 'auto'")


def test_figures_displays_and_input_of_a_trial_stay_in_the_trial(shared):
    shared.run("%matplotlib inline\nimport matplotlib.pyplot as plt, time\nmine = plt.figure(); plt.plot([1, 2])")
    shared.run(
        "%%hpo draws -n 20 --no-panel --store :memory:\nfrom IPython.display import display, HTML\n"
        "a = 1.0  # hpo: 1.0..5.0\nplt.figure(figsize=(a, a)); plt.plot([a]); plt.show()\ndisplay(HTML('<b>x</b>'))\ntime.sleep(0.05)\na"
    )
    images = [shared.run("fig = plt.figure(figsize=(1, 1)); time.sleep(0.2); len(plt.get_fignums())") for _ in range(3)]
    assert [answer["result"] for answer in images] == ["1"] * 3
    assert all(len(answer["plain"]) == 2 for answer in images)  # the result and the one figure of the cell's own
    shared.run("%hpo wait draws")
    assert "IPython.core.display.HTML" in shared.value("draws.trials[0].log")
    shared.run("%%hpo asks -n 1 --wait --no-panel --store :memory:\na = 1  # hpo: 1..5\na = input('?')\na")
    assert "cannot ask for input" in shared.value("asks.trials[0].error.message")


def test_export_and_list(shared):
    shared.run(svm(4, options="--wait", name="kept"))
    assert "4 trials written to kept.csv" in shared.run("%hpo export kept.csv kept")["text"]
    assert shared.value("len(open('kept.csv').readlines())") == 5
    shared.run(
        "%%hpo some --wait --strategy grid\nm = 'a'  # hpo: a | b\nif m == 'a':\n    p = None  # hpo: 'x' | None\n1"
    )
    shared.run("%hpo export some.csv some")
    told = shared.value("sorted(line.split(',')[3:5] for line in open('some.csv'))")
    assert told == [["a", "None"], ["a", "x"], ["b", ""], ["m", "p"]]
    shared.run("%hpo export 'kept too.JSON' kept  # for later")
    data = json.loads(shared.value("open('kept too.JSON').read()"))
    assert data["goals"] == {"accuracy": "maximize"} and len(data["trials"]) == 4
    assert "the name must end in .csv or .json (did you mean 'kept'?)" in shared.run("%hpo export kpet")["text"]
    shared.run("import os; home = os.environ['HOME']; os.environ['HOME'] = os.getcwd()")
    told = shared.run("%hpo export ~/at_home.csv kept")["text"]
    assert "4 trials written to" in told and shared.value("os.path.exists('at_home.csv')")
    shared.run("os.environ['HOME'] = home")
    assert "kept                 version 1       4 done" in shared.run("%hpo list")["text"]


def test_stop_ends_a_numpy_loop_and_an_interrupt_ends_waiting(shared):
    shared.run("import numpy as np")
    shared.run(
        "%%hpo loops -n 3 --store :memory:\na = 1  # hpo: 1..5\nm = np.ones((300, 300))\nwhile True: m = m @ m % 1\na"
    )
    shared.until("loops.history.running")
    began = time.monotonic()
    shared.run("%hpo stop loops")
    assert time.monotonic() - began < 2
    assert shared.value("loops.trials[0].state == 'stopped'")


def test_studies_of_a_session_cannot_run_twice(shared):
    shared.run("%%hpo twice -n 3 --store :memory:\na = 1  # hpo: 1..5\nwhile True: pass\na")
    answer = shared.run("%%hpo twice -n 3 --store :memory:\na = 1  # hpo: 1..5\nwhile True: pass\na")
    assert "study 'twice' is in use by a running search; stop it first with %hpo stop twice" in answer["text"]
    shared.run("%hpo stop twice")


def test_kill_9_loses_running_trials_only(tmp_path):
    cell = "%%hpo killed -n 6 --minimize loss\na = 1.0  # hpo: 0.0..5.0\nimport time\ntime.sleep(0.3)\nloss = a"
    with kernel(tmp_path) as first:
        first.run("%load_ext hpo_magic")
        first.run(cell)
        first.until("len(killed.history.done) >= 2 and killed.history.running")
        done = first.value("[(t.config, t.value) for t in killed.history.done]")
        first.manager.provisioner.process.kill()
    with kernel(tmp_path) as second:
        second.run("%load_ext hpo_magic")
        answer = second.run(cell.replace("-n 6", "-n 6 --no-panel --wait"))
        assert "was lost when its kernel died; its config will be tried again" in answer["text"]
        assert second.value("len(killed.history.done)") == 6
        assert second.value(f"[(t.config, t.value) for t in killed.history.done][:{len(done)}]") == done
        assert second.value("[t.state == 'lost' for t in killed.trials].count(True)") == 1


def test_unloading_stops_what_runs(tmp_path):
    with kernel(tmp_path) as made:
        made.run("%load_ext hpo_magic")
        made.run("%%hpo spins -n 3\na = 1  # hpo: 1..5\nwhile True: pass\na")
        made.run("%unload_ext hpo_magic")
        assert made.value("spins.phase == 'stopped'")
        assert "not found" in made.run("%hpo status")["text"]


def test_a_variable_to_keep_may_be_missing_in_a_trial(shared):
    shared.run(
        "%%hpo partly --wait --trials 6 --minimize a --record steps note --strategy grid\n"
        "a = 1  # hpo: 1..5\nif a > 3:\n    steps = a * 10\nnote = 'text'"
    )
    kept = shared.value("sorted(str(trial.values.get('steps')) for trial in partly.trials if trial.values)")
    assert kept == ["40.0", "50.0", "None", "None", "None"]
    assert not shared.value("[trial for trial in partly.trials if 'note' in trial.values]")
    (told,) = shared.value("[notice for notice in partly.notices if 'is not recorded' in notice]")
    assert "note of trial 0 is not recorded: it is not set, or no finite number, and others are not kept" in told


def test_any_trial_may_be_applied(shared):
    shared.run("%%hpo anyone --wait --trials 5 --strategy random\nq = 1.0  # hpo: 0.0..5.0\nq")
    told = shared.run("%hpo apply 3 anyone")["text"]
    assert told.startswith("set from trial 3: q = ") and shared.value("q == anyone.trials[3].config['q']")
    assert "trial 77" in (refused := shared.run("%hpo apply 77 anyone"))["text"] + refused["error"]
    assert shared.run("%hpo apply anyone 2")["text"].startswith("set from trial 2: q = ")
    assert "trial 2, done" in shared.run("%hpo log anyone 2")["text"]
    assert "no search 'nobody'" in (refused := shared.run("%hpo apply 2 nobody"))["text"] + refused["error"]
    both = (refused := shared.run("%hpo apply anyone tuned"))["text"] + refused["error"]
    assert "name one study, and a trial by its number" in both
    assert "no search 'anyon'" in (refused := shared.run("%hpo log anyon 2"))["text"] + refused["error"]
    assert "no search '²'" in (refused := shared.run("%hpo apply ²"))["text"] + refused["error"]


def test_what_has_changed_in_the_notebook_since_the_earlier_trials_is_said(shared):
    shared.run("import numpy as np\nfolds, data = 3, np.arange(6.0)\ndef train(x): return x * folds  # as it is")
    cell = "%%hpo around --wait --trials {} --strategy random\nx = 1.0  # hpo: 0.0..5.0\nif x > 2:\n    side = 1\n"
    cell += "else:\n    side = 2\ntrain(x) + data.sum() + side"
    shared.run(cell.format(2))
    shared.run("def train(x): return (x * folds)  # written otherwise\nside = 77")
    shared.run(cell.format(3))
    assert "not what the earlier trials used" not in str(shared.value("around.notices"))
    shared.run("folds = 5\ndata[0] = 9\ndef train(x): return x * folds + 1")
    shared.run(cell.format(4))
    assert "data, folds, train are not what the earlier trials used" in str(shared.value("around.notices"))
    shared.run(cell.format(5))
    assert "not what the earlier trials used" not in str(shared.value("around.notices"))
    assert shared.value("(around.version, len(around.trials))") == (1, 5)


def test_names_in_the_text_of_a_query_go_to_other_processes(shared):
    shared.run("import pandas as pd\nframe, least = pd.DataFrame({'a': [1, 2, 3, 4]}), 2")
    shared.run("import threading\ndata = [threading.Lock()]")
    cell = "x = 1.0  # hpo: 0.0..5.0\nmail = 'me@data.org'\n"
    cell += "x * sum(len(frame.query(q)) for q in ['a > @least', 'a < 9'])"
    answer = shared.run(f"%%hpo queried --wait --trials 2 --on processes --strategy random\n{cell}")
    assert shared.value("[str(t.state) for t in queried.trials]") == ["done", "done"], answer["text"]


def test_a_comment_help_and_a_number_below_zero_on_the_option_line(shared):
    told = shared.run("%%hpo --help\na = 1  # hpo: 1..5\na")["text"]
    assert "--subject-to C" in told and "Trials of a search" not in told
    cell = "a = 1.0  # hpo: -1.0..1.0\n# b = 2  # hpo: 1..5\n# c: int = 2  # hpo: 1..5\na"
    shared.run("kind = 'random'")
    answer = shared.run(
        f"%%hpo noted --wait --target -1e-3 --trials 30 --strategy {{kind}}  # a 'note, {{nobody}} --help\n{cell}"
    )
    assert shared.value("(noted.limits.target, list(noted.space), noted.best.value <= -1e-3)") == (
        -1e-3,
        ["a"],
        True,
    ), answer


def test_data_that_trials_share_and_change_is_named(shared):
    shared.run("import numpy as np\nshown = np.arange(4.0); copied = np.arange(4.0); count = 3")
    cell = (
        "%%hpo sharing -n 2 --wait --no-panel --store :memory:\na = 1.0  # hpo: 1.0..5.0\n"
        "copied = copied.copy()\ncopied *= a\nshown[1:] *= a\ncount += 1\nfloat(shown.sum() + copied.sum() + count)"
    )
    told = shared.run(cell)["text"]
    assert "line 5 changes shown itself, which all trials share" in told and "write shown = shown.copy()" in told
    assert "changes copied" not in told and "changes count" not in told
    assert shared.value("shown.tolist()[1] != 1.0 and copied.tolist()[1] == 1.0")


def test_a_cell_that_waits_for_nothing_but_failures_is_an_error(shared):
    answer = shared.run("%%hpo hopeless --wait --no-panel --store :memory:\na = 1  # hpo: 1..5\na + nope")
    assert answer["error"].startswith("UsageError") or "no trial has ended well" in answer["text"]
    assert "NameError: name 'nope' is not defined at line 3" in answer["text"] + answer["error"]
    answer = shared.run("%%hpo hopeful -n 4 --wait --no-panel --store :memory:\na = 1  # hpo: 1..5\n1 / (a - 1)")
    assert not answer["error"] and "no trial has ended well" not in answer["text"]


def test_a_stored_study_can_be_read_without_its_cell(tmp_path):
    with kernel(tmp_path) as first:
        first.run("%load_ext hpo_magic")
        first.run(svm(4, options="--wait --no-panel", name="kept"))
        best = first.run("%hpo best kept")["text"]
    with kernel(tmp_path) as second:
        second.run("%load_ext hpo_magic")
        assert second.run("%hpo best kept")["text"] == best and best.startswith("trial ")
        assert "kept (version 1): idle, 4 trials done" in second.run("%hpo status kept")["text"]
        assert "trial 1, done" in second.run("%hpo log 1 kept")["text"]
        assert "4 trials written to some.csv" in second.run("%hpo export kept some.csv")["text"]
        assert "this session has no search 'kept'" in second.run("%hpo apply kept")["text"]
        assert second.run("%hpo list k*")["text"].startswith("kept ") and second.value("'kept' in globals()") is False
        assert "holds no study 'kpet' (did you mean 'kept'?)" in second.run("%hpo list kpet")["text"]
        assert "there is no store 'sqlite:///other.db' yet" in second.run("%hpo list sqlite:///other.db")["text"]


def test_a_search_of_another_kernel_is_told_as_running(tmp_path):
    with kernel(tmp_path) as first, kernel(tmp_path) as second:
        for one in (first, second):
            one.run("%load_ext hpo_magic")
        first.run("%%hpo lasting -n 9999 --no-panel\nimport time\nx = 0.5  # hpo: 0.0..1.0\ntime.sleep(0.05)\nx")
        assert "lasting (version 1): running in another kernel, " in second.run("%hpo status lasting")["text"]
        first.run("%hpo stop lasting")
        assert "lasting (version 1): idle, " in second.run("%hpo status lasting")["text"]


def test_resume_runs_what_waits_in_the_queue_of_a_full_search(shared):
    shared.run(svm(4, options="--wait --no-panel --store :memory:", name="full"))
    assert "study 'full' has all of its 4 trials; to go on ask for more" in shared.run("%hpo resume full")["text"]
    shared.run("full.repeat(0); full.repeat(1)")
    shared.run("%hpo resume full\n%hpo wait full")
    assert shared.value("[t.parent for t in full.history.done]") == [None] * 4 + [0, 1]
    assert shared.value("full.limits.trials") == 6


def test_an_interrupt_ends_the_waiting_of_its_line_and_not_the_search(shared):
    shared.run("import time")
    shared.run("%%hpo awaited -n 400 --no-panel --store :memory:\na = 1.0  # hpo: 1.0..5.0\ntime.sleep(0.05)\na")
    shared.run("import _thread, threading; threading.Timer(0.5, _thread.interrupt_main).start()")
    told = shared.run("%hpo wait awaited")["text"]
    assert "no longer waited for; the search goes on, and %hpo stop awaited ends it" in told
    assert shared.value("str(awaited.phase)") == "running"
    shared.run("%hpo stop awaited")
    assert shared.value("str(awaited.phase)") == "stopped"


def test_a_cell_whose_store_was_deleted_begins_anew_in_a_new_one(shared):
    cell = "%%hpo deleted -n {} --wait --no-panel --store sqlite:///gone.db\na = 1.0  # hpo: 1.0..5.0\na"
    shared.run(cell.format(3))
    shared.run("import glob, os; [os.remove(file) for file in glob.glob('gone.db*')]")
    told = shared.run(cell.format(5))["text"]
    assert "goes on with" not in told and shared.value("len(deleted.trials), deleted.version") == (5, 1)
    assert shared.value("len(type(deleted).load('deleted', 'sqlite:///gone.db').trials)") == 5


def test_a_metric_that_is_a_parameter_is_said(shared):
    told = shared.run("%%hpo itself --minimize a -n 2 --wait --no-panel --store :memory:\na = 1.0  # hpo: 1.0..5.0\na")
    assert "a is sought and is a parameter itself: unless the cell sets it anew" in told["text"]


def test_what_was_edited_and_a_scheduler_that_hears_nothing_are_said(shared):
    cell = "%%hpo edited -n {} --wait --no-panel -s median\na = 1.0  # hpo: 1.0..5.0\na"
    told = shared.run(cell.format(3) + "\n")
    assert shared.value("edited.notices[-1]").startswith("trial 0 reported nothing, so median stops none early")
    assert told["text"].count("trial 0 reported nothing, so median stops none early") == 1  # said while it waits
    assert "edited since" not in told["text"]
    shared.run("edited.edit(lambda space: space.narrow('a', 1.0, 2.0)); edited.set_strategy('random')")
    told = shared.run(cell.format(5))["text"]
    assert "edited since the cell was written, and kept: ranges and options and the strategy, random" in told


def test_of_several_metrics_it_is_said_which_trial_is_applied(shared):
    shared.run(
        "%%hpo two_ends --wait --trials 8 --strategy random --seed 0 --minimize a b\n"
        "q = 0.5  # hpo: 0.0..1.0\na, b = q, 1 - q"
    )
    number = shared.value("two_ends.best.number")
    told = shared.run("%hpo apply two_ends")["text"]
    assert told.startswith(f"set from trial {number}: q = ")
    assert "; the best in a of 8 on the front, %hpo apply NUMBER takes another" in told
    assert "on the front" not in shared.run("%hpo apply two_ends 3")["text"]


def test_a_class_of_the_cell_that_pickle_cannot_find_is_told_with_its_cure(shared):
    answer = shared.run(
        "%%hpo nameless -n 3 --wait --store :memory:\nx = 1.0  # hpo: 0.0..2.0\nclass Net:\n    pass\n"
        "import pickle\npickle.dumps(Net())\nx"
    )
    assert "make it in an earlier cell: pickle looks it up in the notebook" in answer["error"] + answer["text"]


def test_a_result_that_is_shown_again_has_its_text_too(shared):
    shared.run("%%hpo shown_again -n 2 --wait --store :memory:\nx = 1.0  # hpo: 0.0..2.0\nx")
    answer = shared.run("%hpo show shown_again", allow_stdin=False)  # nobody watches, as under nbconvert
    assert "shown_again (version 1): finished, 2 trials done" in answer["plain"][-1]


def test_trials_that_redirect_their_output_leave_the_notebooks_alone(shared):
    """redirect_stdout sets the stream of the whole process: of two that overlap one was left for good."""
    shared.run(
        "%%hpo redirecting --minimize size --trials 21 --workers 2 --on threads --wait --no-panel --store :memory:\n"
        "import io, time, warnings\nfrom contextlib import redirect_stdout\nx = 1.0  # hpo: 0.0..2.0\n"
        "text = io.StringIO()\nwith redirect_stdout(text):\n    print('mine'); time.sleep(0.01 + 0.02 * x)\n    print(x)\n"
        "print('logged')\nsize = len(text.getvalue().splitlines())"
    )
    assert shared.value("{trial.value for trial in redirecting.trials}") == {2.0}
    assert shared.value("{trial.log for trial in redirecting.trials}") == {"logged"}
    assert shared.run("print('here')")["text"] == "here\n"


def test_trials_that_record_their_warnings_leave_the_notebooks_shown(shared):
    shared.run(
        "%%hpo recording --minimize x --trials 21 --workers 2 --on threads --wait --no-panel --store :memory:\n"
        "import time, warnings\nx = 1.0  # hpo: 0.0..2.0\nwith warnings.catch_warnings(record=True):\n"
        "    time.sleep(0.02 + 0.02 * x)"
    )
    answer = shared.run("import warnings\nwarnings.warn('shown?', stacklevel=1)")
    assert "shown?" in answer["text"]


def test_a_metric_may_have_a_name_that_python_reads_as_another(shared):
    """The micro sign of a keyboard becomes a Greek letter in a program."""
    shared.run(
        "%%hpo micro --minimize \u00b5 -n 2 --wait --no-panel --store :memory:\nx = 1.0  # hpo: 0.0..2.0\n\u00b5 = x"
    )
    assert shared.value("len(micro.history.done)") == 2


def test_what_trials_share_of_the_notebook_is_said(shared):
    shared.run(
        "from sklearn.svm import SVC\nfrom sklearn.preprocessing import FunctionTransformer\n"
        "model, table, folds = SVC(), {}, iter([1, 2, 3])\ndef cut(x): return x * q\nft = FunctionTransformer(cut)\nq = 1"
    )
    told = shared.run(
        "%%hpo sharing --minimize loss -n 2 --wait --no-panel --store :memory:\n"
        "q = 1.0   # hpo: 0.0..9.0\n"
        "model.set_params(C=q)\n"
        "table['q'] = q\n"
        "loss = model.C + len(table) + sum(folds) + ft.transform([[1]])[0][0]"
    )["text"].replace("\n", " ")
    assert "line 3 changes model itself, which all trials share" in told
    assert "write model = sklearn.base.clone(model) above it" in told
    assert "line 4 changes table itself" in told and "write table = table.copy() above it" in told
    assert "folds can be gone through once" in told
    assert "ft reads q, which the cell sets, but is made outside of it" in told


def test_time_runs_on_the_trials_names_and_what_knows_only_the_notebooks_is_refused(shared):
    shared.run("C = 1.0")
    cell = "%%hpo timed --minimize loss -n 4 --wait --no-panel --store :memory: {}\nC = 2.0  # hpo: 1.0..9.0\n{}\nloss = v[0]"
    shared.run(cell.format("", "%time v = [C for _ in range(1)]"))
    assert shared.value("[t.value == t.config['C'] for t in timed.trials]") == [True] * 4
    assert "Wall time: " in shared.value("timed.trials[1].log") and shared.value("'v' in globals()") is False
    shared.run(cell.format("", "def twice(w):\n    r = %time [w * 2 for _ in range(1)]\n    return r\nv = twice(C)"))
    assert shared.value("[t.value == 2 * t.config['C'] for t in timed.trials]") == [True] * 4
    shared.run(cell.format("", "v = [0]\nt = %timeit -o -n1 -r1 v.append(C)\nv = v[1:]"))
    assert shared.value("[t.value == t.config['C'] for t in timed.trials]") == [True] * 4
    shared.run(cell.format("", "%env OF_A_TRIAL=$C\nimport os\nv = [float(os.environ['OF_A_TRIAL'])]"))
    assert shared.value("[t.value == t.config['C'] for t in timed.trials]") == [True] * 4
    shared.run(cell.format("", "%prun v = [C]"))
    assert "%prun works on the notebook's names" in shared.value("str(timed.trials[0].error)")
    told = shared.run(cell.format("--on processes --workers 2", "%time v = [C for _ in range(1)]"))
    assert "%time needs the notebook, so trials cannot run in other processes" in told["text"] + told["error"]
    shared.run(
        cell.format("--on processes --workers 2", "%matplotlib inline\nv = [C]; display(C, display_id=True).update(C)")
    )
    assert shared.value("len(timed.history.done)") == 4


def test_trials_that_failed_for_want_of_a_name_count_no_longer_when_it_is_there(shared):
    cell = "%%hpo wanting --minimize loss -n 6 --wait --no-panel --store :memory:\na = 2.0  # hpo: 1.0..9.0\nloss = later(a)"
    shared.run(cell)
    assert shared.value("[str(t.state) for t in wanting.trials]") == ["failed"] * 3
    shared.run("def later(a): return a")
    told = shared.run(cell)["text"]
    assert "trials 0, 1, 2 failed for want of a name that is there now" in told
    assert shared.value("len(wanting.history.done), wanting.history.done[0].config['a']") == (6, 2.0)


def test_the_store_stays_beside_the_notebook_and_applied_values_train_anew(shared):
    cell = (
        "%%hpo staying --minimize loss -n {} --wait --no-panel --store sqlite:///staying.db\n"
        "from hpo_magic import checkpoint\na = 2.0  # hpo: 1.0..9.0\nfile = checkpoint() / 'a'\n"
        "if not file.exists(): file.write_text(str(a))\nloss = float(file.read_text())"
    )
    shared.run(cell.format(2))
    shared.run("import os; home = os.getcwd(); os.makedirs('below', exist_ok=True); os.chdir('below')")
    assert "goes on with version 1: 2 of 4 trials" in shared.run(cell.format(4))["text"]
    assert "staying" in shared.run("%hpo list sqlite:///staying.db")["text"]
    shared.run("os.chdir(home)")
    shared.run(cell.format(4).partition("\n")[2])
    shared.run("%hpo apply staying")
    shared.run(cell.format(4).partition("\n")[2].replace("a = 2.0", "a = staying.best.config['a']"))
    assert shared.value("loss == staying.best.config['a']") is True
