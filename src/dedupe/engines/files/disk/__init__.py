"""What a run over files keeps on the disk: columns, and the manifest."""
