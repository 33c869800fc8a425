// PrivacyOffice: see docs/design/rooms.md.
