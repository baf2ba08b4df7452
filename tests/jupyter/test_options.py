"""The option line as it is read: quotes go, whichever way they stand."""

from __future__ import annotations

import pytest

from hpo_magic.errors import HpoError
from hpo_magic.jupyter.magic import HpoMagic
from hpo_magic.jupyter.options import Command, Options, tied, uncommented, words_of


def read(line: str) -> Options:
    return Options.of(HpoMagic.hpo.parser.parse_args(tied(words_of(uncommented(line)))))


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
    assert Command.of(words_of("list 'sqlite:///x.db'")).words == ("sqlite:///x.db",)


def test_numbers_may_stand_in_quotes_and_below_zero():
    options = read("svm --trials '3' --timeout=\"2.5\" --target -1e-3  # -1 and 'so on")
    assert (options.trials, options.timeout, options.target) == (3, 2.5, -1e-3)


def test_an_option_for_several_names_may_be_repeated():
    options = read("--minimize a --minimize b c --record d --record e --maximize f --maximize g")
    assert options.minimize == ("a", "b", "c")
    assert (options.record, options.maximize) == (("d", "e"), ("f", "g"))


def test_a_path_keeps_its_backslashes():
    assert read(r"--store 'sqlite:///C:\my runs\a.db'").store == r"sqlite:///C:\my runs\a.db"


@pytest.mark.parametrize("option", ["--store ''", "--on=''", '--strategy ""'])
def test_an_empty_text_is_refused(option):
    with pytest.raises(HpoError, match="'' names nothing; leave it out for the default"):
        read(option)


@pytest.mark.parametrize(
    "line, takes",
    [("status svm now", "[NAME]"), ("apply svm 1 2", "[NAME] [TRIAL]"), ("export a b.csv c", "[NAME] [FILE]")],
)
def test_more_words_than_a_command_takes_are_refused(line, takes):
    with pytest.raises(HpoError) as caught:
        Command.of(words_of(line))
    assert f"takes {takes}, not {len(line.split()) - 1} words" in str(caught.value)
