"""The magics %%hpo and %hpo. They read the line, call the session, and print; they decide nothing."""

from __future__ import annotations

from typing import Any

from IPython.core.error import UsageError
from IPython.core.magic import Magics, line_cell_magic, magics_class, no_var_expand
from IPython.core.magic_arguments import argument, magic_arguments
from traitlets import Float as FloatTrait
from traitlets import Int as IntTrait
from traitlets import TraitError, Unicode, validate

from hpo_magic.errors import HpoError, StrategyError
from hpo_magic.jupyter.options import Command, Options, explained, tied, uncommented, words_of
from hpo_magic.jupyter.warm_up import loading


@magics_class
class HpoMagic(Magics):
    """Defaults of %%hpo, to be changed with ``%config HpoMagic.trials = 100``."""

    trials = IntTrait(50, min=1, help="Trials of a search that names neither trials nor a timeout.").tag(config=True)
    strategy = Unicode("auto", help="Strategy of a search that names none.").tag(config=True)
    store = Unicode("sqlite:///hpo.db", help="Where studies last; ':memory:' or a database URL.").tag(config=True)
    trial_timeout = FloatTrait(0.0, min=0, help="Seconds that one trial may take; 0 for no limit.").tag(config=True)

    @validate("strategy")
    def _known(self, proposal: Any) -> str:
        from hpo_magic.search.strategy import strategy

        try:
            return strategy(proposal.value).name
        except StrategyError as error:
            raise TraitError(str(error)) from None

    def __init__(self, shell: Any) -> None:
        super().__init__(shell)
        self._session: Any = None

    def session(self) -> Any:
        """Return the session, made on first use: its imports are heavy."""
        if self._session is None:
            from hpo_magic.jupyter.session import Session

            self._session = Session(self.shell)
        return self._session

    def known_names(self) -> list[str]:
        """Return the names of the studies of this session, for completion."""
        return [] if self._session is None else list(self._session.known_names())

    def close(self) -> None:
        """Stop every search."""
        if self._session is not None:
            self._session.close()

    @magic_arguments()
    @argument("name", nargs="?", metavar="NAME", help="Name of the study and of the variable that holds it.")
    @argument("-n", "--trials", type=int, help="Trials that the study shall have in the end (default: 50).")
    @argument("-t", "--timeout", type=float, metavar="S", help="Seconds for the whole search.")
    @argument("--trial-timeout", type=float, metavar="S", help="Seconds for one trial.")
    @argument("--target", type=float, metavar="V", help="End when the metric has reached this value.")
    @argument("--no-gain", type=int, metavar="N", help="End when N trials in a row have not beaten the best.")
    @argument("--to-noise", action="store_true", help="End when less is left to gain than one trial is noisy.")
    @argument(
        "-s",
        "--strategy",
        help="A recipe: auto, gp, tpe, asha-gp, pbt, …, tpe+median, or a variable with a Strategy (default: auto).",
    )
    @argument("--minimize", action="extend", nargs="+", metavar="M", help="Variables of the cell to minimise.")
    @argument("--maximize", action="extend", nargs="+", metavar="M", help="Variables of the cell to maximise.")
    @argument("--subject-to", action="append", metavar="C", help="Constraint, such as 'latency < 20'; may be repeated.")
    @argument("--record", action="extend", nargs="+", metavar="M", help="Other variables to keep with each trial.")
    @argument("--cost-aware", action="store_true", help="Weigh gains against the seconds that a trial takes.")
    @argument("-w", "--workers", type=int, metavar="N", help="Trials at once (default: 1; a cluster's places).")
    @argument("--on", metavar="EXECUTOR", help="Where: threads, processes, or a variable with a cluster's client.")
    @argument("--store", metavar="URL", help="Where the study lasts (default: sqlite:///hpo.db).")
    @argument("--seed", type=int, default=0, help="Same seed, same results: same proposals (default: 0).")
    @argument("--wait", action="store_true", help="Hold the cell until the search ends.")
    @argument("--no-panel", action="store_true", help="Show no panel.")
    @argument("-o", "--output", metavar="VAR", help="Variable that holds the study.")
    @argument("--dry-run", action="store_true", help="Show the space and run the cell once with its own values.")
    @no_var_expand
    @line_cell_magic
    def hpo(self, line: str, cell: str | None = None) -> None:
        """Tune the cell: annotate values with ``# hpo: 1e-5..1e-1 log`` or ``# hpo: relu | tanh``, name the metric.

        ::

            %%hpo svm --maximize accuracy --trials 40
            C = 1.0            # hpo: 1e-3..1e3 log
            kernel = "rbf"     # hpo: rbf | poly
            accuracy = cross_val_score(SVC(C=C, kernel=kernel), X, y).mean()

        Without a metric, the last expression is minimised. As a line, with a study's NAME where there are several::

            %hpo status, best     how the search stands; the best values so far
            %hpo pause, resume    start no more trials; go on, with what waits in the queue too
            %hpo stop, wait       end the search; hold this cell until it ends (an interrupt ends the waiting alone)
            %hpo apply [TRIAL]    set the best values, or a trial's, and put the cell with them below this one
            %hpo show             the panel
            %hpo log [TRIAL]      what the latest trial, or another one, has printed
            %hpo export FILE      all trials, into a .csv or a .json
            %hpo list [NAME]      the studies in the store; NAME may be a pattern such as gp_*, or a store's URL
            %hpo compare A B      two studies, or two kinds of them: names or patterns
            %hpo delete NAME [V]  remove a study for good, or one version of it: trials, logs and checkpoint files
        """
        try:
            # Names and expressions of the notebook are filled in on this line only, never in the cell.
            line = uncommented(line)
            expanded = self.shell.var_expand(line, depth=2) if "{" in line or "$" in line else line
            words = words_of(expanded)
            if {"-h", "--help"} & set(words):
                print(self.hpo.parser.format_help())
            elif cell is None:
                from hpo_magic.jupyter import commands

                commands.run(self.session(), Command.of(words), self.store)
            else:
                self._tune(self._options(words, expanded), cell)
        except HpoError as error:
            raise UsageError(str(error)) from None

    def _options(self, words: list[str], line: str) -> Options:
        try:
            return Options.of(self.hpo.parser.parse_args(tied(words)))
        except UsageError as error:
            from hpo_magic.jupyter.completion import OPTIONS

            raise UsageError(explained(str(error), line, OPTIONS)) from None

    def _tune(self, options: Options, body: str) -> None:
        with loading(self.shell, "hpo_magic.jupyter.launch"):
            from hpo_magic.jupyter import launch
        launch.launch(
            self.session(),
            options,
            body,
            launch.Defaults(self.trials, self.strategy, self.store, self.trial_timeout or None),
        )
