// VaultCore: the words every room shares. Ids as distinct types, instants, byte codecs, limits.
//
// Promises: no I/O, no ambient clock, no ambient randomness, no secret in any description.
// Read Identifiers.swift first, then Instant.swift.
