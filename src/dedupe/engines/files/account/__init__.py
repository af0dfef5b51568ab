"""What a run over files says of itself: progress, estimates, summary."""
