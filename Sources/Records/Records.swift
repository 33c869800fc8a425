// Records: stores and finds ciphertext, and never sees plaintext.
//
// Read RecordStore.swift (what the room promises), then SQLiteRecordStore.swift (how it opens, writes
// and closes), then Schema.swift (every column, and what checks it).
//
// Promises: a write is all there or not there at all, and on disk when it returns. Nothing here is
// trusted: `Vault` opens each row under the name it was stored by, and `integrityCheck` finds what a
// seal cannot see (a missing row, a version marked current that is not).
