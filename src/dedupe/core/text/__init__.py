"""From text to words: batches, blocks, sentences, folding."""
