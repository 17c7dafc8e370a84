"""The same training by other people's tools; one file each, with `train(task, epochs)`."""
