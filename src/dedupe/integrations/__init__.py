"""Steps for other people's pipelines; each module imports its framework, and nothing else does."""
