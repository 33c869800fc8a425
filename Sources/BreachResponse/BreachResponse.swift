// BreachResponse: see docs/design/rooms.md.
