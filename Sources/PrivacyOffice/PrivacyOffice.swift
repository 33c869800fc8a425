// PrivacyOffice: what officers and patients read of the log, as pure functions over its opened entries.
//
// Promises: counts what the log says and nothing else; a purpose or reason it does not know is shown as
// its code, never guessed. Never: reads a record, or leaves an entry out unsaid.
// Read WhoSaw.swift first: "who saw my record".
