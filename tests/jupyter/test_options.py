"""The option line as it is read: quotes go, whichever way they stand."""

from __future__ import annotations

import pytest

from hpo_magic.errors import HpoError
from hpo_magic.jupyter.magic import HpoMagic
from hpo_magic.jupyter.options import Command, Options, prepared


def read(line: str) -> Options:
    from IPython.core.magic_arguments import parse_argstring

    return Options.of(parse_argstring(HpoMagic.hpo, prepared(line)))


@pytest.mark.parametrize(
    "line", ["--store 'sqlite:///a b.db'", '--store="sqlite:///a b.db"', "--store='sqlite:///a b.db'"]
)
def test_quotes_around_a_text_are_not_part_of_it(line):
    assert read(f"svm {line} --trials=3").store == "sqlite:///a b.db"


def test_a_constraint_may_be_tied_to_its_option():
    assert read("--subject-to='a < 3' --subject-to 'b > 1'").subject_to == ("a < 3", "b > 1")
    with pytest.raises(HpoError, match="'b > 1' must be a Python name.* every constraint a --subject-to of its own"):
        read("--subject-to 'a < 3' 'b > 1'")


def test_metrics_places_and_words_of_commands_may_stand_in_quotes():
    options = read("svm --minimize 'loss' \"size\" --on 'threads' --strategy 'gp'")
    assert (options.minimize, options.on, options.strategy) == (("loss", "size"), "threads", "gp")
    assert Command.parse("list 'sqlite:///x.db'").words == ("sqlite:///x.db",)
