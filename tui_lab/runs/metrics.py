"""Which way metrics are better."""

LOWER_IS_BETTER = ("loss", "mae", "rmse")


def is_better_high(metric: str) -> bool:
    """Whether more of a metric, such as `accuracy` or `test.accuracy`, is better."""
    return metric.rpartition(".")[2] not in LOWER_IS_BETTER
