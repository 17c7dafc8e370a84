"""From a dataset's name to arrays: tables, splits, scaling. No torch here."""
