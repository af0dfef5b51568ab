"""The stages of `merge`: read a feed, group it into stories, weave each account, hand it back."""
