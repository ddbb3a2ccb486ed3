"""The shell of Kashdeck: what starts. Commands, the app, its keys, themes and palette."""
