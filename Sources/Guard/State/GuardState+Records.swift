internal import VaultCore

/// What a patient's record consists of, kept decoded between requests.
extension GuardState {
    /// The records of a patient.
    func catalogue(of patient: PatientPseudonym) throws -> Catalogue {
        if let cached = catalogueCache[patient] { return cached }
        let found =
            try item(.catalogue, patient.bytes).map { try Catalogue(decoding: $0) } ?? Catalogue()
        if catalogueCache.count >= Self.cacheLimit / 16 { catalogueCache = [:] }
        catalogueCache[patient] = found
        return found
    }

    /// Own labels and links of a patient's records.
    func labelNodes(of patient: PatientPseudonym) throws -> LabelNodes {
        if let cached = graphCache[patient] { return cached }
        let found =
            try item(.labelGraph, patient.bytes).map { try LabelNodes(decoding: $0) }
            ?? LabelNodes()
        if graphCache.count >= Self.cacheLimit / 64 { graphCache = [:] }
        graphCache[patient] = found
        return found
    }

    /// Stages what a patient's record consists of, and keeps it decoded.
    func setRecords(
        _ catalogue: Catalogue,
        _ nodes: LabelNodes,
        of patient: PatientPseudonym
    ) {
        setItem(.catalogue, patient.bytes, catalogue.encoded())
        setItem(.labelGraph, patient.bytes, nodes.encoded())
        if catalogueCache.count >= Self.cacheLimit / 16 { catalogueCache = [:] }
        if graphCache.count >= Self.cacheLimit / 64 { graphCache = [:] }
        catalogueCache[patient] = catalogue
        graphCache[patient] = nodes
    }

    /// How many patients the vault knows; the next new one gets this number.
    func patientCount() throws -> Int {
        if let knownPatientCount { return knownPatientCount }
        let count = try storage.itemCount(.patient)
        knownPatientCount = count
        return count
    }

    /// Counts one patient more.
    func countNewPatient() throws { knownPatientCount = try patientCount() + 1 }
}
