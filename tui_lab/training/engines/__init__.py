"""What trains the batches: natively, by hand in torch, or by autograd, all to the same numbers."""
