"""Datasets made by a formula: seeded, with a noise setting; a new one is one class here.

A row needs only Python's own `random`, so the formulas can be read without knowing a library.
"""

from math import cos, pi, sin
from random import Random
from typing import Annotated, ClassVar

from pydantic import Field

from tui_lab.experiment.dataset import Dataset, Facts

Row = tuple[tuple[float, ...], float]
"""The features and the target: a class's number, or the number to predict."""
Noise = Annotated[float, Field(ge=0, le=10)]


class Generated(Dataset):
    """Points drawn from a formula; the classes take turns, so that they are of equal size."""

    features: ClassVar[int] = 2
    classes: ClassVar[int] = 2
    """How many classes there are; 0 for a regression."""

    name: str
    rows: Annotated[int, Field(ge=10, le=1_000_000)] = 1000
    noise: Noise = 0.1
    """Standard deviation of what is added to each number."""

    @property
    def title(self) -> str:
        """Its name."""
        return self.name

    def class_count(self) -> int:
        """`classes`, unless a setting decides."""
        return self.classes

    def row(self, random: Random, label: int) -> Row:
        """One point of class `label` (without meaning for a regression)."""
        raise TypeError(f"{type(self).__name__} has no formula")

    def points(self) -> list[Row]:
        """All rows; the same seed gives the same rows."""
        random, count = Random(self.seed), self.class_count() or 1
        return [self.row(random, i % count) for i in range(self.rows)]

    def facts(self) -> Facts:
        """What is known without drawing a point."""
        return Facts(
            name=self.name,
            task="classification" if self.class_count() else "regression",
            rows=self.rows,
            columns=tuple(f"x{i + 1}" for i in range(self.features)),
            classes=tuple(map(str, range(self.class_count()))),
            target="class" if self.class_count() else "y",
        )


class Moons(Generated):
    """Two half circles that reach into each other."""

    noise: Noise = 0.2

    def row(self, random: Random, label: int) -> Row:
        """An upper half circle for class 0, a lower one moved right for class 1."""
        angle = random.uniform(0, pi)
        x, y = (cos(angle), sin(angle)) if label == 0 else (1 - cos(angle), 0.5 - sin(angle))
        return (random.gauss(x, self.noise), random.gauss(y, self.noise)), label


class Circles(Generated):
    """A small ring inside a large one; no straight line separates them."""

    noise: Noise = 0.06

    def row(self, random: Random, label: int) -> Row:
        """Radius 1 for class 0 and 0.5 for class 1."""
        angle, radius = random.uniform(0, 2 * pi), (1.0, 0.5)[label]
        x, y = radius * cos(angle), radius * sin(angle)
        return (random.gauss(x, self.noise), random.gauss(y, self.noise)), label


class Xor(Generated):
    """A square of four: opposite corners belong together."""

    noise: Noise = 0.08

    def row(self, random: Random, label: int) -> Row:
        """Class 0 where both numbers have the same sign, before the noise."""
        x = random.uniform(0, 1) * random.choice((-1, 1))
        y = random.uniform(0, 1) * (1 if (x > 0) == (label == 0) else -1)
        return (random.gauss(x, self.noise), random.gauss(y, self.noise)), label


class Spirals(Generated):
    """Two to five arms that wind around each other, the less the more there are."""

    arms: Annotated[int, Field(ge=2, le=5)] = 2
    noise: Noise = 0.03

    def class_count(self) -> int:
        """One class an arm."""
        return self.arms

    def row(self, random: Random, label: int) -> Row:
        """A point on the arm; two arms turn one time and a half, five a little over half a time."""
        distance = random.uniform(0.05, 1) ** 0.5
        angle = 2 * pi * (3 * distance + label) / self.arms
        x, y = distance * cos(angle), distance * sin(angle)
        return (random.gauss(x, self.noise), random.gauss(y, self.noise)), label


class Gaussians(Generated):
    """Round clouds of points on a circle, one for each class."""

    clouds: Annotated[int, Field(ge=2, le=10)] = 3
    noise: Noise = 0.3

    def class_count(self) -> int:
        """One class a cloud."""
        return self.clouds

    def row(self, random: Random, label: int) -> Row:
        """A point near the cloud's centre."""
        angle = 2 * pi * label / self.clouds
        return (random.gauss(cos(angle), self.noise), random.gauss(sin(angle), self.noise)), label


class Plane(Generated):
    """A flat slope: y = 2 x1 - x2 + noise."""

    classes = 0

    def row(self, random: Random, label: int) -> Row:
        """A point above a square from -1 to 1."""
        x1, x2 = random.uniform(-1, 1), random.uniform(-1, 1)
        return (x1, x2), random.gauss(2 * x1 - x2, self.noise)


class Sine(Generated):
    """One and a half waves: y = sin(3 x) + noise."""

    features = 1
    classes = 0

    def row(self, random: Random, label: int) -> Row:
        """A point above -pi/2 to pi/2."""
        x = random.uniform(-pi / 2, pi / 2)
        return (x,), random.gauss(sin(3 * x), self.noise)


def generated_kinds() -> dict[str, type[Generated]]:
    """The generated datasets by name."""
    return {kind.__name__.lower(): kind for kind in Generated.__subclasses__()}
