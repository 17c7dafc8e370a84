"""Creating, labelling, deleting and restoring in any order: no run is lost or in two places."""

import itertools
import json
import os

import psutil
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from processes import new_run

from tui_lab.errors import BadInput
from tui_lab.experiment.presets import load_preset, resolved
from tui_lab.home import home
from tui_lab.runs.about import labelled, write_about
from tui_lab.runs.listing import Listing, matching
from tui_lab.runs.run import Run, all_runs, create_run, find_run, trash
from tui_lab.runs.status import started
from tui_lab.runs.trash import delete, empty, restore, trashed

IRIS = load_preset("iris")
WRITTEN = resolved(IRIS)
PLACES = st.integers(0, 99)


def put(run: Run, **status: object) -> Run:
    run.file("status.json").write_text(json.dumps(status))
    return run


def running() -> dict[str, object]:
    mine = psutil.Process()
    return {"state": "running", "pid": os.getpid(), "process_started": started(mine)}


class Store(RuleBasedStateMachine):
    """The store beside a plain model of it: the names of the runs, and of those in the trash."""

    def __init__(self) -> None:
        super().__init__()
        self.patch = pytest.MonkeyPatch()
        self.patch.setenv("TUI_LAB_HOME", str(Store.folder / f"home-{next(Store.numbers)}"))
        self.there: dict[str, str] = {}
        self.gone: dict[str, str] = {}
        self.training: set[str] = set()
        self.listing = Listing()

    def teardown(self) -> None:
        self.patch.undo()

    def any_of(self, ids, place: int) -> str:
        return sorted(ids)[place % len(ids)]

    @rule(name=st.sampled_from(["a", "b", "\x1b[2J"]), trains=st.booleans())
    def create(self, name, trains):
        run = create_run(IRIS, name)
        assert run.id not in self.there | self.gone
        put(run, name=name, **(running() if trains else {"state": "finished"}))
        self.there[run.id] = name
        self.training |= {run.id} if trains else set()

    @precondition(lambda self: self.there)
    @rule(place=PLACES, name=st.text(max_size=9))
    def label(self, place, name):
        id = self.any_of(self.there, place)
        run = find_run(id)
        write_about(run.file("about.json"), labelled(run.about, name=name, tag=["kept"]))
        self.there[id] = name or str(run.status()["name"])

    @precondition(lambda self: self.there)
    @rule(place=PLACES)
    def delete(self, place):
        id = self.any_of(self.there, place)
        if id in self.training:
            with pytest.raises(BadInput, match="running"):
                delete([find_run(id)])
        else:
            delete([find_run(id)])
            self.gone[id] = self.there.pop(id)
            with pytest.raises(BadInput, match="trash"):
                find_run(id)

    @precondition(lambda self: self.gone)
    @rule(place=PLACES)
    def restore(self, place):
        id = self.any_of(self.gone, place)
        assert restore([id]) == [find_run(id)]
        self.there[id] = self.gone.pop(id)

    @rule()
    def empty(self):
        empty()
        self.gone = {}

    @rule()
    def something_else_lies_there(self):
        (home() / "runs" / "-no run").mkdir(parents=True, exist_ok=True)
        (home() / "runs" / "empty").mkdir(exist_ok=True)

    @invariant()
    def the_store_loads_and_nothing_is_orphaned(self):
        rows = {row.id: row for row in self.listing.rows()}
        assert {id: row.name for id, row in rows.items()} == self.there
        assert {run.id for run in all_runs()} == set(self.there)
        assert {run.id for run in trashed()} == set(self.gone)
        both = (*all_runs(), *trashed())
        assert all(run.file("experiment.yaml").read_text() == WRITTEN for run in both)
        kept = {id for id, row in rows.items() if "kept" in row.about.tags}
        assert {row.id for row in matching(rows.values(), "kept")} >= kept


def test_any_order_of_creating_labelling_deleting_and_restoring(tmp_path):
    Store.folder, Store.numbers = tmp_path, itertools.count()
    run_state_machine_as_test(Store, settings=settings(max_examples=15, stateful_step_count=20))


def test_of_several_runs_none_is_moved_if_one_trains_or_one_is_unknown(home):
    ended, training = put(new_run(), state="finished"), put(new_run(), **running())
    with pytest.raises(BadInput, match="iris-2 is running; stop it"):
        delete([ended, training])
    assert len(all_runs()) == 2
    delete([ended])
    with pytest.raises(BadInput, match='no run "iris-3" in the trash; did you mean "iris-1"'):
        restore(["iris-1", "iris-3"])
    assert [run.id for run in trashed()] == ["iris-1"]


def test_a_run_that_is_there_already_is_not_replaced_by_one_from_the_trash(home):
    run = put(new_run(), state="finished")
    delete([run])
    run.folder.mkdir()
    with pytest.raises(BadInput, match="is there already"):
        restore([run.id])
    assert (trash() / run.id / "status.json").is_file()


def test_ids_do_not_come_again_while_their_run_is_in_the_trash(home):
    delete([put(new_run(), state="finished")])
    assert new_run().id == "iris-2"


def test_a_run_is_found_by_its_name_if_none_has_that_id_and_the_newest_first(home):
    old, new = (put(create_run(IRIS, "slow"), state="finished", name="slow", started=at)
                for at in (5.0, 9.0))  # fmt: skip
    assert find_run("slow") == new
    write_about(new.file("about.json"), labelled(new.about, name="slow-1"))
    assert find_run("slow") == old
    assert find_run("slow-1") == old, "an id goes before a name"
    with pytest.raises(BadInput, match="there is no run"):
        find_run("")
