"""The datasets that can be fetched: where they are, what they must be, and what is made of them."""

import csv
import io
import shutil
import tarfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tui_lab.data.adding import add
from tui_lab.data.download import Told, download
from tui_lab.data.npz import leads_out
from tui_lab.errors import BadInput, nearest, visible
from tui_lab.experiment.added import refuse_name
from tui_lab.experiment.dataset import Csv, Facts, FromFile
from tui_lab.experiment.pictures import Pictures
from tui_lab.files import write_file
from tui_lab.home import added_datasets

MOST_UNPACKED = 2**26
"""Bytes of a file in an archive."""
GARMENTS = ("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker",
            "Bag", "Ankle boot")  # fmt: skip
HOUSES = ("MedInc", "HouseAge", "AveRooms", "AveBedrms", "Population", "AveOccup", "Latitude",
          "Longitude", "MedHouseVal")  # fmt: skip
"""The columns as scikit-learn makes them: means for a household, the value in 100,000 dollars."""


@dataclass(frozen=True)
class Source:
    """A dataset on the network."""

    about: str
    licence: str
    files: dict[str, str]
    """The sha256 of each file, by its name."""
    urls: dict[str, str]
    """Where each file is."""
    made: Callable[[Path], FromFile]
    """The dataset in a folder with the files."""


def fetch(name: str, mirror: str | None, told: Callable[[str, int, int], None]) -> Facts:
    """Downloads a dataset and adds it; `Failure` if it can't be had, and then nothing is added.

    `mirror` is the address of a folder with the files; `told` hears of each file how far it is.
    """
    if name not in SOURCES:
        hint = nearest(name, SOURCES) or f" (there are: {', '.join(SOURCES)})"
        raise BadInput(f'there is no dataset "{visible(name, 60)}" to fetch{hint}')
    refuse_name(name)
    source, folder = SOURCES[name], added_datasets() / ".downloads" / name
    for file, sha256 in source.files.items():
        url = f"{mirror.rstrip('/')}/{file}" if mirror else source.urls[file]
        hears: Told = partial(told, file)
        download(url, folder / file, sha256, hears)
    facts = add(source.made(folder), name)
    shutil.rmtree(folder, ignore_errors=True)
    return facts


def houses(folder: Path) -> Csv:
    """California housing from its archive, as a table with a header."""
    member = "CaliforniaHousing/cal_housing.data"
    text = in_archive(folder / "cal_housing.tgz", member).decode("ascii")
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(HOUSES)
    for row in csv.reader(text.splitlines()):
        writer.writerow(f"{number:.6g}" for number in _house(*map(float, row)))
    path = folder / "california-housing.csv"
    write_file(path, table.getvalue().encode())
    return Csv(csv=str(path), target=HOUSES[-1])


def _house(
    longitude: float,
    latitude: float,
    age: float,
    rooms: float,
    bedrooms: float,
    people: float,
    households: float,
    income: float,
    value: float,
) -> tuple[float, ...]:
    """A row of the table from one of the archive."""
    means = (rooms / households, bedrooms / households, people, people / households)
    return (income, age, *means, latitude, longitude, value / 100_000)


def in_archive(path: Path, member: str) -> bytes:
    """A file in a .tgz archive; `BadInput` if the archive is damaged or leads out of its folder."""
    try:
        with tarfile.open(path, "r|gz") as archive:
            for one in archive:
                if leads_out(one.name) or not (one.isreg() or one.isdir()):
                    said = f'holds "{visible(one.name, 100)}", which leads out of its folder'
                    raise BadInput(said, path)
                if one.name == member and one.size <= MOST_UNPACKED:
                    file = archive.extractfile(one)
                    return file.read() if file else b""
    except (tarfile.TarError, EOFError, zlib.error, OSError) as error:
        raise BadInput(f"is a damaged archive: {error}", path) from None
    raise BadInput(f'holds no file "{member}" that could be used', path)


def _mnist(class_names: tuple[str, ...] | None, folder: Path) -> Pictures:
    """The four files of MNIST, or of a set that is kept like it."""
    train, train_labels, test, test_labels = (str(folder / name) for name in MNIST_FILES)
    return Pictures(
        pictures=train,
        labels=train_labels,
        test=test,
        test_labels=test_labels,
        class_names=class_names,
    )


MNIST_FILES = ("train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz",
               "t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz")  # fmt: skip


def _like_mnist(
    about: str, licence: str, url: str, names: tuple[str, ...] | None, *sha256: str
) -> Source:
    files = dict(zip(MNIST_FILES, sha256, strict=True))
    urls = {name: url + name for name in MNIST_FILES}
    return Source(about, licence, files, urls, partial(_mnist, names))


SOURCES = {
    "fashion-mnist": _like_mnist(
        "70,000 pictures of garments, 28x28 grey (Xiao, Rasul, Vollgraf, 2017)",
        "MIT",
        "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
        GARMENTS,
        "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
        "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
        "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
        "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
    ),
    "mnist": _like_mnist(
        "70,000 handwritten digits, 28x28 grey (LeCun, Cortes, Burges, 1998)",
        "none stated by the authors; commonly given as CC BY-SA 3.0",
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
        None,
        "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
        "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
        "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
        "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
    ),
    "california-housing": Source(
        "20,640 districts of the census of 1990 and their houses' value (Pace, Barry, 1997)",
        "public figures of the US census; the copy on Figshare is under CC BY 4.0",
        {"cal_housing.tgz": "aaa5c9a6afe2225cc2aed2723682ae403280c4a3695a2ddda4ffb5d8215ea681"},
        {"cal_housing.tgz": "https://ndownloader.figshare.com/files/5976036"},
        houses,
    ),
}
