"""Fetching: whole and checked, gone on with where it was cut off, or one plain sentence."""

import dataclasses
import errno
import gzip
import hashlib
import http.client
import http.server
import io
import socket
import tarfile
import threading

import numpy as np
import pytest
from made_pictures import RANDOM

from tui_lab.data import fetched
from tui_lab.data.download import download
from tui_lab.data.fetched import fetch, houses, in_archive
from tui_lab.data.table import load
from tui_lab.errors import BadInput, Failure
from tui_lab.experiment.added import added_names
from tui_lab.experiment.experiment import Experiment
from tui_lab.home import added_datasets

CONTENT = RANDOM.bytes(300_000)
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@dataclasses.dataclass
class Server:
    """Files to serve, how the line behaves, and what was asked for."""

    url: str = ""
    files: dict[str, bytes] = dataclasses.field(default_factory=lambda: {"/file": CONTENT})
    cuts: list[int] = dataclasses.field(default_factory=list)
    """After how many bytes each of the first answers breaks off."""
    gives_parts: bool = True
    length: str = ""
    """What it says of the length, if that is something else."""
    asked: list[str] = dataclasses.field(default_factory=list)


@pytest.fixture
def server():
    kept = Server()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            kept.asked.append(self.headers.get("Range") or "all")
            content = kept.files.get(self.path)
            if content is None:
                return self.send_error(404)
            first = 0
            if kept.gives_parts and kept.asked[-1] != "all":
                first = int(kept.asked[-1].removeprefix("bytes=").removesuffix("-"))
                if first >= len(content):
                    return self.send_error(416)
            self.send_response(206 if first else 200)
            self.send_header("Content-Length", kept.length or str(len(content) - first))
            self.end_headers()
            end = first + kept.cuts.pop(0) if kept.cuts else None
            self.wfile.write(content[first:end])
            self.close_connection = True
            return None

        def log_message(self, *arguments):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as serving:
        kept.url = f"http://127.0.0.1:{serving.server_port}"
        threading.Thread(target=serving.serve_forever, args=(0.01,), daemon=True).start()
        yield kept
        serving.shutdown()


def get(server: Server, path, sha256: str = SHA256, name: str = "file") -> list[tuple[int, int]]:
    told: list[tuple[int, int]] = []
    download(f"{server.url}/{name}", path, sha256, lambda *how_far: told.append(how_far))
    return told


def test_a_file_comes_whole_and_tells_how_far_it_is(server, tmp_path):
    told = get(server, tmp_path / "new" / "file")
    assert (tmp_path / "new" / "file").read_bytes() == CONTENT
    assert told[-1] == (300_000, 300_000)
    assert told == sorted(told)
    assert get(server, tmp_path / "new" / "file") == []
    assert server.asked == ["all"]


def test_a_line_that_is_cut_is_taken_up_where_it_was(server, tmp_path):
    server.cuts = [100_000, 50_000]
    told = get(server, tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == CONTENT
    assert server.asked == ["all", "bytes=100000-", "bytes=150000-"]
    assert {whole for _, whole in told} == {300_000}


def test_a_network_that_drops_is_no_fault_of_the_disk(server, tmp_path, monkeypatch):
    """An error that only the network's own reading raises, and that is none of the usual ones."""
    read, drops = http.client.HTTPResponse.read, [OSError(errno.ENETDOWN, "Network is down")]

    def sometimes(response, size):
        if drops and (tmp_path / "file.part").stat().st_size:
            raise drops.pop()
        return read(response, size)

    monkeypatch.setattr(http.client.HTTPResponse, "read", sometimes)
    get(server, tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == CONTENT
    assert len(server.asked) == 2
    assert not drops


@pytest.mark.parametrize("length", ["abc", "-1", "9" * 5000])
def test_a_length_that_is_none_is_no_obstacle(server, tmp_path, length):
    server.length = length
    get(server, tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == CONTENT


def test_what_came_before_stays_for_the_next_time(server, tmp_path):
    server.cuts = [200_000, 0]
    with pytest.raises(Failure, match="cut after 200,000 of 300,000 bytes; 200,000 bytes are ther"):
        get(server, tmp_path / "file")
    assert not (tmp_path / "file").exists()
    get(server, tmp_path / "file")
    assert server.asked[-1] == "bytes=200000-"
    assert (tmp_path / "file").read_bytes() == CONTENT
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_server_without_parts_sends_all_again(server, tmp_path):
    server.cuts, server.gives_parts = [200_000], False
    get(server, tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == CONTENT


def test_all_there_but_not_yet_named(server, tmp_path):
    (tmp_path / "file.part").write_bytes(CONTENT)
    get(server, tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == CONTENT


def test_another_file_than_expected_is_not_kept(server, tmp_path):
    with pytest.raises(Failure, match=f"begins with {SHA256[:8]}, not with 00000000; nothing"):
        get(server, tmp_path / "file", "0" * 64)
    assert list(tmp_path.iterdir()) == []


def test_no_such_file_and_no_network_are_said_plainly(server, tmp_path):
    with pytest.raises(Failure, match=r"/gone: the server says 404 Not Found$"):
        get(server, tmp_path / "file", name="gone")
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        server.url = f"http://127.0.0.1:{closed.getsockname()[1]}"
        with pytest.raises(Failure, match=r"can't be reached \(.*refused\); is there a network\?$"):
            get(server, tmp_path / "file")
    for url in ("file:///etc/passwd", "ftp://x/y", "nonsense"):
        with pytest.raises(BadInput, match="begins with https://"):
            download(url, tmp_path / "file", SHA256, lambda *how_far: None)
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def mirror(server, monkeypatch):
    """A server with a small set in the form of MNIST, whose sums are those expected."""
    sums = {}
    for name, rows in (("train", 20), ("t10k", 6)):
        for what, array in (("images-idx3", RANDOM.integers(0, 256, (rows, 4, 5))),
                            ("labels-idx1", np.arange(rows) % 10)):  # fmt: skip
            file = f"{name}-{what}-ubyte.gz"
            server.files[f"/{file}"] = idx_bytes(array)
            sums[file] = hashlib.sha256(server.files[f"/{file}"]).hexdigest()
    for source in ("mnist", "fashion-mnist"):
        kept = dataclasses.replace(fetched.SOURCES[source], files=sums)
        monkeypatch.setitem(fetched.SOURCES, source, kept)
    return server


def idx_bytes(array: np.ndarray) -> bytes:
    sides = b"".join(int(side).to_bytes(4, "big") for side in array.shape)
    return gzip.compress(bytes([0, 0, 8, array.ndim]) + sides + array.astype(np.uint8).tobytes())


def named(name: str):
    return Experiment.model_validate({"dataset": {"name": name}}).dataset


@pytest.mark.parametrize(("name", "first"), [("mnist", "0"), ("fashion-mnist", "T-shirt/top")])
def test_a_set_is_fetched_added_and_has_its_splits(mirror, name, first):
    told = []
    fetch(name, mirror.url, lambda *how_far: told.append(how_far))
    assert {file for file, _, _ in told} == {path.removeprefix("/") for path in mirror.files} - {
        "file"
    }
    table = load(named(name))
    assert (table.facts.name, table.facts.rows, table.facts.classes[0]) == (name, 26, first)
    assert table.part.tolist() == [0] * 20 + [2] * 6
    assert not (added_datasets() / ".downloads" / name).exists()
    with pytest.raises(BadInput, match="was added already"):
        fetch(name, mirror.url, lambda *how_far: None)


def test_nothing_is_added_until_all_is_there(mirror):
    lacking = mirror.files.pop("/t10k-labels-idx1-ubyte.gz")
    with pytest.raises(Failure, match="404"):
        fetch("mnist", mirror.url + "/", lambda *how_far: None)
    assert added_names() == []
    mirror.files["/t10k-labels-idx1-ubyte.gz"] = lacking
    asked = len(mirror.asked)
    fetch("mnist", mirror.url, lambda *how_far: None)
    assert len(mirror.asked) == asked + 1  # the other three were there already
    assert added_names() == ["mnist"]


def test_only_what_is_known_is_fetched():
    with pytest.raises(BadInput, match='"mnits" to fetch; did you mean "mnist"'):
        fetch("mnits", None, lambda *how_far: None)


def test_the_real_addresses_are_safe_and_the_sums_are_sums():
    for source in fetched.SOURCES.values():
        assert source.files.keys() == source.urls.keys()
        assert all(url.startswith("https://") for url in source.urls.values())
        assert all(len(bytes.fromhex(sha256)) == 32 for sha256 in source.files.values())


def archive(path, **members: bytes):
    with tarfile.open(path, "w:gz") as tar:
        for name, content in members.items():
            about = tarfile.TarInfo(name)
            about.size = len(content)
            tar.addfile(about, io.BytesIO(content))
    return path


HOUSE = b"-122.23,37.88,41.0,880.0,129.0,322.0,126.0,8.3252,452600.0\n"
MEMBER = "CaliforniaHousing/cal_housing.data"


def test_houses_get_the_columns_that_scikit_learn_gives_them(tmp_path):
    archive(tmp_path / "cal_housing.tgz", **{MEMBER: HOUSE * 30, "CaliforniaHousing/x": b""})
    assert houses(tmp_path).target == "MedHouseVal"
    header, first = (tmp_path / "california-housing.csv").read_text().splitlines()[:2]
    assert (
        header == "MedInc,HouseAge,AveRooms,AveBedrms,Population,AveOccup,Latitude,Longitude,"
        "MedHouseVal"
    )
    assert first == "8.3252,41,6.98413,1.02381,322,2.55556,37.88,-122.23,4.526"


@pytest.mark.parametrize("name", ["../x", "/etc/x", "a/../../x"])
def test_an_archive_that_leads_out_of_its_folder_is_refused(tmp_path, name):
    path = archive(tmp_path / "x.tgz", **{name: b"", MEMBER: HOUSE})
    with pytest.raises(BadInput, match="which leads out of its folder"):
        in_archive(path, MEMBER)


def test_a_link_in_an_archive_is_refused(tmp_path):
    with tarfile.open(tmp_path / "x.tgz", "w:gz") as tar:
        link = tarfile.TarInfo(MEMBER)
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(link)
    with pytest.raises(BadInput, match="which leads out of its folder"):
        in_archive(tmp_path / "x.tgz", MEMBER)


def test_an_archive_that_is_none_or_lacks_the_file_is_refused(tmp_path):
    whole = archive(tmp_path / "x.tgz", a=RANDOM.bytes(5000)).read_bytes()
    with pytest.raises(BadInput, match=f'holds no file "{MEMBER}"'):
        in_archive(tmp_path / "x.tgz", MEMBER)
    for content in (b"", b"x", whole[:100], whole[: len(whole) // 2]):
        (tmp_path / "x.tgz").write_bytes(content)
        with pytest.raises(BadInput, match=r"x\.tgz: (is a damaged archive|holds no file)"):
            in_archive(tmp_path / "x.tgz", MEMBER)
