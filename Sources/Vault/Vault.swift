// Vault: see docs/design/rooms.md.
