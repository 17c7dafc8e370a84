"""A folder with a folder for each class: what is in the files is what enters, or is told."""

import os
import re
import shutil
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from made_pictures import folder_of, picture
from PIL import Image

from tui_lab.data.digest import digest_of
from tui_lab.data.prepare import prepare
from tui_lab.data.progress import Cancelled, reporting
from tui_lab.data.split import FREE, TEST, VALIDATION
from tui_lab.data.table import load
from tui_lab.errors import BadInput
from tui_lab.experiment.pictures import Pictures


def pictures(path: Path, **settings) -> Pictures:
    return Pictures(pictures=str(path), **settings)


def refused(path: Path, says: str, **settings) -> None:
    """The one sentence that is said of a folder, which names the file."""
    with pytest.raises(BadInput, match=says) as caught:
        load(pictures(path, **settings))
    assert "\n" not in str(caught.value)
    assert "\x1b" not in str(caught.value)


def test_folders_are_classes_and_pixels_are_columns(tmp_path):
    table = load(pictures(folder_of(tmp_path / "pets")))
    facts = table.facts
    assert (facts.name, facts.task, facts.rows, facts.picture) == (
        "pets", "classification", 12, (1, 4, 5),
    )  # fmt: skip
    assert facts.classes == ("cat", "dog")
    assert facts.columns[:2] == ("pixel_0_0", "pixel_0_1")
    assert list(table.features.columns) == list(facts.columns)
    assert list(table.y) == [0, 1] * 6
    assert table.features.to_numpy()[:, 7].tolist() == [0, 40, 1, 41, 2, 42, 3, 43, 4, 44, 5, 45]
    assert facts.baseline == 0.5


def test_the_rows_are_one_array_of_bytes_without_a_copy(tmp_path):
    features = load(pictures(folder_of(tmp_path / "pets"))).features
    rows = features.to_numpy()
    assert rows.dtype == np.uint8
    assert np.shares_memory(rows, features["pixel_0_0"].to_numpy())


def test_colours_come_one_after_another(tmp_path):
    folder = folder_of(tmp_path / "pets", mode="RGB")
    Image.new("RGB", (5, 4), (10, 20, 30)).save(folder / "cat" / "0.png")
    table = load(pictures(folder))
    assert table.facts.picture == (3, 4, 5)
    assert table.facts.columns[0::20] == ("pixel_r_0_0", "pixel_g_0_0", "pixel_b_0_0")
    assert table.features.iloc[0, [0, 20, 40]].tolist() == [10, 20, 30]
    grey = load(pictures(folder, grey=True))
    assert grey.facts.picture == (1, 4, 5)
    assert grey.features.iloc[0, 0] == round(0.299 * 10 + 0.587 * 20 + 0.114 * 30)
    assert "12 pictures in colour were made grey" in grey.facts.notes


def test_folders_above_the_classes_are_the_splits(tmp_path):
    for name, each in (("train", 6), ("val", 2), ("Test", 3)):
        folder_of(tmp_path / "pets" / name, each=each)
    table = load(pictures(tmp_path / "pets"))
    assert np.bincount(table.part).tolist() == [12, 4, 6]
    assert list(table.part) == sorted(table.part)
    assert (FREE, VALIDATION, TEST) == (0, 1, 2)
    data = prepare(pictures(tmp_path / "pets"))
    assert sorted(data.train.rows) == list(range(12))
    assert sorted(data.validation.rows) == list(range(12, 16))
    assert sorted(data.test.rows) == list(range(16, 22))


def test_another_folder_can_hold_the_test_pictures(tmp_path):
    folder_of(tmp_path / "pets")
    folder_of(tmp_path / "more", classes=("dog", "cat"), each=1)
    table = load(pictures(tmp_path / "pets", test=str(tmp_path / "more")))
    assert table.part.tolist() == [FREE] * 12 + [TEST] * 2
    assert table.y[-2:].tolist() == [0, 1]
    folder_of(tmp_path / "birds", classes=("crow", "dog"))
    refused(tmp_path / "pets", 'birds: holds the class "crow"', test=str(tmp_path / "birds"))


@pytest.mark.parametrize(
    ("mode", "value"),
    [("1", 255), ("L", 200), ("P", 200), ("LA", 200), ("RGB", 200), ("RGBA", 200), ("CMYK", 200),
     ("I;16", 200)],
)  # fmt: skip
def test_every_kind_of_picture_keeps_its_grey(tmp_path, mode, value):
    folder, ending = folder_of(tmp_path / "pets"), "jpg" if mode == "CMYK" else "png"
    path = folder / "cat" / f"0.{ending}"
    (folder / "cat" / "0.png").unlink()
    if mode == "I;16":
        Image.fromarray(np.full((4, 5), value * 257, np.uint16)).save(path)
    else:
        Image.new("L", (5, 4), value).convert(mode).save(path)
    first = load(pictures(folder, grey=True)).features.iloc[0]
    assert first.min() == first.max() == pytest.approx(value, abs=1)


def test_of_several_broken_pictures_three_are_named_and_all_counted(tmp_path):
    folder = folder_of(tmp_path / "pets")
    for number in range(5):
        (folder / "cat" / f"{number}.png").write_bytes(b"no picture")
    refused(folder, r'5 pictures can\'t be read: "cat/0.png", "cat/1.png", "cat/2.png" and 2 more')


def test_see_through_parts_are_laid_on_white_and_that_is_told(tmp_path):
    folder = folder_of(tmp_path / "pets")
    Image.new("LA", (5, 4), (0, 0)).save(folder / "cat" / "0.png")
    table = load(pictures(folder))
    assert table.features.iloc[0].tolist() == [255] * 20
    assert "1 picture with see-through parts was laid on white" in table.facts.notes


def test_a_picture_taken_sideways_stands_upright(tmp_path):
    folder = folder_of(tmp_path / "pets", size=(16, 8))
    image = Image.fromarray(np.repeat([[0, 255]], 8, axis=1).repeat(8, axis=0).astype(np.uint8))
    assert image.size == (16, 8)
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned right by a quarter
    image.save(folder / "cat" / "0.jpg", exif=exif)
    (folder / "cat" / "0.png").unlink()
    pixels = load(pictures(folder)).features.iloc[0].to_numpy().reshape(16, 8)
    assert pixels[:8].max() < 30 < 220 < pixels[8:].min()


def test_other_sizes_are_told_and_brought_to_the_size_that_is_asked_for(tmp_path):
    folder = folder_of(tmp_path / "pets")
    picture(folder / "dog" / "5.png", 99, (8, 10))
    picture(folder / "dog" / "4.png", 98, (9, 9))
    said = r'4x5 \("cat/0.png"\), .*9x9 .*give a `size` \(height, width\).*such as \[4, 5\]'
    refused(folder, said)
    table = load(pictures(folder, size=[4, 5]))
    assert table.features.iloc[-1].tolist() == [99] * 20
    assert table.facts.notes[0].startswith("2 pictures were brought to 4x5, of which 1 was squ")


def test_bringing_to_a_smaller_size_smooths(tmp_path):
    folder = folder_of(tmp_path / "pets", size=(8, 8))
    board = (np.indices((8, 8)).sum(axis=0) % 2 * 255).astype(np.uint8)
    Image.fromarray(board).save(folder / "cat" / "0.png")
    first = load(pictures(folder, size=[2, 2])).features.iloc[0]
    assert first.tolist() == pytest.approx([127] * 4, abs=3)


def test_some_rows_of_each_class_in_turn(tmp_path):
    folder = folder_of(tmp_path / "pets")
    some = load(pictures(folder, rows=[3, 12]))
    assert some.features.equals(load(pictures(folder)).features.iloc[2:].reset_index(drop=True))
    refused(folder, "holds only 12 pictures, so `rows` can't end at 13", rows=[1, 13])


def test_hidden_files_and_those_of_systems_are_counted_not_read(tmp_path):
    folder = folder_of(tmp_path / "pets")
    for name in ("cat/.hidden", "cat/Thumbs.db", ".DS_Store", "README.md"):
        (folder / name).write_text("no picture")
    (folder / "__MACOSX").mkdir()
    assert load(pictures(folder)).facts.notes == (
        "5 files were ignored: hidden, a system's own, or in no class",
    )


def png_of(width: int, height: int) -> bytes:
    """A PNG that declares a size and holds next to nothing."""
    chunk = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    head = struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk))
    return b"\x89PNG\r\n\x1a\n" + head + b"\0\0\0\0IEND\xaeB`\x82"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is not a PNG or JPEG picture"),
        (b"GIF89a" + bytes(50), "is not a PNG or JPEG picture"),
        (b"\x89PNG\r\n\x1a\n" + bytes(50), "is (not a PNG|a broken picture)"),
        (b"\xff\xd8\xff\xe0" + bytes(50), "is (not a PNG|a broken picture)"),
        (png_of(4000, 4000), "too|different sizes"),
        (png_of(7000, 7000), "more than 25,000,000 pixels"),
        (png_of(60000, 60000), "more than 25,000,000 pixels"),
        (png_of(5, 4), "is a broken picture"),
    ],
)
def test_a_file_that_is_no_whole_picture_is_named(tmp_path, recwarn, content, says):
    folder = folder_of(tmp_path / "pets")
    (folder / "cat" / "5.png").write_bytes(content)
    refused(folder, rf"pets(/cat/5\.png)?: .*({says})")
    assert not recwarn.list


@pytest.mark.parametrize("ending", ["png", "jpg"])
def test_cut_off_anywhere_it_is_refused_or_the_same(tmp_path, ending):
    folder = folder_of(tmp_path / "pets", ending=ending, size=(16, 16))
    path = folder / "cat" / f"5.{ending}"
    whole, table = path.read_bytes(), load(pictures(folder))
    for length in range(0, len(whole), max(1, len(whole) // 40)):
        path.write_bytes(whole[:length])
        try:
            same = load(pictures(folder)).features.equals(table.features)
        except BadInput as error:
            same = f"5.{ending}" in str(error)
        assert same, length


def test_what_is_no_folder_of_pictures_is_refused(tmp_path):
    one = tmp_path / "one"
    folder_of(one, classes=("cat",), each=12)
    refused(one, 'the class "cat" alone')
    (one / "dog").mkdir()
    refused(one, "one/dog: holds no picture; fill")
    picture(one / "dog" / "1.png")
    (one / "dog" / "notes.txt").write_text("x")
    refused(one, r"notes\.txt: is not a picture")
    (one / "dog" / "notes.txt").rename(one / "dog" / "2.png")
    refused(one, r"2\.png: is not a PNG or JPEG picture, whatever")
    (one / "dog" / "2.png").unlink()
    (one / "dog" / "deep").mkdir()
    refused(one, "deep: is a folder in a class's folder")
    (tmp_path / "none").mkdir()
    refused(tmp_path / "none", "holds no folders")
    refused(folder_of(tmp_path / "few", each=2), "holds 4 pictures; at least 10")
    refused(tmp_path / "pest", 'there is no file ".*pest"')
    refused(one / "cat" / "1.png", "is a single picture; give the folder")
    folder_of(tmp_path / "odd" / "train")
    (tmp_path / "odd" / "tset").mkdir()
    refused(tmp_path / "odd", '"tset" is no split')


def test_pictures_that_are_too_large_for_a_row_come_with_a_size_that_is_not(tmp_path):
    folder = folder_of(tmp_path / "pets", size=(100, 200), mode="RGB")
    refused(folder, r"3x100x200 is 60,000 numbers, more than 10,000; give a `size`.*\[32, 64\]")
    assert load(pictures(folder, size=[32, 64])).facts.picture == (3, 32, 64)


def test_links_lead_nowhere_outside(tmp_path):
    folder = folder_of(tmp_path / "pets")
    picture(tmp_path / "secret.png", 7)
    (folder / "cat" / "link.png").symlink_to(tmp_path / "secret.png")
    refused(folder, r"link\.png: is a link that leads out of the folder")
    (folder / "cat" / "link.png").unlink()
    (folder / "cow").symlink_to(tmp_path)
    refused(folder, "cow: is a link that leads out")
    (folder / "cow").unlink()
    (folder / "cat" / "inside.png").symlink_to(folder / "cat" / "0.png")
    assert load(pictures(folder)).facts.rows == 13
    (folder / "cat" / "nowhere.png").symlink_to(folder / "gone.png")
    refused(folder, "there is no file")


def test_a_pipe_in_the_folder_makes_nobody_wait(tmp_path):
    folder = folder_of(tmp_path / "pets")
    os.mkfifo(folder / "cat" / "pipe.png")
    refused(folder, r'pipe\.png" is not a file')


NASTY = "[red]\x1b]0;owned\x07‮[@click=app.quit]\u0301" + "x" * 100


def test_hostile_names_stay_data(tmp_path):
    folder = folder_of(tmp_path / "pets", classes=(NASTY, "dog"))
    assert load(pictures(folder)).facts.classes == (NASTY, "dog")
    (folder / NASTY / "9.png").write_text("x")
    refused(folder, re.escape(r"[red]\x1b]0;owned\x07\u202e[@click=app.quit]"))
    (folder / os.fsdecode(b"\xff\xfe")).mkdir()
    refused(folder, "has a name that is not UTF-8")


def test_the_digest_follows_names_and_contents(tmp_path):
    folder = folder_of(tmp_path / "pets")
    first = digest_of(pictures(folder))
    assert digest_of(pictures(shutil.copytree(folder, tmp_path / "copy"))) == first
    (folder / ".hidden").touch()
    assert digest_of(pictures(folder)) == first
    (folder / "cat" / "0.png").rename(folder / "cat" / "9.png")
    second = digest_of(pictures(folder))
    picture(folder / "cat" / "9.png", 200)
    assert len({first, second, digest_of(pictures(folder))}) == 3
    sealed = pictures(folder).sealed()
    load(sealed)
    (folder / "cat" / "9.png").unlink()
    with pytest.raises(BadInput, match="has changed since this was made"):
        load(sealed)


def test_the_facts_are_read_again_when_a_file_has_changed(tmp_path):
    folder = folder_of(tmp_path / "pets")
    assert pictures(folder).facts() is pictures(folder, batch_size=7).facts()
    picture(folder / "dog" / "more.png")
    assert pictures(folder).facts().rows == 13


def test_reading_tells_how_far_it_is_and_can_be_stopped(tmp_path):
    folder = folder_of(tmp_path / "pets", each=100)
    shares = []
    with reporting(shares.append):
        load(pictures(folder))
    assert shares == sorted(shares)
    assert len(shares) > 5
    assert 0.5 < shares[-1] <= 1

    def stop(share: float) -> None:
        raise Cancelled

    with reporting(stop), pytest.raises(Cancelled):
        load(pictures(folder))


def test_a_palette_of_greys_is_no_colour(tmp_path):
    """One such picture among others made all of them three times as large."""
    folder = folder_of(tmp_path / "pets")
    Image.open(folder / "cat" / "0.png").convert("P").save(folder / "cat" / "0.png")
    found = load(Pictures(pictures=str(folder)))
    assert found.facts.picture == (1, 4, 5)
    Image.new("RGB", (5, 4), "red").convert("P").save(folder / "cat" / "0.png")
    found = load(Pictures(pictures=str(folder)))
    assert found.facts.picture == (3, 4, 5)
    assert "11 grey pictures enter in three colours, as 1 are in colour" in found.facts.notes[0]
