from __future__ import annotations

import json
import linecache
import textwrap
from weakref import proxy

import numpy as np
import pytest

from hpo_magic.errors import CellError
from hpo_magic.jupyter.cell import read_cell
from hpo_magic.jupyter.cell.functions import stale
from hpo_magic.jupyter.cell.missing import check_names
from hpo_magic.run.failure import failure_of
from hpo_magic.space.words import words


def cell(source, *metrics, **options):
    return read_cell(textwrap.dedent(source).lstrip("\n"), metrics, **options)


def domains(source):
    """{name: annotation and condition} of a cell."""
    space = cell(source + "\n0").space
    return {n: words(d) + (f" when {c.text}" if (c := space.condition(n)) else "") for n, d in space.items()}


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("lr = 1e-3  # hpo: 1e-5..1e-1 log", "1e-05..0.1 log"),
        ("lr = 1e-3  #hpo:1e-5 .. 1e-1   log", "1e-05..0.1 log"),
        ("n = 8  # hpo: 1..10_000 log", "1..10000 log"),
        ("n = 4  # hpo: 0..8 step 2", "0..8 step 2"),
        ("x = -0.5  # hpo: -1..0.5 step 0.25", "-1.0..0.5 step 0.25"),
        ("x = 0.5  # hpo: .1..1.", "0.1..1.0"),
        ("act = 'relu'  # hpo: relu | tanh | None", "relu | tanh | None"),
        ("s = 'a|b'  # hpo: 'a|b' | \"c d\"", "a|b | c d"),
        ("layers = (64,)  # hpo: (64,) | (64, 32)", "(64,) | (64, 32)"),
        ("epochs = 81  # hpo: 1..81 budget", "1..81 budget"),
        ("rows = 500  # hpo: 500..10_000 budget log", "500..10000 budget log"),
        ("lr: float = 1e-3  # hpo: 1e-5..1e-1 log", "1e-05..0.1 log"),
        ("lr: Annotated[float, Float(1e-5, 1e-1, log=True)] = 1e-3", "1e-05..0.1 log"),
        ("lr: Float(1e-5, 1e-1, log=True) = 1e-3", "1e-05..0.1 log"),
        ("lr: hpo_magic.Int(1, 8) = 2", "1..8"),
        ("lr: Choice(['a', 'b']) = 'a'", "a | b"),
        ('lr = 0.5 #@param {type:"slider", min:0, max:1, step:0.25}', "0.0..1.0 step 0.25"),
        ('n = 3 #@param {type:"slider", min:0, max:9, step:1}', "0..9"),
        ('k = "a" #@param ["a", "b"]', "a | b"),
        ('k = 2 #@param ["1", "2"] {type:"raw"}', "1 | 2"),
        ("lr = (\n    1e-3  # hpo: 1e-5..1e-1 log\n)", "1e-05..0.1 log"),
        ("lr = (\n    1e-3\n)  # hpo: 1e-5..1e-1 log", "1e-05..0.1 log"),
    ],
)
def test_every_form_of_annotation(line, expected):
    assert list(domains(line).values()) == [expected]


def test_the_promise_of_the_design():
    assert domains(
        """C = 1.0            # hpo: 1e-3..1e3 log
kernel = "rbf"     # hpo: rbf | poly
if kernel == "rbf":
    gamma = 0.1    # hpo: 1e-4..10 log
else:
    degree = 3     # hpo: 2..5"""
    ) == {
        "C": "0.001..1000.0 log",
        "kernel": "rbf | poly",
        "gamma": "0.0001..10.0 log when kernel == 'rbf'",
        "degree": "2..5 when kernel != 'rbf'",
    }


@pytest.mark.parametrize(
    ("test", "when"),
    [
        ("a == 1", "a == 1"),
        ("not a == 1", "a != 1"),
        ("a in (1, 2) and b", "a in (1, 2) and b"),
        ("a > 1 or b", "a > 1 or b"),
        ("1 < a < 3", "1 < a < 3"),
        ("not (a == 1 or b)", "a != 1 and (not b)"),
        ("a == 1 and debug", "a == 1"),  # what the parameters do not decide is left open
        ("a == 1 or debug", None),
        ("debug", None),
        ("f(a) == 1", None),
        ("a == other", None),
    ],
)
def test_conditions_of_an_if_hold_or_are_loosened_never_tightened(test, when):
    found = domains(f"a = 1  # hpo: 1 | 2 | 3\nb = True  # hpo: True | False\nif {test}:\n    x = 1  # hpo: 1..5")
    assert found["x"] == "1..5" + (f" when {when}" if when else "")


@pytest.mark.parametrize(
    ("flag", "test", "when"),
    [
        ("linear = k in ('a', 'b')", "linear", "k in ('a', 'b')"),
        ("linear = k == 'a'", "not linear and n > 1", "k != 'a' and n > 1"),
        ("one = k == 'a'\nlinear = one or n == 2", "linear", "k == 'a' or n == 2"),
        ("linear = fit(k) > 3", "linear", None),  # what is called may answer otherwise each time
        ("linear = k == 'a'\nlinear = True", "linear", None),
        ("linear = k == other", "linear", None),
        ("if n: linear = k == 'a'", "linear", None),
        ("def f(linear): pass\nlinear = k == 'a'", "linear", None),
    ],
)
def test_a_test_that_has_a_name_makes_the_condition_that_it_is(flag, test, when):
    head = "k = 'a'  # hpo: a | b | c\nn = 1  # hpo: 1..3\n"
    found = domains(f"{head}{flag}\nif {test}:\n    x = 1  # hpo: 1..5")
    assert found["x"] == "1..5" + (f" when {when}" if when else "")


def test_elif_and_nesting():
    found = domains(
        """k = 'a'  # hpo: a | b | c
if k == 'a':
    x = 1  # hpo: 1..3
elif k == 'b':
    y = 1  # hpo: 1..3
    if y > 1:
        z = 1  # hpo: 1..3
else:
    w = 1  # hpo: 1..3"""
    )
    assert found["y"] == "1..3 when k != 'a' and k == 'b'"
    assert found["z"] == "1..3 when k != 'a' and k == 'b' and (y > 1)"
    assert found["w"] == "1..3 when k != 'a' and k != 'b'"


@pytest.mark.parametrize(
    "source",
    [
        "e = 9  # hpo: 1..27 budget\nif e < 5:\n    x = 1  # hpo: 1..5",  # another at every rung
        "e = 9  # hpo: 1..27 budget\nfor i in range(e):\n    x = 1  # hpo: 1..5",
        "k = SMALL  # hpo: SMALL | BIG\nif k == 10:\n    x = 1  # hpo: 1..5",  # what a name stands for the cell knows
        "k = f  # hpo: f | g\nif k == 'f':\n    x = 1  # hpo: 1..5",
        "k = f  # hpo: f | g\nif k is h or k(1):\n    x = 1  # hpo: 1..5",
        "k = SMALL  # hpo: SMALL | BIG\nfor i in range(k):\n    x = 1  # hpo: 1..5",
        "k = 'a'  # hpo: a | b\nmatch 5:\n    case k: pass\nif k == 'a':\n    x = 1  # hpo: 1..5",
        "k = 'a'  # hpo: a | b\nimport math as k\nif k == 'a':\n    x = 1  # hpo: 1..5",
        "k = 'a'  # hpo: a | b\ndef f(k):\n    if k == 'c':\n        x = 1  # hpo: 1..5",  # an argument of that name
        "n = 2  # hpo: 1..4\ndef f(n):\n    for i in range(n):\n        x = 1  # hpo: 1..5",
        "n = 2  # hpo: 1..4\nn = n + 1\nfor i in range(n):\n    x = 1  # hpo: 1..5",
        "n = 2  # hpo: 1..4\nfor i in range(n):\n    for i in 'ab': pass\n    x = 1  # hpo: 1..5",
    ],
)
def test_what_decides_nothing_for_certain_makes_no_condition(source):
    assert domains(source)["x"] == "1..5"


def test_an_option_by_its_own_name_makes_a_condition():
    """A config holds the name, the cell what it stands for."""
    found = domains(
        """from nn import gelu
act = relu  # hpo: relu | tanh | gelu
if act is relu:
    a = 1  # hpo: 1..3
elif act in (tanh, gelu):
    b = 1  # hpo: 1..3
if not act is gelu:
    c = 1  # hpo: 1..3"""
    )
    assert found["a"] == "1..3 when act == 'relu'"
    assert found["b"] == "1..3 when act != 'relu' and act in ('tanh', 'gelu')"
    assert found["c"] == "1..3 when act != 'gelu'"


@pytest.mark.parametrize(
    "source",
    [
        "k = dim  # hpo: dim | 64\nif k == dim:\n    x = 1  # hpo: 1..5",  # it may be 64
        "k = dim  # hpo: dim | -1\nif k == -1:\n    x = 1  # hpo: 1..5",
        "k = p  # hpo: p | None\nif k is None:\n    x = 1  # hpo: 1..5",
        "k = r.a  # hpo: r.a | r.b\nif k is r.a:\n    x = 1  # hpo: 1..5",  # a bound method is another each time
        "w = 1  # hpo: 1..3\nk = w  # hpo: w | v\nif k is w:\n    x = 1  # hpo: 1..5",
        "k = f  # hpo: f | g\nf = f()\nif k is f:\n    x = 1  # hpo: 1..5",
        "k = f  # hpo: f | g\nfor f in (1, 2):\n    if k is f:\n        x = 1  # hpo: 1..5",
        "k = f  # hpo: f | g\ndef h(f):\n    if k is f:\n        x = 1  # hpo: 1..5",
    ],
)
def test_names_that_may_stand_for_the_same_or_for_another_make_no_condition(source):
    assert domains(source)["x"] == "1..5"


def test_two_options_that_are_one_thing_cannot_be_told_apart_by_a_condition():
    told = cell("k = f  # hpo: f | g\nif k is f:\n    x = 1  # hpo: 1..5\n1")
    check_names(told, {"f": abs, "g": len})
    for same in (abs, 3):
        with pytest.raises(CellError, match="k = f and k = g are the same, and a condition tells them apart; drop one"):
            check_names(told, {"f": same, "g": same})


def test_a_comprehensions_variable_is_its_own():
    found = domains("n = 2  # hpo: 1..2\nfor i in range(n):\n    a = [i for i in 'ab']\n    x = 1  # hpo: 1..5")
    assert list(found) == ["n", "x[0]", "x[1]"]


@pytest.mark.parametrize("field", ["lr: float = 0.1  # hpo: 0.0..1.0", "lr: Float(0.0, 1.0) = 0.1",
                                   "lr: Annotated[float, Float(0.0, 1.0)] = 0.1"])  # fmt: skip
def test_a_field_of_a_dataclass_stays_one(field):
    read = cell(
        f"from dataclasses import dataclass\n@dataclass\nclass Config:\n    {field}\n    n: int = 3\nConfig().lr"
    )
    assert read.objective({"__name__": "__main__"})({"lr": 0.7}) == {"result": 0.7}
    made = read.objective({"__name__": "__main__"}).run({"lr": 0.7})["Config"](lr=0.2, n=1)
    assert (made.lr, made.n) == (0.2, 1)


def test_what_a_function_of_the_notebook_sets_as_global_is_the_trials_own():
    notebook = {"__name__": "__main__", "model": 3.0}
    exec("def fit(C):\n    global model\n    model = C\ndef told(): return model", notebook)
    read = cell("C = 1.0  # hpo: 0.0..9.0\nfit(C)\n(model, told())[0] + told()")
    assert read.objective(notebook)({"C": 4.0}) == {"result": 8.0}
    assert notebook["model"] == 3.0


def test_one_name_in_two_functions_and_mixed_types_are_said_to_be_doubtful():
    doubts = cell(
        """
        def enc():
            depth = 2  # hpo: 1..4
            return depth
        def dec():
            depth = 3  # hpo: 1..4
            return depth
        n = 100  # hpo: 1e1..1e3 log
        C = 1.0  # hpo: 0..10
        enc() + dec()"""
    ).doubts
    assert [text.split(";")[1] for text in doubts] == [
        " write 10..1000 for whole ones",
        " write 0.0..10.0 for real ones",
        " give the two different names to tune each by itself",
    ]
    assert doubts[-1].startswith("depth stands in enc and in dec: it is one parameter")


def test_a_match_is_the_ifs_that_it_stands_for():
    found = domains(
        """k = 'a'  # hpo: a | b | c | None
n = 1  # hpo: 1..9
match k:
    case 'a':
        x = 1  # hpo: 1..3
    case 'b' if n > 4:
        y = 1  # hpo: 1..3
    case 'b' | None as it:
        z = 1  # hpo: 1..3
    case _:
        w = 1  # hpo: 1..3
match (k, n % 2):
    case ('a', 1):
        v = 1  # hpo: 1..3"""
    )
    assert found["x"] == "1..3 when k == 'a'"
    assert found["y"] == "1..3 when k != 'a' and k == 'b' and (n > 4)"
    assert found["z"] == "1..3 when k != 'a' and (k != 'b' or not n > 4) and (k == 'b' or k is None)"
    left = "k != 'a' and (k != 'b' or not n > 4) and (k != 'b' and k is not None)"
    assert found["w"] == f"1..3 when {left}"
    assert found["v"] == "1..3 when k == 'a'"  # what the parameters do not decide by themselves is left open


def test_a_match_over_several_parameters_is_their_tests_together():
    found = domains(
        """k = 'a'  # hpo: a | b | None
n = 1  # hpo: 1..9
match (k, n):
    case ('a', 1 | 2):
        v = 1  # hpo: 1..3
    case [None, many] if many > 3:
        w = 1  # hpo: 1..3
    case 'b', _:
        x = 1  # hpo: 1..3
    case (_, _):
        y = 1  # hpo: 1..3
match k, n:
    case ('a', *_):
        z = 1  # hpo: 1..3"""
    )
    assert found["v"] == "1..3 when k == 'a' and (n == 1 or n == 2)"
    above = "(k != 'a' or (n != 1 and n != 2))"
    assert found["w"] == f"1..3 when {above} and k is None"
    assert found["x"] == f"1..3 when {above} and k == 'b'"
    assert found["y"] == f"1..3 when {above} and k != 'b'"
    assert found["z"] == "1..3"


def test_a_match_over_what_stands_below_is_refused_with_its_line():
    with pytest.raises(CellError, match="the condition reads 'b', which is set further down") as caught:
        cell("match b:\n    case 1:\n        x = 2  # hpo: 1..6\nb = 1  # hpo: 1..2\nx")
    assert caught.value.line == 3


def test_a_parameter_that_the_cell_sets_again_decides_nothing():
    found = domains("a = 1  # hpo: 1 | 2\na = a + 1\nif a == 1:\n    x = 1  # hpo: 1..5")
    assert found["x"] == "1..5"


def test_the_same_annotation_in_two_branches_is_one_parameter():
    found = domains(
        """k = 'a'  # hpo: a | b | c
if k == 'a':
    x = 1  # hpo: 1..3
elif k == 'b':
    x = 2  # hpo: 1..3"""
    )
    assert found["x"] == "1..3 when k == 'a' or (k != 'a' and k == 'b')"


def test_loops_make_a_parameter_a_pass():
    read = cell(
        """
        n = 2  # hpo: 1..3
        sizes = []
        for i in range(n):
            width = 8  # hpo: 4..64
            if width > 16:
                drop = 0.5  # hpo: 0.0..0.5
            sizes.append(width)
        total = sum(sizes)
        """,
        "total",
    )
    assert list(read.space) == ["n", "width[0]", "width[1]", "width[2]", "drop[0]", "drop[1]", "drop[2]"]
    assert read.space.condition("drop[1]").text == "n > 1 and width[1] > 16"
    config = {"n": 2, "width[0]": 10, "width[1]": 20, "drop[1]": 0.1}
    assert read.space.validate(config)
    namespace = read.objective({}).run(config)
    assert namespace["sizes"] == [10, 20] and namespace["drop"] == 0.1


def test_each_pass_may_have_a_default_of_its_own():
    read = cell("n = 2  # hpo: 1..3\nfor i in range(n):\n    w = (64, 32)[i]  # hpo: 4..128\nn")
    assert read.space.defaults() == {"n": 2, "w[0]": 64, "w[1]": 32}
    assert read.space["w[2]"].default == 32
    typed = cell("n = 1  # hpo: 1..2\nfor i in range(n):\n    w: Int(4, 128) = (64, 32)[i]\nn")
    assert typed.space.defaults() == {"n": 1, "w[0]": 64}


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("i = 1\nw = (1, 2)[i]  # hpo: 1..9\nw", "'\\(1, 2\\)\\[i\\]' is one a pass, and 'w' is repeated by nothing"),
        (
            "n = 1  # hpo: 1..2\nfor i in range(n):\n    w = (1, 2)[j]  # hpo: 1..9\nn",
            "repeated by 'i'; write a single",
        ),
        ("n = 1  # hpo: 1..2\nfor i in range(n):\n    w = (1, 20)[i]  # hpo: 1..9\nn", "20"),
        (
            "n = 1  # hpo: 1..2\nfor i in range(n):\n    w = (1, f())[i]  # hpo: 1..9\nn",
            "'f\\(\\)' is neither a literal",
        ),
        ("n = 1  # hpo: 1..2\nfor i in range(n):\n    w = ws[i]  # hpo: 1..9\nn", "'ws\\[i\\]' is neither a literal"),
        ("n = 1  # hpo: 1..2\nfor i in range(n):\n    w = ()[i]  # hpo: 1..9\nn", "is neither a literal"),
    ],
)
def test_defaults_of_passes_that_no_loop_has_are_refused(source, message):
    with pytest.raises(CellError, match=message):
        cell(source)


def test_loops_in_loops():
    read = cell(
        "n = 1  # hpo: 1..2\nm = 1  # hpo: 1..2\nfor i in range(n):\n  for j in range(m):\n    w = 1  # hpo: 1..9\n0"
    )
    assert "w[1][0]" in read.space and read.space.condition("w[1][0]").text == "n > 1 and m > 0"
    assert read.objective({}).run({"n": 1, "m": 2, "w[0][0]": 3, "w[0][1]": 7})["w"] == 7


def test_names_of_the_notebook_are_looked_up_when_chosen():
    read = cell("act = relu  # hpo: relu | tanh | nn.gelu | None\nact(-1) if act else 0")
    assert read.names == {"relu", "tanh", "nn.gelu"}
    run = read.objective({"relu": abs, "tanh": np.tanh})  # nn is not there, and not needed
    assert run({"act": "relu"}) == {"result": 1}
    assert run({"act": None}) == {"result": 0}
    with pytest.raises(NameError):
        run({"act": "nn.gelu"})


def test_only_the_annotated_value_is_replaced_and_functions_see_the_cells_names():
    read = cell(
        """
        scale = 2
        def f(x):
            return scale * x
        x = 1  # hpo: 1..9
        loss = f(x) + other
        """,
        "loss",
    )
    assert read.objective({"other": 10, "x": 99, "loss": -1})({"x": 5}) == {"loss": 20}


def test_the_namespace_is_a_copy():
    namespace = {"x": "mine"}
    cell("x = 1  # hpo: 1..9\nx").objective(namespace)({"x": 5})
    assert namespace == {"x": "mine"}


def test_top_level_await():
    read = cell("import asyncio\nx = 1  # hpo: 1..9\nawait asyncio.sleep(0)\nloss = x * 2", "loss")
    assert read.objective({})({"x": 4}) == {"loss": 8}


def test_tracebacks_show_the_users_own_lines():
    read = cell("x = 1  # hpo: 1..9\n\nloss = 1 / (x - 5)\n", "loss")
    with pytest.raises(ZeroDivisionError) as caught:
        read.objective({})({"x": 5})
    failure = failure_of(caught.value)
    assert (failure.line, failure.source) == (4, "loss = 1 / (x - 5)")  # line 1 is that of %%hpo
    assert "line 4, in <module>\n    loss = 1 / (x - 5)" in failure.traceback
    assert "program.py" not in failure.traceback
    linecache.checkcache()


@pytest.mark.parametrize(
    ("source", "line", "message"),
    [
        ("x = 1  # hpo: 5..2", 2, "low=5 must be below high=2"),
        ("y = 0\nx = 1  # hpo: 0..5 log", 3, "low=0 must be above 0 with log=True"),
        ("x = 9  # hpo: 1..2", 2, "default=9 must be in [1, 2]; change the default or the range"),
        ("x = 1.5  # hpo: 1..2", 2, "default=1.5 must be a whole number"),
        ("x = 'c'  # hpo: a | b", 2, "the default 'c' must be one of 'a' | 'b'"),
        ("x = None  # hpo: a | b", 2, "the default None must be one of"),
        ("x = None  # hpo: 1..2", 2, "the default None must be a number inside 1..2"),
        ("x = 'a'  # hpo: a | b | a", 2, "the option 'a' is there twice"),
        ("x = 'a'  # hpo: a |", 2, "an option is empty"),
        ("x = 'a'  # hpo:", 2, "the annotation is empty"),
        ("x = 'a'  # hpo: relu", 2, "'relu' is no annotation; write a range such as"),
        ("x = 1  # hpo: 1..5 lgo", 2, "'lgo' behind the range is unknown"),
        ("x = 1  # hpo: 1..5 log log", 2, "'log' behind the range is twice"),
        ("x = 1  # hpo: 1..5 step", 2, "step '' is no number"),
        ("x = 1  # hpo: a..b", 2, "is no range; write two numbers"),
        ("x = 1.5  # hpo: 1.0..2 budget", 2, "a budget runs over whole numbers"),
        ("x = f()  # hpo: 1..5", 2, "the default 'f()' is neither a literal nor a name"),
        ("x, y = 1, 2  # hpo: 1..5", 2, "is no plain name"),
        ("x.y = 1  # hpo: 1..5", 2, "'x.y' is no plain name"),
        ("x += 1  # hpo: 1..5", 2, "only an assignment can be annotated"),
        ("x: int  # hpo: 1..5", 2, "'x' has no default"),
        ("f(1)  # hpo: 1..5", 2, "only an assignment can be annotated"),
        ("# hpo: 1..5\nx = 1", 2, "the annotation belongs to no assignment"),
        ("a = 1; b = 2  # hpo: 1..5", 2, "several statements share the line"),
        ("x = (1  # hpo: 1..5\n)  # hpo: 1..5", 3, "two annotations"),
        ("x: Int(1, 5) = 1  # hpo: 1..5", 2, "annotated by type and by comment"),
        ("x: Int(1, n) = 1", 2, "the argument 'n' is no literal"),
        ("x: Int(1) = 1", 2, "Int(1): "),
        ("x: Int(1, 5, when='y') = 1", 2, "when= is not for cells"),
        ("x = 1  # hpo: 1..5\nif 1:\n    x = 2  # hpo: 1..6", 4, "'x' has another domain on line 2"),
        ("if b == 1:\n    x = 2  # hpo: 1..6\nb = 1  # hpo: 1..2", 2, "the condition reads 'b', which is set further down"),
        ("a = 1  # hpo: 1..5 budget\nb = 1  # hpo: 1..5 budget", 3, "a second budget"),
        ("n = 0.5  # hpo: 0.0..3.0\nfor i in range(n):\n    x = 1  # hpo: 1..2", 3, "needs 'n' to be a whole number"),
        ("for i in range(n):\n    n = -3  # hpo: -5..-1", 3, "'n' lies in a loop that never runs"),
        ("n = 1  # hpo: 1..5000\nfor i in range(n):\n    x = 1  # hpo: 1..2", 3, "may run 5000 times"),
        ("x = 1 #@param {type:\"slider\", min:0}", 2, "the slider lacks a number for 'max'"),
        ("x = 1 #@param whatever", 2, "is no form"),
        ("def f(:", 2, "invalid syntax"),
        ("x = 1\n  y = 2", 3, "invalid syntax"),
        ("__hpo_x = 1  # hpo: 1..5", 2, "is reserved"),
    ],
)  # fmt: skip
def test_an_error_quotes_its_line_and_names_the_cure(source, line, message):
    with pytest.raises(CellError) as caught:
        cell(source + "\n0")
    assert message in str(caught.value)
    assert caught.value.line == line
    assert source.split("\n")[line - 2].strip() in str(caught.value)


@pytest.mark.parametrize(
    ("source", "metrics", "message"),
    [
        ("x = 1", (), "the cell has no parameter to tune"),
        ("", (), "the cell has no parameter to tune"),
        ("x = 1  # hpo: 1..5", (), "names no metric and does not end in an expression"),
        ("x = 1  # hpo: 1..5\nlos = x", ("loss",), "never sets the metric 'loss' (did you mean 'los'?)"),
        ("x = 1  # hpo: 1..5\ndef f():\n    loss = 1", ("loss",), "never sets the metric 'loss'"),
    ],
)
def test_a_cell_that_is_no_objective_is_explained(source, metrics, message):
    with pytest.raises(CellError) as caught:
        cell(source, *metrics)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    "setting",
    ["loss = 1", "for loss in [1]: pass", "import math as loss", "with f() as loss: pass", "(loss := 1)", "exec('loss = 1')",
     "from m import *", "def loss(): pass", "if x:\n    loss = 2", "try:\n    loss = 1\nexcept E: pass", "loss: int = 3"],
)  # fmt: skip
def test_every_way_to_set_the_metric_counts(setting):
    assert cell(f"x = 1  # hpo: 1..5\n{setting}", "loss").metrics == ("loss",)


def test_forms_of_colab_that_name_no_range_are_left_alone():
    assert list(domains('x = 1  # hpo: 1..5\ntitle = "t" #@param {type:"string"}')) == ["x"]


def test_reformatting_and_new_defaults_do_not_change_the_meaning():
    one = cell("x = 1  # hpo: 1..5\nloss = x*2", "loss")
    assert cell("x = (\n    4  # hpo: 1..5\n)\n# a remark\nloss = x * 2", "loss").meaning == one.meaning
    assert cell("x = 1  # hpo: 1..5\nloss = x*3", "loss").meaning != one.meaning


def test_an_annotation_may_stand_behind_or_before_another_comment():
    found = domains("a = 2  # noqa  # hpo: 1..20\nb = 3  # layers; hpo: 1..9\nc = 1  # hpo: 1..4  # the third")
    assert found == {"a": "1..20", "b": "1..9", "c": "1..4"}


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("a = 1  # hpo 1..3", "lacks its colon"),
        ("a = 0.1  # hpo: 1e-3...1 log", "has three dots; write two between numbers"),
        ("a = 0.1  # hp: 1e-3..1.0 log", "hp: is no annotation; write # hpo: …"),
        ("a = 'x'  # hop: x | y", "hop: is no annotation; write # hpo: …"),
        ("a = 0.1  # hpo: 0..1 log", "line 3: low=0 must be above 0 with log=True; raise it or drop log"),
        ("a = None  # hpo: None | 1..5", "'1..5' is a range"),
    ],
)
def test_what_is_nearly_an_annotation_is_explained(line, message):
    with pytest.raises(CellError, match=message):
        read_cell(f"b = 1  # hpo: 1..3\n{line}\nb")


def test_annotations_in_a_match():
    found = domains("k = 'a'  # hpo: a | b\nmatch k:\n    case [*_]:\n        x = 1  # hpo: 1..4")
    assert found["x"] == "1..4"


def test_the_cells_own_values_are_those_of_the_branch_that_it_takes():
    read = read_cell("k = 'b'  # hpo: a | b\nif k == 'a':\n    x = 1  # hpo: 1..5\nelse:\n    x = 2  # hpo: 1..5\nx")
    assert read.space.defaults() == {"k": "b", "x": 2}


def test_an_error_in_an_annotated_value_is_one_of_its_own_line():
    import numpy as np

    from hpo_magic.run.failure import failure_of

    read = read_cell("one = 1\n\n\nact = np.sin  # hpo: np.sin | np.nope\nact(1.0)")
    with pytest.raises(AttributeError) as caught:
        read.objective({"np": np})({"act": "np.nope"})
    assert failure_of(caught.value).line == 5


def test_functions_of_the_notebook_see_the_trials_values():
    namespace = {"__name__": "__main__", "lr": 0.3}
    exec("def loss(): return (lr - 0.1) ** 2\ndef train(scale=2): return scale * loss()", namespace)
    objective = read_cell("lr = 0.5  # hpo: 0.0..1.0\ntrain()").objective(namespace)
    assert objective({"lr": 0.6})["result"] == pytest.approx(0.5)
    assert namespace["train"]() == pytest.approx(0.08)  # the notebook's own is as it was


def test_lists_are_lists_and_tuples_are_tuples():
    read = read_cell("a = [64]  # hpo: [64] | (64, 32)\n[type(a).__name__, a]")
    results = [read.objective({})({"a": option})["result"] for option in read.space["a"].options]
    assert results == [["list", [64]], ["tuple", (64, 32)]]
    again = type(read.space).from_json(json.loads(json.dumps(read.space.to_json())))
    assert again == read.space and [type(o) for o in again["a"].options] == [list, tuple]


def test_a_real_default_beside_whole_bounds_is_doubted():
    assert cell("C = 1.0  # hpo: 0..10\nC").doubts == (
        "C is tried at whole numbers only, as 0 and 10 are; write 0.0..10.0 for real ones",
    )
    for clear in ("C = 1  # hpo: 0..10", "C = 1.0  # hpo: 0.0..10.0", "C: Int(0, 10) = 1.0"):
        assert cell(clear + "\nC").doubts == ()


def test_what_is_commented_out_is_no_annotation_and_one_with_equals_signs_is():
    kept = read_cell("mode = (\n    'a=b'\n    # hpo: 'a=b' | 'c=d'\n)\n# old = 3  # hpo: 1..5\nlen(mode)")
    assert kept.space.names == ("mode",)
    with pytest.raises(CellError, match="belongs to no assignment"):
        read_cell("x = 1.0  # hpo: 0.0..2.0\n# hpo: 0.0..1.0 step=0.1\nx")


def test_two_names_at_once_and_a_plain_syntax_error_are_said_once():
    with pytest.raises(CellError, match="stands at x and y at once; give each a line of its own"):
        cell("x = y = 1.0  # hpo: 0.0..2.0\nx")
    with pytest.raises(CellError) as refused:
        cell("x = 1.0  # hpo: 0.0..2.0\nx +* 2")
    assert str(refused.value).count("invalid syntax") == 1


LEARNERS = """learner = 'svm'  # hpo: svm | knn | forest
if learner == 'svm':
    C = 4.0  # hpo: 1e-3..1e3 log
    model = svm(C)
elif learner == 'knn':
    k = 5  # hpo: 1..99
    model = knn(k)
loss = score(model)"""


def test_a_name_that_some_options_leave_to_the_notebook_is_told():
    told = cell(LEARNERS, "loss")
    assert told.in_notebook({"svm": 1}) == []  # there the trial fails by itself: NameError
    assert cell("def f():\n    return 3\n" + KIND + "loss = (model + f()) * 2", "loss").in_notebook({"model": 1})
    assert told.in_notebook({"model": 1}) == [
        "model is set in lines 5, 8 only: where learner = forest trials read the model that the notebook has; "
        "set it there too, or delete it from the notebook"
    ]


KIND = "kind = 'a'  # hpo: a | b\nif kind == 'a':\n    model = 1\n"


def test_what_decides_whether_a_left_over_name_is_read_is_told_too():
    source = "q = 'x'  # hpo: x | y\n" + KIND + "loss = 0\nif q == 'x' or flag:\n    loss = model"
    (told,) = cell(source, "loss").in_notebook({"model": 1})
    assert "where kind = b, q = x trials read the model" in told


def test_of_a_name_that_cannot_be_the_notebooks_nothing_is_told():
    source = KIND.replace("model", "loss") + "print(loss)"
    assert not cell(source, "loss").in_notebook({"loss": 1})  # metrics are taken out before a trial
    assert not cell(source + "\n1", kept=["loss"]).in_notebook({"loss": 1})


@pytest.mark.parametrize(
    "source",
    [
        KIND + "loss = model if kind == 'a' else 0",
        KIND + "loss = int(kind == 'a' and model)",
        KIND + "loss = sum(model for i in range(3) if kind == 'a')",
        KIND + "g = lambda: model\nloss = g() if kind == 'a' else 2",
        KIND + "loss = 0\nfor i in range(3):\n    if kind == 'b':\n        continue\n    loss += model",
        KIND + "assert kind == 'a'\nloss = model",
        KIND + "else:\n    sys.exit()\nloss = model",
        KIND + "else:\n    raise ValueError\nloss = model",
        KIND + "loss = 0\nwhile kind == 'a' and loss < 3: loss += model",
        KIND + "loss = 0\nfor i in range(3 if kind == 'a' else 0): loss += model",
        KIND + "try:\n    loss = f()\nexcept ValueError:\n    loss = model",
        KIND + "else:\n    match 5:\n        case model: pass\nloss = model",
        KIND + "else:\n    exec('model = 3')\nloss = model",
        KIND + "else:\n    globals()['model'] = 3\nloss = model",
        KIND + "def f():\n    global model\n    model = 2\nif kind == 'b':\n    f()\nloss = model",
        KIND + "else:\n    from math import *\nloss = model",
        KIND + "else:\n    import os as model\nloss = model",
        KIND + "else:\n    class model: pass\nloss = model",
        LEARNERS.replace(" | forest", ""),  # every option sets it
        LEARNERS.replace("elif learner == 'knn'", "else"),
        "model = default\n" + LEARNERS,
        LEARNERS + "\nmodel = 1",
        LEARNERS.replace("svm(C)", "svm(C, model)").replace("if", "x = model\nif", 1),  # read first, as it is meant
        LEARNERS.replace("score(model)", "3"),
        LEARNERS.replace("loss = score", "if learner != 'forest':\n    loss = score"),
        LEARNERS.replace("learner == 'svm'", "flag"),  # who knows
        LEARNERS.replace("elif", "elif flag or"),
        "match k := 3:\n    case 3: model = 1\nx = 1  # hpo: 1..3\nloss = model + x",
        "x = 1  # hpo: 1..3\nif x > 2:\n    model = 1\nloss = model",  # a number decides
        "def f():\n    model = 1\nx = 'a'  # hpo: a | b\nif x == 'a':\n    f = 3\nloss = x",
    ],
)
def test_nothing_is_told_of_names_that_may_be_set_or_need_not_be_read(source):
    assert cell(source, "loss").in_notebook({"model": 1}) == []


def test_a_test_that_makes_no_condition_as_its_parameter_is_set_elsewhere_too_is_doubted():
    source = """pca = True  # hpo: True | False
if pca:
    whiten = True  # hpo: True | False
else:
    whiten = False
if whiten:
    eps = 0.1  # hpo: 0.01..1.0
loss = 3"""
    assert cell(source, "loss").doubts == (
        "eps is tried whatever whiten is: a test of whiten makes no condition, as line 6 sets it too; "
        "give that another name, or test what decides it",
    )


def test_colabs_switches_and_bounded_numbers_are_parameters_too():
    found = domains(
        """use = True  #@param {type:"boolean"}
n = 2  #@param {type:"integer", min:1, max:3}
x = 0.5  #@param {type:"number", min:0, max:1}
name = "a"  #@param {type:"string"}
seen = 3  #@param {type:"integer"}"""
    )
    assert found == {"use": "True | False", "n": "1..3", "x": "0.0..1.0"}


@pytest.mark.parametrize(
    ("annotation", "told"),
    [
        ("1..9 step 0.5", r"step 0\.5 between whole numbers; write 1\.0\.\.9\.0 step 0\.5 for real numbers"),
        ("1..0", "low=1 must be below high=0; swap the bounds"),
    ],
)
def test_the_cure_is_written_as_an_annotation(annotation, told):
    with pytest.raises(CellError, match=told):
        cell(f"x = 3  # hpo: {annotation}\nx")


def test_objects_that_answer_anything_in_any_way_break_no_notice():
    class Odd:
        def __getattr__(self, name):
            raise RuntimeError(name)

    class Keys(dict):
        def __init__(self):
            super().__init__(values=[1])
            self.__dict__ = self

    class Gone:
        pass

    gone = Gone()
    ring: list[object] = [Odd(), Keys(), proxy(gone)]
    ring.append(ring)
    del gone
    assert stale(ring) == set()


@pytest.mark.parametrize(
    "head",
    ["for i in range(1, n + 1):", "for i, _ in enumerate(range(n)):", "for i in reversed(range(n)):", "while i < n:"],
)
def test_a_loop_that_counts_otherwise_by_a_parameter_says_that_a_parameter_is_one(head):
    told = cell(f"n = 2  # hpo: 1..3\ni = 0\n{head}\n    w = 1  # hpo: 1..5\n    i += 1\nn").doubts
    much = head.removeprefix("while ").rpartition(" in ")[2].rstrip(":")
    assert told == (
        f"w is one parameter, the same in all passes of {much}; to have one a pass count by for i in range(n)",
    )


def test_a_loop_whose_passes_are_counted_in_the_cell_says_that_a_parameter_is_one():
    told = cell("for i in range(10):\n    use = True  # hpo: True | False\nuse").doubts
    assert told == (
        "use is one parameter, the same in all passes of range(10); "
        "to have one a pass write n = 10  # hpo: 10 above, and range(n)",
    )
    assert cell("for i in range(10):\n    u = 1\nuse = True  # hpo: True | False\nuse").doubts == ()


def test_a_whole_number_alone_is_one_option_so_that_loops_have_so_many_passes():
    made = cell("n = 3  # hpo: 3\nfor i in range(n):\n    use = True  # hpo: True | False\nn")
    assert list(made.space) == ["n", "use[0]", "use[1]", "use[2]"] and made.space.options("n") == (3,)
    assert made.doubts == ()
