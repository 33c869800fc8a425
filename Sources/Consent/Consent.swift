// Consent: see docs/design/rooms.md.
