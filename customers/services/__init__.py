"""The customers' verbs: register, consent, technical, billing. All keyword-only, all or nothing."""
