"""At least 10,000 generated cells and annotations: a Space, or an error that quotes a line; never a crash, never run code."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hpo_magic.errors import CellError
from hpo_magic.jupyter.cell import Cell, read_cell

numbers = st.one_of(
    st.integers(-9, 9).map(str),
    st.floats().map(repr),
    st.sampled_from(["1e999", "0x10", "1_0", "--1", "9" * 5000, ".", "1e", "-0"]),
)
words = st.sampled_from(
    [
        "relu",
        "tanh",
        "None",
        "'a'",
        '"b',
        "(1, 2)",
        "x y",
        "f()",
        "[",
        "{1}",
        "1j",
        "b'x'",
        "nn.ReLU",
        "",
        "é",
        "\x00",
    ]
)
annotations = st.one_of(
    st.builds(
        "{}..{}{}".format,
        numbers,
        numbers,
        st.sampled_from(["", " log", " step 0.5", " budget", " step", " log budget", " ??"]),
    ),
    st.lists(words, min_size=1, max_size=4).map(" | ".join),
    st.text(max_size=20),
)
names = st.sampled_from(["a", "b", "c", "n", "__hpo_values__", "é", "if", "a.b", "a[0]", "a, b", "*a"])
values = st.one_of(numbers, words, st.sampled_from(["boom()", "__import__('os').abort()", "a + 1", "not a"]))
marks = st.sampled_from(["  # hpo: ", " #hpo:", "  # HPO: ", " #@param ", "  # hpo "])
lines = st.one_of(
    st.builds("{} = {}{}{}".format, names, values, marks, annotations),
    st.builds(
        "{}: {}({}, {}) = {}".format,
        names,
        st.sampled_from(["Float", "Int", "Choice", "Annotated"]),
        numbers,
        values,
        numbers,
    ),
    st.builds(
        "{}: Annotated[int, {}({})] = {}".format,
        names,
        st.sampled_from(["Float", "Int", "Choice"]),
        values,
        numbers,
    ),
    st.sampled_from(
        [
            "boom()",
            "pass",
            "# hpo: 1..2",
            "x = (1,",
            "'''",
            "await boom()",
            "return 1",
            "del a",
            "global a",
            "a: int",
        ]
    ),
    st.text(max_size=30).map(lambda text: text.replace("\r", "")),
)
heads = st.one_of(
    st.builds("if {} {} {}:".format, names, st.sampled_from(["==", ">", "in", "is not"]), values),
    st.builds("for i in range({}):".format, names),
    st.sampled_from(["else:", "while boom():", "def f():", "try:", "with boom():", "class A:", "match a:", "elif a:"]),
)


@st.composite
def cells(draw):
    source, depth = [], 0
    for _ in range(draw(st.integers(1, 7))):
        if draw(st.integers(0, 3)) == 0:
            source.append("    " * depth + draw(heads))
            depth += 1
        else:
            source.append("    " * depth + draw(lines))
            depth = max(0, depth - draw(st.integers(0, 1)))
    return "\n".join(source)


def check(source, metrics):
    """Code of the cell that ran would end the test: boom is not defined, abort kills, and nothing else is caught."""
    try:
        read = read_cell(source, metrics)
    except CellError as error:
        assert error.line is not None or "the cell" in str(error)
        assert str(error)
    else:
        assert isinstance(read, Cell) and len(read.space) > 0


@settings(max_examples=7000, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(cells(), st.sampled_from([(), ("loss",), ("a",)]))
def test_any_cell_is_a_space_or_an_error(source, metrics):
    check(source, metrics)


@settings(max_examples=4000, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(values, marks, annotations)
def test_any_annotation_is_a_domain_or_an_error(value, mark, annotation):
    check(f"a = {value}{mark}{annotation}\na", ())
