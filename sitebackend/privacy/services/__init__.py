"""The verbs of the privacy room, by the steps of a request: intake, identity, execution, answer."""
