// GuardStore: the Guard's log and state in one SQLite file, through GRDB.
//
// Promises: what `commit` returned from is on disk (WAL, synchronous=FULL, asserted by a test); a batch
// is there whole or not at all; one process at a time holds the file. Never: reads keys or plaintext;
// every value handed in is already sealed.
// Read SQLiteGuardStorage.swift first.
