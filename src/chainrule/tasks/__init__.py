"""What a user asks for: fit, evaluate, predict, examine, presets."""
