"""The texts that the tests of adapters share."""

BRIDGE = "The council said on Monday that the bridge over the river will stay closed until the spring of next year."
BRIDGE_AGAIN = BRIDGE.replace("council", "concil")  # the same, misspelled
BRIDGE_LATER = BRIDGE.replace("Monday", "Tuesday")  # another fact
PIERS = "Engineers found rust in three of its nine piers, and the repair will cost four million."
LIBRARY = "The library opens an hour later on Fridays from now on, because nobody came before ten."
DOUBLED = f"{BRIDGE}\n\n{LIBRARY}\n\n{BRIDGE}"
ONCE = f"{BRIDGE}\n\n{LIBRARY}"
